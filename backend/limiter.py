"""A limit on concurrent poems: a request beyond it is refused at once instead of queued."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from backend.errors import BusyError


class ConcurrencyLimiter:
    """A fail-fast semaphore: each poem that costs a call of its own holds a slot."""

    def __init__(self, size: int) -> None:
        self._size = self._free = size
        self._lock = threading.Lock()

    @contextmanager
    def slots(self, count: int = 1) -> Iterator[None]:
        """Hold `count` slots inside the block; raise BusyError when fewer are free."""
        count = min(count, self._size)  # a request larger than the limit takes all slots
        with self._lock:
            if count > self._free:
                raise BusyError("The limit on concurrent poems is reached; try again in a moment.")
            self._free -= count
        try:
            yield
        finally:
            with self._lock:
                self._free += count
