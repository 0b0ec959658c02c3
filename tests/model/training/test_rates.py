"""How the learning rate falls, and that it is a function of nothing but where the run is."""

from dataclasses import replace

import pytest

from model.presets.preset import Training
from model.training.rates import learning_rate

EPOCHS, STEPS = 10, 100
SETTINGS = Training(epochs=EPOCHS, batch_size=1, window=1, learning_rate=1.0)


def rates(settings: Training, *steps: int) -> list[float]:
    return [round(learning_rate(settings, step, EPOCHS * STEPS, step // STEPS, []), 6) for step in steps]


def test_warming_up_is_a_straight_line() -> None:
    assert rates(replace(SETTINGS, warmup_steps=50), 0, 9, 24, 49, 50) == [0.02, 0.2, 0.5, 1, 1]


def test_a_cosine_ends_at_a_hundredth() -> None:
    assert rates(replace(SETTINGS, schedule="cosine"), 0, 500, 1000) == [1, 0.505, 0.01]


def test_a_linear_fall_ends_at_nothing() -> None:
    assert rates(replace(SETTINGS, schedule="linear"), 0, 250, 999, 1000) == [1, 0.75, 0.001, 0]


def test_by_epochs_it_halves_every_fifth() -> None:
    by_epochs = replace(SETTINGS, schedule="epochs", decay_every=5, decay_factor=0.5)
    assert rates(by_epochs, 0, 499, 500, 999, 1000) == [1, 1, 0.5, 0.5, 0.25]


@pytest.mark.parametrize(("losses", "rate"), [
    ([], 1), ([5, 4, 3], 1), ([5, 4, 4], 1), ([5, 4, 4, 4.5], 0.1), ([5, 4, 4, 4.5, 3], 0.1),
    ([5, 4, 4, 4.5, 4.2, 4.1], 0.01),
])  # fmt: skip
def test_on_a_plateau_it_steps_down_after_epochs_without_a_better_loss(losses: list[float], rate: float) -> None:
    plateau = replace(SETTINGS, schedule="plateau", decay_every=2, decay_factor=0.1)
    assert learning_rate(plateau, 77, EPOCHS * STEPS, 0, losses) == pytest.approx(rate)
