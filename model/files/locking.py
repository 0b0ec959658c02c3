"""One writer at a time."""

import fcntl
from typing import IO, Any

from model.errors import ModelError


def lock(file: IO[Any], busy: str) -> None:
    """Lock an open file until it is closed. ModelError with the message `busy` if another process holds the lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ModelError(busy) from None
