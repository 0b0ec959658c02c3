"""Progress of a long command: one line that changes on a terminal, or a line now and then elsewhere."""

import sys
from collections.abc import Callable
from shutil import get_terminal_size
from time import monotonic

from model.commands.common import say

_TERMINAL_SECONDS = 0.2
_LOG_SECONDS = 30.0
_CLEAR = "\r\x1b[K"


class Progress:
    """Shows the result of `line`, which is called only when there is something to show."""

    def __init__(self, line: Callable[[], str]) -> None:
        self._line = line
        self._live = sys.stdout.isatty()
        self._every = _TERMINAL_SECONDS if self._live else _LOG_SECONDS
        self._next = monotonic() + self._every

    def step(self) -> None:
        """Show the line if it is due."""
        if monotonic() >= self._next:
            self._next = monotonic() + self._every
            if self._live:
                line = self._line()[: get_terminal_size().columns - 1]  # a longer one could not be erased
                sys.stdout.write(f"{_CLEAR}{line}")
                sys.stdout.flush()
            else:
                say(self._line())

    def say(self, line: str) -> None:
        """Print a line that is not erased."""
        if self._live:
            sys.stdout.write(_CLEAR)
        say(line)

    def end(self) -> None:
        """Print the final line."""
        self.say(self._line())
