"""A study of learning rates: short trials of the same network on the same batches, each with a rate of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import keras
import numpy as np

from model.networks.network import build
from model.preset import Preset, Training
from model.training.batches import Batches
from model.training.optimizer import compiled
from model.training.rates import learning_rate
from model.training.trainer import inputs

RATES = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4)
STEPS = 200
SMOOTH = 20  # steps whose mean is a trial's last loss


@dataclass(frozen=True)
class Trial:
    """What a rate came to. `losses` are [step, loss], the loss in nats a token."""

    learning_rate: float
    schedule: str
    losses: list[tuple[int, float]]
    diverged: bool

    @property
    def last(self) -> float:
        """The loss at the end, infinite where it was no number any more."""
        return float("inf") if self.diverged else float(np.mean([loss for _, loss in self.losses[-SMOOTH:]]))


def search(
    preset: Preset, batches: Batches, rates: Sequence[float], steps: int, say: Callable[[str], None]
) -> list[Trial]:
    """Try each rate held and each rate falling along a cosine, for `steps` steps. `preset` has the real vocabulary."""
    trials = []
    steps = min(steps, batches.steps)
    for rate in rates:
        for schedule, settings in _schedules(preset.training, rate, steps).items():
            losses = _losses(replace(preset, training=settings), batches, steps)
            trials.append(Trial(rate, schedule, losses, diverged=not np.isfinite(losses[-1][1])))
            say(f"learning rate {rate:g}, {schedule}: loss {trials[-1].last:.3f} after {losses[-1][0]} steps")
    return trials


def _schedules(settings: Training, rate: float, steps: int) -> dict[str, Training]:
    short = replace(settings, learning_rate=rate, epochs=1, warmup_steps=min(settings.warmup_steps, steps // 10))
    return {"held": replace(short, schedule="epochs", decay_every=1), "cosine": replace(short, schedule="cosine")}


def _losses(preset: Preset, batches: Batches, steps: int) -> list[tuple[int, float]]:
    settings, losses = preset.training, list[tuple[int, float]]()
    keras.utils.set_random_seed(settings.seed)
    options: dict[str, Any] = {"carry": settings.batch_size} if settings.carry else {}
    network = build(preset.network, preset.sizes, settings.dtype, **options)
    optimizer = compiled(network, settings, labelled=getattr(preset.sizes, "labels", 0) > 0)
    for step, batch in enumerate(islice(batches.epoch(0), steps)):
        optimizer.learning_rate = learning_rate(settings, step, steps, [])
        network.reset_metrics()
        losses.append((step + 1, float(network.train_on_batch(*inputs(batch), return_dict=True)["loss"])))
        if not np.isfinite(losses[-1][1]):
            break
    return losses
