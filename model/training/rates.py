"""The learning rate at a step: a pure function, so that a resumed run is identical to one that never stopped."""

import math
from collections.abc import Sequence

from model.presets.preset import Training

FLOOR = 0.01  # the fraction of the peak at which a cosine schedule ends


def learning_rate(settings: Training, step: int, steps: int, epoch: int, losses: Sequence[float]) -> float:
    """Return the learning rate at `step` of `steps`, in `epoch`, both from 0; `losses` are the validation losses."""
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    return settings.learning_rate * _share(settings, step, steps, epoch, losses)


def _share(settings: Training, step: int, steps: int, epoch: int, losses: Sequence[float]) -> float:
    """Return the rate as a fraction of the peak."""
    left = 1 - (step - settings.warmup_steps) / max(1, steps - settings.warmup_steps)
    match settings.schedule:
        case "cosine":
            return FLOOR + (1 - FLOOR) * (1 - math.cos(math.pi * left)) / 2
        case "linear":
            return left
        case "epochs":
            return settings.decay_factor ** (epoch // settings.decay_every)
        case "plateau":
            return settings.decay_factor ** _plateaus(losses, settings.decay_every)


def _plateaus(losses: Sequence[float], patience: int) -> int:
    """Count how often `patience` validations in a row did not improve the loss."""
    best, waited, count = math.inf, 0, 0
    for loss in losses:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited == patience:
            waited, count = 0, count + 1
    return count
