"""A run in the terminal: two bars and the newest figures, or in a log file a plain line now and then.

console = Console(preset.training)
console.begin(progress, epochs)   # the steps of each epoch, and the tokens counted per step
console.step(progress, logs)             # after every step; logs: loss, accuracy and, if known, learning_rate
console.say("resumed")                   # a line that stays, at any time
console.validated("accuracy 0.2")        # the same; the newest one is also shown below the bars
console.end()                            # in a `finally`, to restore the terminal
"""

import datetime as dt
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from model.presets.preset import Training
from model.training.history import Progress
from model.training.report.bars import Bars

LINE_SECONDS = 30.0  # between two lines of a log, if steps are slow
_RECENT = 100  # steps over which the speed is averaged


class Console:
    """Shows one run on standard output, or passes plain lines to `say` if it is given."""

    def __init__(self, settings: Training, say: Callable[[str], None] | None = None) -> None:
        self.every, self.epochs = settings.print_steps, list[tuple[int, int]]()
        self._say = say
        self._bars: Bars | None = None
        self._recent = deque[tuple[int, float]](maxlen=_RECENT)
        self._spoken = monotonic()

    def begin(self, progress: Progress, epochs: Sequence[tuple[int, int]]) -> None:
        """Start from the run's current progress; `epochs` has the steps of each epoch and the tokens per step."""
        self.epochs = list(epochs)
        self._recent.clear()
        self._recent.append((self._done(progress), progress.seconds))
        self._spoken = monotonic()
        if self._say is None and sys.stdout.isatty():
            self._bars = Bars(sys.stdout, self._steps)

    def step(self, progress: Progress, logs: Mapping[str, float]) -> None:
        """Show a finished step."""
        self._recent.append((self._done(progress), progress.seconds))
        if self._bars:
            self._bars.show(
                progress.epoch,
                progress.step,
                f"{_figures(logs)}  {_rate(logs)}{self._speed(progress)}",
                self._left(progress),
            )
        elif progress.step % self.every == 0 or monotonic() - self._spoken >= LINE_SECONDS:
            self._spoken = monotonic()
            where = f"epoch {progress.epoch + 1}/{len(self.epochs)} step {progress.step}/{self._steps[progress.epoch]}"
            self.say(f"{where} {_figures(logs)} {self._speed(progress)} {self._left(progress)} left")

    def say(self, line: str) -> None:
        """Print a line that stays."""
        if self._bars:
            self._bars.say(line)
        elif self._say:
            self._say(line)
        else:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    def validated(self, line: str) -> None:
        """Print a line that stays, and keep it visible until the next one."""
        if self._bars:
            self._bars.validated(line)
        else:
            self.say(line)

    def end(self) -> None:
        """Leave the bars as they are. May be called twice."""
        if self._bars:
            self._bars.end()
        self._bars = None

    @property
    def _steps(self) -> list[int]:
        return [steps for steps, _ in self.epochs]

    def _done(self, progress: Progress) -> int:
        return sum(self._steps[: progress.epoch]) + progress.step

    def _rate(self) -> float:
        """Return the recent speed in steps per second, 0 if unknown."""
        (first, began), (last, ended) = self._recent[0], self._recent[-1]
        return (last - first) / (ended - began) if ended > began else 0.0

    def _speed(self, progress: Progress) -> str:
        return f"{self._rate() * self.epochs[progress.epoch][1]:,.0f} tokens/s"

    def _left(self, progress: Progress) -> str:
        rate = self._rate()
        left = sum(self._steps) - self._done(progress)
        return str(dt.timedelta(seconds=int(left / rate))) if rate > 0 else "-:--:--"


def _figures(logs: Mapping[str, float]) -> str:
    return " ".join(
        f"{name} {logs[name]:.{digits}f}" for name, digits in (("loss", 3), ("accuracy", 4)) if name in logs
    )


def _rate(logs: Mapping[str, float]) -> str:
    return f"learning rate {logs['learning_rate']:.2e}  " if "learning_rate" in logs else ""
