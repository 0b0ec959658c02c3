"""A run in the terminal: two bars and the newest figures on a screen, a plain line now and then in a log.

console = Console(preset.training)       # anything that has `epochs`, `batch_size` and `window`
console.begin(progress, batches.steps)   # progress: finished `epoch`s, `step`s of the one under way, `seconds`
console.step(progress, logs)             # after every step; logs: loss, accuracy and, if known, learning_rate
console.say("validation: ...")           # a line that stays, at any time; the newest validation stays in sight
console.end()                            # in a `finally`, so that the terminal is left as it was
"""

import datetime as dt
import sys
from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Protocol

from model.training_report.bars import Bars

LINE_STEPS, LINE_SECONDS = 20, 30.0  # between two lines of a log: what comes first
_RECENT = 100  # steps that the speed is a mean of


class Settings(Protocol):
    """What is needed of a run's settings."""

    @property
    def epochs(self) -> int:
        """Epochs of the whole run."""

    @property
    def batch_size(self) -> int:
        """Windows of a step."""

    @property
    def window(self) -> int:
        """Tokens of a window."""


class Progress(Protocol):
    """Where a run is."""

    epoch: int  # finished ones
    step: int  # finished ones of the epoch under way
    seconds: float  # of training so far


class Console:
    """Shows one run on standard output; or gives plain lines to `say`, where there is one."""

    def __init__(self, settings: Settings, say: Callable[[str], None] | None = None) -> None:
        self.epochs, self.tokens = settings.epochs, settings.batch_size * settings.window
        self._say = say
        self.steps = 1
        self._bars: Bars | None = None
        self._recent = deque[tuple[int, float]](maxlen=_RECENT)
        self._spoken = monotonic()

    def begin(self, progress: Progress, steps: int) -> None:
        """Start from where the run is, an epoch having so many steps."""
        self.steps = max(1, steps)
        self._recent.clear()
        self._recent.append((self._done(progress), progress.seconds))
        self._spoken = monotonic()
        if self._say is None and sys.stdout.isatty():
            self._bars = Bars(sys.stdout, self.epochs, self.steps)

    def step(self, progress: Progress, logs: Mapping[str, float]) -> None:
        """Show a finished step."""
        self._recent.append((self._done(progress), progress.seconds))
        if self._bars:
            self._bars.show(
                progress.epoch, progress.step, f"{_figures(logs)}  {_rate(logs)}{self._speed()}", self._left(progress)
            )
        elif progress.step % LINE_STEPS == 0 or monotonic() - self._spoken >= LINE_SECONDS:
            self._spoken = monotonic()
            where = f"epoch {progress.epoch + 1}/{self.epochs} step {progress.step}/{self.steps}"
            self.say(f"{where} {_figures(logs)} {self._speed()} {self._left(progress)} left")

    def say(self, line: str) -> None:
        """Print a line that stays."""
        if self._bars:
            self._bars.say(line)
        elif self._say:
            self._say(line)
        else:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    def end(self) -> None:
        """Leave the bars as they are. It may be called twice."""
        if self._bars:
            self._bars.end()
        self._bars = None

    def _done(self, progress: Progress) -> int:
        return progress.epoch * self.steps + progress.step

    def _rate(self) -> float:
        """Give the steps a second of late, 0 where that cannot be told."""
        (first, began), (last, ended) = self._recent[0], self._recent[-1]
        return (last - first) / (ended - began) if ended > began else 0.0

    def _speed(self) -> str:
        return f"{self._rate() * self.tokens:,.0f} tokens/s"

    def _left(self, progress: Progress) -> str:
        rate = self._rate()
        left = self.epochs * self.steps - self._done(progress)
        return str(dt.timedelta(seconds=int(left / rate))) if rate > 0 else "-:--:--"


def _figures(logs: Mapping[str, float]) -> str:
    return " ".join(
        f"{name} {logs[name]:.{digits}f}" for name, digits in (("loss", 3), ("accuracy", 4)) if name in logs
    )


def _rate(logs: Mapping[str, float]) -> str:
    return f"learning rate {logs['learning_rate']:.2e}  " if "learning_rate" in logs else ""
