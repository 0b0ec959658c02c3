"""Logging to standard error, without the token and without anything that users wrote."""

import logging
import sqlite3
import traceback
from types import TracebackType

from telegram.error import TelegramError

HIDDEN = "[token]"
# Their messages describe external failures; any other exception's message may quote a user, so it is omitted.
TELLING = (TelegramError, OSError, sqlite3.Error)

_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Formatter(logging.Formatter):
    """Redacts the token; formats an exception as its traceback and class, without its message."""

    def __init__(self, token: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = (token, token.partition(":")[2])

    def format(self, record: logging.LogRecord) -> str:
        """Return the formatted record."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 (the standard library's name)
        """Return the formatted exception."""
        kind, error, trace = ei
        if kind is None:
            return ""
        if isinstance(error, TELLING):
            return f"{kind.__name__}: {error}"
        return "".join(traceback.format_tb(trace)) + kind.__name__


def configure(token: str) -> None:
    """Set up logging for the process."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter(token))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in ("httpx", "httpcore", "telegram"):  # httpx logs each URL, with the token, at INFO
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)  # quotes replies that are not JSON
