"""Signal handling that stops a run between two steps, never within one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Whether the user has asked the run to stop. A second request stops it immediately."""

    def __init__(self) -> None:
        self.wanted = False

    def note(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if self.wanted:
            signal.default_int_handler(number, frame)
        self.wanted = True


@contextmanager
def noted() -> Iterator[Interrupts]:
    """Record SIGINT and SIGTERM instead of acting on them, if this is the main thread."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = {number: signal.signal(number, interrupts.note) for number in SIGNALS}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
