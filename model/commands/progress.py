"""How far a long command is: one line that changes on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable
from shutil import get_terminal_size
from time import monotonic

from model.commands.common import say

_TERMINAL_SECONDS = 0.2
_LOG_SECONDS = 30.0
_CLEAR = "\r\x1b[K"


class Progress:
    """Shows what `line` gives, which is asked only when there is something to show."""

    def __init__(self, line: Callable[[], str]) -> None:
        self._line = line
        self._live = sys.stdout.isatty()
        self._every = _TERMINAL_SECONDS if self._live else _LOG_SECONDS
        self._next = monotonic() + self._every

    def step(self) -> None:
        """Show the line when it is time to."""
        if monotonic() >= self._next:
            self._next = monotonic() + self._every
            if self._live:
                line = self._line()[: get_terminal_size().columns - 1]  # a longer one would not go away
                sys.stdout.write(f"{_CLEAR}{line}")
                sys.stdout.flush()
            else:
                say(self._line())

    def say(self, line: str) -> None:
        """Print a line that stays."""
        if self._live:
            sys.stdout.write(_CLEAR)
        say(line)

    def end(self) -> None:
        """Leave the last line standing."""
        self.say(self._line())
