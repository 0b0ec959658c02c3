"""What each epoch reads, and where it stands in its phase."""

from collections.abc import Iterator

import numpy as np

from model.presets.preset import Training
from model.training.batches import Batch
from model.training.plan import Plan, Stage

PRETRAINING = Training(epochs=1, batch_size=2, window=4, learning_rate=1.0)
TRAINING = Training(epochs=3, batch_size=2, window=4, learning_rate=0.5)


class Numbered:
    """Batches whose tokens are the number of the epoch that asks for them."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def epoch(self, number: int) -> Iterator[Batch]:
        tokens = np.full((2, 4), number, np.int32)
        return iter([Batch(tokens, tokens)] * self.steps)


def plan() -> Plan:
    return Plan([Stage(PRETRAINING, Numbered(7), 1), Stage(TRAINING, Numbered(5), 2), Stage(TRAINING, Numbered(3), 1)])


def test_stages_of_the_same_settings_are_one_phase() -> None:
    found = [(epoch.start, epoch.phase_epoch, epoch.phase_start, epoch.phase_steps) for epoch in plan().epochs]
    assert found == [(0, 0, 0, 7), (7, 1, 7, 13), (12, 1, 7, 13), (17, 1, 7, 13)]
    assert (plan().steps, plan().training_from) == (20, 1)


def test_each_epoch_reads_by_its_number_in_the_run() -> None:
    assert [next(epoch.read()).tokens[0, 0] for epoch in plan().epochs] == [0, 1, 2, 3]
    assert plan().sizes == [(7, 8), (5, 8), (5, 8), (3, 8)]


def test_without_pretraining_the_training_begins_at_once() -> None:
    assert Plan([Stage(TRAINING, Numbered(5), 3)]).training_from == 0
