"""The plan of a run: what each epoch reads and with which settings, pretraining first if there is any."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.presets.preset import Training
from model.training.batches import Batch, Batches


@dataclass(frozen=True)
class Stage:
    """Epochs that read the same texts. Stages with the same settings share a schedule and form a phase."""

    settings: Training
    batches: Batches
    epochs: int


@dataclass(frozen=True)
class Epoch:
    """One epoch: its position in the run, and its phase's position and length, for the learning rate."""

    number: int
    settings: Training
    batches: Batches
    start: int  # the run's steps before this epoch
    phase_epoch: int  # the run's epochs before its phase
    phase_start: int  # the run's steps before its phase
    phase_steps: int

    @property
    def steps(self) -> int:
        """The number of steps in the epoch."""
        return self.batches.steps

    def read(self) -> Iterator[Batch]:
        """Return the epoch's batches, the same on every call."""
        return self.batches.epoch(self.number)


class Plan:
    """The epochs of a run, in order."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.epochs = list[Epoch]()
        for settings in dict.fromkeys(id(stage.settings) for stage in stages):
            self._add([stage for stage in stages if id(stage.settings) == settings])

    def _add(self, phase: Sequence[Stage]) -> None:
        first, start = len(self.epochs), self.steps
        whole = sum(stage.epochs * stage.batches.steps for stage in phase)
        for stage in phase:
            for _ in range(stage.epochs):
                place = (len(self.epochs), stage.settings, stage.batches, self.steps)
                self.epochs.append(Epoch(*place, first, start, whole))

    @property
    def steps(self) -> int:
        """The number of steps in the whole run."""
        return self.epochs[-1].start + self.epochs[-1].steps if self.epochs else 0

    @property
    def training_from(self) -> int:
        """The index of the first epoch after pretraining."""
        return self.epochs[-1].phase_epoch

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """The steps of each epoch, and the tokens that count in each step."""
        first = {id(epoch.batches): epoch for epoch in reversed(self.epochs)}  # that reads each of the batches
        tokens = {batches: next(epoch.read()).counted for batches, epoch in first.items()}
        return [(epoch.steps, tokens[id(epoch.batches)]) for epoch in self.epochs]
