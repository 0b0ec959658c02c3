"""The log: to standard error, without the token and without anything that users wrote."""

import logging
import sqlite3
import traceback
from types import TracebackType

from telegram.error import TelegramError

HIDDEN = "[token]"
# These say in their text what went wrong outside; any other exception's text may quote a value, so it is left out.
TELLING = (TelegramError, OSError, sqlite3.Error)

_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Formatter(logging.Formatter):
    """Blots out the token; shows an exception as its class and the places it came through."""

    def __init__(self, token: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = (token, token.partition(":")[2])

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 (the name is the library's)
        """Return the exception as text."""
        kind, error, trace = ei
        if kind is None:
            return ""
        if isinstance(error, TELLING):
            return f"{kind.__name__}: {error}"
        return "".join(traceback.format_tb(trace)) + kind.__name__


def configure(token: str) -> None:
    """Set logging up for the process."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter(token))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in ("httpx", "httpcore", "telegram"):  # httpx tells each URL, with the token, at INFO
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)  # quotes replies that are not JSON
