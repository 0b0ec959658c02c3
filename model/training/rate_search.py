"""Learning rate search: short trials of the same network on the same batches at different rates."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from math import isfinite
from typing import Any

import keras

from model.networks.network import Network
from model.presets.preset import Preset, Training
from model.training.batches import Batches
from model.training.optimizer import compiled, figures
from model.training.rates import learning_rate

RATES = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4)


def search(
    preset: Preset,
    create: Callable[[], Network],
    batches: Batches,
    rates: Sequence[float],
    steps: int,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Try each rate, constant and with cosine decay, for `steps` steps of a network built by `create`.

    A trial has its learning_rate, its schedule, its losses [step, nats per token], and whether it diverged.
    """
    trials = []
    for rate in rates:
        for schedule, settings in _schedules(preset.training, rate, steps).items():
            losses = _losses(replace(preset, training=settings), create, batches, steps)
            diverged = not isfinite(losses[-1][1])
            trials.append({"learning_rate": rate, "schedule": schedule, "losses": losses, "diverged": diverged})
            say(f"learning rate {rate:g}, {schedule}: loss {losses[-1][1]:.3f} after {losses[-1][0]} steps")
    return trials


def _schedules(settings: Training, rate: float, steps: int) -> dict[str, Training]:
    short = replace(settings, learning_rate=rate, epochs=1, warmup_steps=min(settings.warmup_steps, steps // 10))
    return {"held": replace(short, schedule="epochs", decay_every=1), "cosine": replace(short, schedule="cosine")}


def _losses(preset: Preset, create: Callable[[], Network], batches: Batches, steps: int) -> list[tuple[int, float]]:
    settings, losses = preset.training, list[tuple[int, float]]()
    keras.utils.set_random_seed(settings.seed)
    network = create()
    optimizer = compiled(network, settings, labelled=getattr(preset.sizes, "labels", 0) > 0)
    for step, batch in enumerate(islice(batches.epoch(0), steps)):
        optimizer.learning_rate = learning_rate(settings, step, steps, 0, [])
        loss, _ = figures(network.train_on_batch(*batch.inputs, return_dict=True))
        losses.append((step + 1, loss))
        if not isfinite(loss):
            break
    return losses
