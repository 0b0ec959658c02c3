"""The buttons by which a user chooses a model."""

import hashlib
from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardMarkupLimit

from bot.backend import OfferedModel
from bot.texts import Texts

PREFIX = "model:"
MARK = "✓ "


def button(name: str) -> str:
    """Return what a model's button sends: a hash, because Telegram takes 64 bytes and a name may be longer."""
    return PREFIX + hashlib.blake2s(name.encode(errors="replace"), digest_size=16).hexdigest()


def keyboard(models: Sequence[OfferedModel], chosen: str | None, texts: Texts) -> InlineKeyboardMarkup:
    """Return a button a model, as many as Telegram takes; the one that writes for who chose `chosen` is marked."""
    writing = next((model for model in models if model.name == chosen), None)
    rows = []
    for model in models[: InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER]:
        label = model.name if model.ready else texts.model_button_away.format(name=model.name)
        mark = MARK if (model == writing if writing else model.default) else ""
        rows.append([InlineKeyboardButton(mark + label, callback_data=button(model.name))])
    return InlineKeyboardMarkup(rows)
