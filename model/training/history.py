"""What a run remembers of itself: where it is, and what the report draws."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_ROWS = 1000  # of steps in a whole run: as many as a curve can show
MOST_LOOKS = 60  # moments whose samples stay


@dataclass
class Tally:
    """Sums over some steps."""

    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loss: float = 0.0
    accuracy: float = 0.0

    def add(self, tokens: int, seconds: float, loss: float, accuracy: float) -> None:
        """Count a step; its loss and accuracy are means over its tokens."""
        self.steps += 1
        self.tokens += tokens
        self.seconds += seconds
        self.loss += loss * tokens
        self.accuracy += accuracy * tokens

    def means(self) -> dict[str, float]:
        """Return the means over all tokens, nothing where there was none."""
        return {"loss": self.loss / self.tokens, "accuracy": self.accuracy / self.tokens} if self.tokens else {}


@dataclass
class Progress:
    """Where a run is: what a checkpoint holds beside the variables."""

    epoch: int = 0
    step: int = 0  # within the epoch
    seconds: float = 0.0
    tokens: int = 0  # that counted, since the beginning
    row: Tally = field(default_factory=Tally)  # since the last row of steps
    whole: Tally = field(default_factory=Tally)  # since the epoch began
    steps: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    collapse: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> "Progress":
        """Read what `dataclasses.asdict` made of it. TypeError, KeyError where it is another table."""
        return cls(**{**table, "row": Tally(**table["row"]), "whole": Tally(**table["whole"])})

    @property
    def best(self) -> tuple[float, float]:
        """The best validation accuracy, and its loss with the sign changed, which decides between equals."""
        return max(map(_worth, self.epochs), default=(-1.0, 0.0))

    def stale(self, since: int = 0) -> int:
        """Return the validations since the best one, of those after the first `since` epochs."""
        worths = [_worth(row) for row in self.epochs if row["epoch"] > since]
        return len(worths) - 1 - worths.index(max(worths)) if worths else 0

    def losses(self, since: int = 0) -> list[float]:
        """Return the loss of each validation after the first `since` epochs, nats a token."""
        return [row["validation_loss"] for row in self.epochs if row["epoch"] > since]

    def look(self, samples: list[dict[str, Any]], found: dict[str, Any]) -> None:
        """Keep the samples of a moment and what was found in them; of too many moments every second one goes."""
        self.collapse.append(found)
        self.samples += samples
        if len(self.collapse) > MOST_LOOKS:
            kept = {row["step"] for row in self.collapse[::2]} | {found["step"]}
            self.collapse, self.samples = (
                [row for row in rows if row["step"] in kept] for rows in (self.collapse, self.samples)
            )


def _worth(epoch: Mapping[str, Any]) -> tuple[float, float]:
    return epoch["validation_accuracy"], -epoch["validation_loss"]
