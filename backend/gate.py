"""How much may be in hand at a time: what is too much is refused at once, not queued behind the others."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from backend.errors import BusyError


class Gate:
    """Has so many places, and each poem that is written by itself takes one."""

    def __init__(self, size: int) -> None:
        self._size = self._free = size
        self._lock = threading.Lock()

    @contextmanager
    def pass_(self, places: int = 1) -> Iterator[None]:
        """Hold places while the poems are written; BusyError when too few are free."""
        places = min(places, self._size)  # a request that is larger than the gate has it for itself
        with self._lock:
            if places > self._free:
                raise BusyError("As many poems as may be at a time are being written; try again in a moment.")
            self._free -= places
        try:
            yield
        finally:
            with self._lock:
                self._free += places
