"""Which messages are addressed to the bot."""

import re

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import filters


def text_for_bot(message: Message) -> str | None:
    """Return the text to answer, None if the message has no text or is not addressed to the bot.

    In a private chat every message is; in a group, replies to the bot and texts with its @username, which is removed.
    Other bots get no answer, or two of them could talk for ever; an anonymous administrator also appears as a bot.
    """
    author = message.from_user
    if message.text is None or author is None or (author.is_bot and message.sender_chat is None):
        return None
    if message.chat.type == ChatType.PRIVATE:
        return message.text
    without_mention, mentions = _mention(message).subn("", message.text)
    if mentions:
        return without_mention.strip(" ,:;\n")
    return message.text if _is_reply_to_bot(message) else None


def queued_user(update: object) -> int | None:
    """Return the id of the user in whose queue the update belongs, None for an update that gets no answer."""
    if not isinstance(update, Update) or update.effective_user is None:
        return None
    message = update.message
    wanted = update.callback_query is not None or (
        message is not None
        and (
            message.chat.type == ChatType.PRIVATE
            or bool(filters.COMMAND.filter(message))
            or text_for_bot(message) is not None
        )
    )
    return update.effective_user.id if wanted else None


class ForBot(filters.MessageFilter):
    """Passes messages with a text for the bot."""

    def filter(self, message: Message) -> bool:
        """Return whether the message has a text for the bot."""
        return text_for_bot(message) is not None


def _mention(message: Message) -> re.Pattern[str]:
    username = re.escape(message.get_bot().username)
    return re.compile(rf"(?<!\w)@{username}(?!\w) *", re.IGNORECASE)


def _is_reply_to_bot(message: Message) -> bool:
    answered = message.reply_to_message
    return bool(answered and answered.from_user and answered.from_user.id == message.get_bot().id)
