"""A made-up history of a run, as a real one looks: the loss falls fast, then slowly; rows are noisy."""

import math
from typing import Any

import numpy as np

LAYERS = ("embedding", "attention", "lstm", "gru", "head", "logits")
TEXTS = (
    "о о и и о\nи и и о о о",
    "снег и снег на на снег\nна снег и в снег",
    "я снова дом и тихий свет\nв окне и тени за окном",
    "Я помню дом и тихий свет,\nИ снег ложится за окном.\nМеня давно в помине нет,\nА мы с тобою всё вдвоём.",
)


def history(
    rows: int = 400, epochs: int = 9, *, finished: bool = False, layers: tuple[str, ...] = LAYERS, every: int = 20
) -> dict[str, Any]:
    """Return a history of so many rows of steps, spread over so many epochs, of a run that goes on for three more."""
    random = np.random.default_rng(7)
    per_epoch = max(1, rows * every // max(1, epochs))
    planned = epochs if finished else epochs + 3
    steps = [_step(random, row * every, per_epoch, planned, layers) for row in range(1, rows + 1)]
    done = [_epoch(epoch, per_epoch) for epoch in range(1, epochs + 1)]
    moments = [per_epoch * epochs * part // 12 for part in range(1, 13)] if epochs else []
    return {
        "name": "neuralpoet",
        "preset": preset(planned),
        "parameters": 4_612_908,
        "steps_per_epoch": [per_epoch] * planned,
        "finished": finished,
        "epoch": rows * every // per_epoch,
        "step": rows * every % per_epoch,
        "seconds": rows * every * 0.72,
        "tokens": rows * every * 4096,
        "steps": steps,
        "epochs": done,
        "samples": [_sample(part, step, warmth) for part, step in enumerate(moments) for warmth in (0.2, 0.5, 1.0)],
        "collapse": [_collapse(part, step) for part, step in enumerate(moments)],
    }


def preset(epochs: int) -> dict[str, Any]:
    return {
        "name": "neuralpoet",
        "network": "poet",
        "tokenizer": "bpe",
        "normalisation": ["nfc", "dashes", "quotes", "yo"],
        "capital_lines": True,
        "sizes": {"vocabulary": 3500, "embedding": 256, "recurrent": 256, "head": [512], "heads": 8, "dropout": 0.2},
        "training": {"epochs": epochs, "batch_size": 16, "window": 256, "learning_rate": 2e-3, "schedule": "cosine"},
        "sampling": {"top_k": 10, "chaos": 0.25, "temperature": 0.7, "max_chars": None},
    }


def _loss(step: float, per_epoch: int) -> float:
    return 3.9 + 4.2 * math.exp(-3 * step / per_epoch) - 0.05 * math.log1p(step / per_epoch) * 3


def _step(
    random: np.random.Generator, step: int, per_epoch: int, epochs: int, layers: tuple[str, ...]
) -> dict[str, Any]:
    loss = _loss(step, per_epoch) + random.normal(0, 0.08)
    warm = min(1.0, step / 300)
    rate = 2e-3 * warm * (0.505 + 0.495 * math.cos(math.pi * min(1.0, step / (per_epoch * epochs))))
    return {
        "step": step,
        "epoch": (step - 1) // per_epoch + 1,
        "seconds": step * 0.72,
        "loss": loss,
        "accuracy": 0.33 - 0.035 * loss + random.normal(0, 0.003),
        "learning_rate": rate,
        "tokens_per_second": 5800 + random.normal(0, 120) - (1500 if step % 1900 < 60 else 0),
        "memory_mb": 2150 + 40 * math.tanh(step / 2000),
        "updates": {
            name: float(rate * (0.4 + 0.5 * i) * math.exp(random.normal(0, 0.2))) for i, name in enumerate(layers)
        },
    }


def _epoch(epoch: int, per_epoch: int) -> dict[str, Any]:
    loss = _loss(epoch * per_epoch, per_epoch) + 0.02 * max(0, epoch - 7) ** 2
    return {
        "epoch": epoch,
        "step": epoch * per_epoch,
        "seconds": epoch * per_epoch * 0.72,
        "loss": loss + 0.02,
        "accuracy": 0.19,
        "validation_loss": loss,
        "validation_accuracy": 0.335 - 0.035 * loss,
        "validation_perplexity": math.exp(loss),
        "validation_bits_per_char": loss * 0.5412,
        "best": epoch <= 7,
    }


def _sample(part: int, step: int, warmth: float) -> dict[str, Any]:
    text = TEXTS[min(len(TEXTS) - 1, max(0, part // 3 - (warmth == 1.0)))]
    return {"step": step, "temperature": warmth, "prompt": "Чай остыл", "text": text}


def _collapse(part: int, step: int) -> dict[str, Any]:
    low = part < 2
    return {
        "step": step,
        "distinct_1": 0.09 if low else 0.62 + part / 100,
        "distinct_2": 0.14 if low else 0.91,
        "distinct_3": 0.2 if low else 0.98,
        "repetition": 0.71 if low else 0.04,
        "entropy": 2.1 if low else 7.4,
        "warning": "distinct pairs of words fell under 0.3: the samples repeat themselves" if low else None,
    }
