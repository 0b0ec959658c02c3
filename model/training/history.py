"""The state of a run besides its variables: its progress, and the figures that the report plots."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_ROWS = 1000  # of steps in a whole run: enough for a curve
MOST_LOOKS = 60  # moments whose samples are kept


@dataclass
class Tally:
    """Totals over a number of steps."""

    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loss: float = 0.0
    accuracy: float = 0.0

    def add(self, tokens: int, seconds: float, loss: float, accuracy: float) -> None:
        """Add a step; its loss and accuracy are means over its tokens."""
        self.steps += 1
        self.tokens += tokens
        self.seconds += seconds
        self.loss += loss * tokens
        self.accuracy += accuracy * tokens

    def means(self) -> dict[str, float]:
        """Return the means over all tokens; empty if there were none."""
        return {"loss": self.loss / self.tokens, "accuracy": self.accuracy / self.tokens} if self.tokens else {}


@dataclass
class Progress:
    """The progress of a run: what a checkpoint holds besides the variables."""

    epoch: int = 0
    step: int = 0  # within the epoch
    seconds: float = 0.0
    tokens: int = 0  # that counted, since the start
    row: Tally = field(default_factory=Tally)  # since the last row of steps
    whole: Tally = field(default_factory=Tally)  # since the epoch began
    steps: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    collapse: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> "Progress":
        """Return the progress from its `dataclasses.asdict`. TypeError or KeyError if the table is not one."""
        return cls(**{**table, "row": Tally(**table["row"]), "whole": Tally(**table["whole"])})

    @property
    def best(self) -> tuple[float, float]:
        """The best validation accuracy, and its negated loss, which breaks ties."""
        return max(map(_worth, self.epochs), default=(-1.0, 0.0))

    def stale(self, since: int = 0) -> int:
        """Return the number of validations since the best one, ignoring the first `since` epochs."""
        worths = [_worth(row) for row in self.epochs if row["epoch"] > since]
        return len(worths) - 1 - worths.index(max(worths)) if worths else 0

    def losses(self, since: int = 0) -> list[float]:
        """Return the loss of each validation after the first `since` epochs, in nats per token."""
        return [row["validation_loss"] for row in self.epochs if row["epoch"] > since]

    def look(self, samples: list[dict[str, Any]], found: dict[str, Any]) -> None:
        """Record the samples of a moment and the figures found for them; when there are too many, drop every other."""
        self.collapse.append(found)
        self.samples += samples
        if len(self.collapse) > MOST_LOOKS:
            kept = {row["step"] for row in self.collapse[::2]} | {found["step"]}
            self.collapse, self.samples = (
                [row for row in rows if row["step"] in kept] for rows in (self.collapse, self.samples)
            )


def _worth(epoch: Mapping[str, Any]) -> tuple[float, float]:
    return epoch["validation_accuracy"], -epoch["validation_loss"]
