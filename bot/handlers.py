"""The handlers of Telegram's updates."""

import contextlib
import logging
import sqlite3
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest, TelegramError
from telegram.ext import BaseHandler, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

from bot import model_keyboard
from bot.addressing import ForBot, text_for_bot
from bot.backend import (
    BackendBusyError,
    BackendClient,
    BackendError,
    BackendUnavailableError,
    ModelNotOfferedError,
    OfferedModel,
    PromptRefusedError,
)
from bot.replies import reply, typing
from bot.storage import Storage
from bot.texts import DEFAULT_LANGUAGE, LANGUAGES, Texts

LANGUAGE_BUTTON = "language:"
ALBUMS = 1000

Context = ContextTypes.DEFAULT_TYPE
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Conversation:
    """The bot's side of every conversation."""

    storage: Storage
    backend: BackendClient
    albums: deque[str] = field(default_factory=lambda: deque(maxlen=ALBUMS))  # already answered

    def handlers(self) -> list[BaseHandler[Update, Context, None]]:
        """Return the handlers in order of priority. Edited messages match none of them."""
        new = filters.UpdateType.MESSAGE
        private = new & filters.ChatType.PRIVATE
        return [
            CommandHandler(["start", "help"], self.welcome, filters=new),
            CommandHandler("language", self.choose_language, filters=new),
            CommandHandler("model", self.choose_model, filters=new),
            MessageHandler(private & filters.COMMAND, self.unknown_command),
            MessageHandler(new & ForBot() & ~filters.COMMAND, self.poem),
            MessageHandler(private & ~filters.TEXT & ~filters.StatusUpdate.ALL, self.not_text),
            CallbackQueryHandler(self.model_chosen, pattern=f"^{model_keyboard.PREFIX}"),
            CallbackQueryHandler(self.language_chosen),
        ]

    async def welcome(self, update: Update, _: Context) -> None:
        """Explain the bot."""
        await reply(_message(update), self.texts(update).welcome)

    async def unknown_command(self, update: Update, _: Context) -> None:
        """Say that there is no such command."""
        await reply(_message(update), self.texts(update).unknown_command)

    async def not_text(self, update: Update, _: Context) -> None:
        """Answer a photo, sticker or voice message; an album, which comes as one message a photo, only once."""
        message = _message(update)
        album = message.media_group_id
        if album in self.albums:
            return
        if album is not None:
            self.albums.append(album)
        await reply(message, self.texts(update).only_text)

    async def choose_language(self, update: Update, _: Context) -> None:
        """Offer the languages as buttons."""
        buttons = [
            InlineKeyboardButton(texts.name, callback_data=LANGUAGE_BUTTON + code) for code, texts in LANGUAGES.items()
        ]
        text = self.texts(update).choose_language
        await _message(update).reply_text(text, reply_markup=InlineKeyboardMarkup([buttons]))

    async def language_chosen(self, update: Update, _: Context) -> None:
        """Store the language of a pressed button and confirm in that language."""
        query = update.callback_query
        if query is None:
            return
        code = (query.data or "").removeprefix(LANGUAGE_BUTTON)
        chosen = LANGUAGES.get(code)
        if chosen is not None:
            self.storage.set_language(query.from_user.id, code)
        with contextlib.suppress(BadRequest):  # the query is too old to answer, or the message to edit
            await query.answer()
            if chosen is not None and isinstance(query.message, Message):
                await query.edit_message_text(chosen.language_chosen)

    async def choose_model(self, update: Update, context: Context) -> None:
        """Choose the named model; without a name, offer the models as buttons."""
        message, user, texts = _message(update), _user(update), self.texts(update)
        if context.args:
            _, text = await self._choose(model_keyboard.button(" ".join(context.args)), user, texts)
            await reply(message, text)
            return
        match await self._models():
            case []:
                await reply(message, texts.away)
            case [only]:
                await reply(message, texts.only_model.format(name=only.name))
            case offered:
                buttons = model_keyboard.keyboard(offered, self._model(user), texts)
                await message.reply_text(texts.choose_model, reply_markup=buttons)

    async def model_chosen(self, update: Update, _: Context) -> None:
        """Store the model of a pressed button and confirm it, or say why not."""
        query = update.callback_query
        if query is None:
            return
        chosen, text = await self._choose(query.data or "", query.from_user.id, self.texts(update))
        with contextlib.suppress(BadRequest):  # the query is too old to answer
            await query.answer(None if chosen else text)
        if chosen and isinstance(query.message, Message):
            with contextlib.suppress(BadRequest):  # the message is too old to edit
                await query.edit_message_text(text)

    async def poem(self, update: Update, _: Context) -> None:
        """Answer a text with a poem, or say why there is none."""
        message = _message(update)
        texts = self.texts(update)
        try:
            async with typing(message):
                answer = await self._write(message, _user(update), texts)
        except BackendError as error:
            answer = await self._apology(error, message, texts)
        await reply(message, answer.strip() or texts.nothing_written)

    async def too_fast(self, update: object) -> None:
        """Ask a user whose queue is full to wait, except for an album, which fills the queue and was answered once."""
        if isinstance(update, Update) and not (update.message and update.message.media_group_id):
            await _tell(update, self.texts(update).too_fast)

    async def failed(self, update: object, context: Context) -> None:
        """Log an uncaught exception and tell the user without details."""
        error = context.error
        if isinstance(error, TelegramError):
            logger.warning("Telegram: %s: %s", type(error).__name__, error)
        else:
            logger.error("unhandled exception", exc_info=error)
        worth_telling = isinstance(error, BadRequest) or not isinstance(error, TelegramError)
        if isinstance(update, Update) and worth_telling:
            with contextlib.suppress(TelegramError):
                await _tell(update, self.texts(update).trouble)

    def texts(self, update: Update) -> Texts:
        """Return the texts in the language chosen by the update's user."""
        user = update.effective_user
        code = None
        with _ignoring_disk_errors():
            code = self.storage.language(user.id) if user is not None else None
        return LANGUAGES.get(code or DEFAULT_LANGUAGE, LANGUAGES[DEFAULT_LANGUAGE])

    async def _write(self, message: Message, user: int, texts: Texts) -> str:
        """Return a poem by the user's model; if that is gone, reset the choice, say so, and use the default model."""
        prompt = text_for_bot(message) or ""
        model = self._model(user)
        if model is not None:
            with contextlib.suppress(ModelNotOfferedError):
                return await self.backend.poem(prompt, model)
            with _ignoring_disk_errors():
                self.storage.set_model(user, None)
            await reply(message, texts.model_dropped.format(name=model))
        return await self.backend.poem(prompt)

    async def _choose(self, button: str, user: int, texts: Texts) -> tuple[bool, str]:
        """Store the model of the button if it is ready; return whether it was stored, and the answer."""
        offered = await self._models()
        if not offered:
            return False, texts.away
        model = next((model for model in offered if model_keyboard.button(model.name) == button), None)
        if model is None:
            return False, texts.model_unknown
        if not model.ready:
            return False, texts.model_away
        self.storage.set_model(user, model.name)
        return True, texts.model_chosen.format(name=model.name)

    async def _models(self) -> list[OfferedModel]:
        """Return the backend's models, none if it is unavailable."""
        try:
            return await self.backend.models()
        except BackendUnavailableError as error:
            logger.warning("backend: %s", error)
            return []

    def _model(self, user: int) -> str | None:
        """Return the name of the user's model, None for the default."""
        with _ignoring_disk_errors():
            return self.storage.model(user)
        return None

    async def _apology(self, error: BackendError, message: Message, texts: Texts) -> str:
        """Return the answer in place of a poem."""
        match error:
            case BackendBusyError():
                return texts.busy
            case PromptRefusedError():
                limit = await self.backend.longest_prompt()
                if limit is None:
                    return texts.refused
                too_long = len(text_for_bot(message) or "") > limit
                return texts.too_long.format(limit=limit) if too_long else texts.unreadable
            case BackendUnavailableError():
                logger.warning("backend: %s", error)
        return texts.away


@contextlib.contextmanager
def _ignoring_disk_errors() -> Iterator[None]:
    """Log a database error and continue: poems do not need the disk."""
    try:
        yield
    except sqlite3.Error as error:
        logger.error("BOT_DATABASE: %s", error)  # noqa: TRY400 (a traceback would add nothing)


async def _tell(update: Update, text: str) -> None:
    """Answer where the user is looking: over the pressed button, or below the message."""
    if update.callback_query is not None:
        await update.callback_query.answer(text)
    elif update.message is not None:
        await reply(update.message, text)


def _user(update: Update) -> int:
    """Return the id of the user, which the filters guarantee."""
    if update.effective_user is None:
        raise TypeError("an update without a user passed the filters")
    return update.effective_user.id


def _message(update: Update) -> Message:
    """Return the new message, which the filters guarantee."""
    if update.message is None:
        raise TypeError("an update without a message passed the filters")
    return update.message
