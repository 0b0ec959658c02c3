"""How many poems may be in hand at a time: one more is refused at once, not queued behind the others."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from backend.errors import BusyError


class Gate:
    """Lets so many in at a time."""

    def __init__(self, size: int) -> None:
        self._free = threading.BoundedSemaphore(size)

    @contextmanager
    def pass_(self) -> Iterator[None]:
        """Hold a place while the poems are written; BusyError when there is none."""
        if not self._free.acquire(blocking=False):
            raise BusyError("As many poems as may be at a time are being written; try again in a moment.")
        try:
            yield
        finally:
            self._free.release()
