"""The inline keyboard for choosing a model."""

import hashlib
from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardMarkupLimit

from bot.backend import OfferedModel
from bot.texts import Texts

PREFIX = "model:"
MARK = "✓ "


def button(name: str) -> str:
    """Return the callback data of a model's button: a hash, since Telegram allows 64 bytes and a name may be longer."""
    return PREFIX + hashlib.blake2s(name.encode(errors="replace"), digest_size=16).hexdigest()


def keyboard(models: Sequence[OfferedModel], chosen: str | None, texts: Texts) -> InlineKeyboardMarkup:
    """Return one button a model, up to Telegram's limit; the model in use, by default the default one, is marked."""
    in_use = next((model for model in models if model.name == chosen), None)
    rows = []
    for model in models[: InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER]:
        label = model.name if model.ready else texts.model_button_away.format(name=model.name)
        mark = MARK if (model == in_use if in_use else model.default) else ""
        rows.append([InlineKeyboardButton(mark + label, callback_data=button(model.name))])
    return InlineKeyboardMarkup(rows)
