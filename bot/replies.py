"""Sending answers: split to Telegram's message size, as replies, with «typing…» until they come."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from telegram import Message
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.splitting import split

TYPING_SECONDS = 4.0  # Telegram shows the action for 5 s at most


async def reply(message: Message, text: str) -> None:
    """Reply to the message with the text, in as many messages as needed."""
    for part in split(text):
        await message.reply_text(part)


@contextlib.asynccontextmanager
async def typing(message: Message) -> AsyncIterator[None]:
    """Show «typing…» in the message's chat while the block runs."""
    task = asyncio.create_task(_keep_typing(message))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _keep_typing(message: Message) -> None:
    """Send the action periodically; stop at the first failure, as it is not essential."""
    topic = message.message_thread_id if message.is_topic_message else None
    with contextlib.suppress(TelegramError):
        while True:
            await message.get_bot().send_chat_action(message.chat_id, ChatAction.TYPING, message_thread_id=topic)
            await asyncio.sleep(TYPING_SECONDS)
