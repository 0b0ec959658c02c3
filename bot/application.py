"""Wires the parts together, without connecting to anything."""

from typing import Any

from telegram import BotCommand, LinkPreviewOptions
from telegram.ext import Application, Defaults
from telegram.request import HTTPXRequest

from bot.addressing import queued_user
from bot.handlers import Conversation
from bot.settings import BotSettings
from bot.texts import DEFAULT_LANGUAGE, LANGUAGES, Texts
from bot.transport import TIMEOUTS, PollingRequest, RetryingRateLimiter
from bot.user_queues import UserQueues

MAX_QUEUED = 4  # updates of one user, in progress or waiting

App = Application[Any, Any, Any, Any, Any, Any]


def build(settings: BotSettings, conversation: Conversation, polling: PollingRequest) -> App:
    """Return the application with its handlers."""
    application = (
        Application.builder()
        .token(settings.token)
        .base_url(f"{settings.telegram_api_url}/bot")
        .request(HTTPXRequest(**TIMEOUTS))
        .get_updates_request(polling)
        .rate_limiter(RetryingRateLimiter())
        .concurrent_updates(UserQueues(queued_user, conversation.too_fast, MAX_QUEUED))
        .defaults(_defaults())
        .build()
    )
    application.add_handlers(conversation.handlers())
    application.add_error_handler(conversation.failed)
    return application


async def announce_commands(application: App) -> None:
    """Set Telegram's command menu: English for users whose Telegram is in English, else Russian."""
    await application.bot.set_my_commands(_commands(LANGUAGES[DEFAULT_LANGUAGE]))
    await application.bot.set_my_commands(_commands(LANGUAGES["en"]), language_code="en")


def _commands(texts: Texts) -> list[BotCommand]:
    return [
        BotCommand("help", texts.help_command),
        BotCommand("model", texts.model_command),
        BotCommand("language", texts.language_command),
    ]


def _defaults() -> Defaults:
    """Return the defaults: answer as a reply, even to a deleted message, without link previews."""
    return Defaults(
        do_quote=True,
        allow_sending_without_reply=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
