"""What a run remembers of itself: where it is, and what the report draws."""

from dataclasses import dataclass, field
from typing import Any

MOST_ROWS = 1000  # of steps in a whole run: as many as a curve can show


@dataclass
class Progress:
    """Where a run is: what a checkpoint holds beside the variables."""

    epoch: int = 0
    step: int = 0  # within the epoch
    seconds: float = 0.0
    steps: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    collapse: list[dict[str, Any]] = field(default_factory=list)

    @property
    def best(self) -> float:
        """The best validation accuracy so far."""
        return max((row["validation_accuracy"] for row in self.epochs), default=-1.0)

    @property
    def stale(self) -> int:
        """The epochs since the best one."""
        accuracies = [row["validation_accuracy"] for row in self.epochs]
        return len(accuracies) - 1 - accuracies.index(self.best) if accuracies else 0

    @property
    def losses(self) -> list[float]:
        """The validation loss of each epoch, nats a token."""
        return [row["validation_loss"] for row in self.epochs]
