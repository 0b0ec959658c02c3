"""The bot's life cycle: connect, poll, shut down gracefully."""

import asyncio
import contextlib
import logging
import signal
from typing import cast

from telegram.error import InvalidToken, TelegramError
from telegram.ext import Updater

from bot import health, logs
from bot.application import App, announce_commands, build
from bot.backend import BackendClient
from bot.handlers import Conversation
from bot.settings import BotSettings
from bot.storage import Storage
from bot.transport import PollingRequest

UPDATES = ("message", "callback_query")
RECONNECT_SECONDS = 1.0
# Together below the 10 s after which Docker kills the container.
STOP_POLLING_SECONDS = 3.0
FINISH_SECONDS = 4.0

logger = logging.getLogger(__name__)


class TokenRefusedError(Exception):
    """Telegram rejects the token: it is wrong, or was revoked."""


def run(settings: BotSettings, storage: Storage) -> None:
    """Answer users until SIGTERM or SIGINT; raise TokenRefusedError if Telegram rejects the token."""
    logs.configure(settings.token)
    asyncio.run(_until_signal(settings, storage))


async def _until_signal(settings: BotSettings, storage: Storage) -> None:
    this = cast("asyncio.Task[None]", asyncio.current_task())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await _serve(settings, storage)


async def _serve(settings: BotSettings, storage: Storage) -> None:
    backend = BackendClient(settings.backend_url, settings.backend_timeout, settings.bot_decoder)
    heartbeat = health.heartbeat(settings.bot_database)
    refused = asyncio.Event()
    polling = PollingRequest(on_success=lambda: health.beat(heartbeat), on_refusal=refused.set)
    application = build(settings, Conversation(storage, backend), polling)
    try:
        await _connect(application)
        await application.start()
        await _updater(application).start_polling(bootstrap_retries=-1, allowed_updates=UPDATES)
        logger.info("@%s is listening", application.bot.username)
        await refused.wait()
        raise TokenRefusedError
    finally:
        await _stop(application)
        await backend.close()
        heartbeat.unlink(missing_ok=True)


async def _connect(application: App) -> None:
    """Retry until Telegram answers; then set the command menu, which the bot can do without."""
    while True:
        try:
            await application.initialize()
            break
        except InvalidToken:
            raise TokenRefusedError from None  # the library's message contains the token
        except TelegramError as error:
            logger.warning("Telegram does not answer yet: %s", error)
        await asyncio.sleep(RECONNECT_SECONDS)
    try:
        await announce_commands(application)
    except TelegramError as error:
        logger.warning("cannot set the command menu: %s", error)


async def _stop(application: App) -> None:
    """Stop polling, wait FINISH_SECONDS for updates in progress, and close."""
    updater = _updater(application)
    if updater.running:
        with contextlib.suppress(TelegramError, TimeoutError):
            await asyncio.wait_for(updater.stop(), STOP_POLLING_SECONDS)
    if application.running:
        try:
            await asyncio.wait_for(application.stop(), FINISH_SECONDS)
        except TimeoutError:
            logger.warning("cancelling the answers still in progress")  # done by asyncio.run
    await application.shutdown()


def _updater(application: App) -> Updater:
    return cast("Updater", application.updater)  # None only if built without one
