"""Progress bars for a terminal: the epoch and the whole run, with the newest figures below."""

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

_A_SECOND = 4  # drawings


class Bars:
    """Two progress bars on a terminal, and lines that stay above them."""

    def __init__(self, out: TextIO, steps: Sequence[int]) -> None:
        """Start with the number of steps of each epoch."""
        self.steps = steps
        columns = (TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.fields[note]}", markup=False))
        console = Console(file=out, highlight=False, markup=False, emoji=False)
        self._progress = _WithFigures(*columns, console=console, expand=True, refresh_per_second=_A_SECOND)
        self._whole = self._progress.add_task("whole run", total=sum(steps), note="")
        self._epoch = self._progress.add_task("epoch", total=max(steps), note="")
        self._progress.start()

    def show(self, epoch: int, step: int, figures: str, left: str) -> None:
        """Move the bars to a step of an epoch, counted from 0."""
        self._progress.figures = figures
        whole, total = sum(self.steps[:epoch]) + step, self.steps[epoch]
        self._progress.update(self._whole, completed=whole, note=f"{left} left")
        name, note = f"epoch {epoch + 1}/{len(self.steps)}", f"step {step:,} of {total:,}"
        self._progress.update(self._epoch, completed=step, total=total, description=name, note=note)

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(Text(line))

    def validated(self, line: str) -> None:
        """Print a line above the bars, and keep it below them."""
        self._progress.validation = f"last {line}"
        self._progress.console.print(Text(line, "bold"))

    def end(self) -> None:
        """Draw the final state and leave it on the screen."""
        self._progress.stop()


class _WithFigures(Progress):
    """Progress bars with two lines below."""

    figures = validation = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield what is drawn."""
        yield from super().get_renderables()
        yield from (
            Text(line, "dim", no_wrap=True, overflow="ellipsis") for line in (self.figures, self.validation) if line
        )
