"""Networks of random weights, and releases of them, for what training would add nothing to."""

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from model.networks.network import Network
from model.networks.network import build as build_network
from model.networks.sizes import CharRnnSizes, PoetSizes, Sizes, TextgenrnnSizes
from model.presets.preset import read
from model.release.loading import Release
from model.release.making import build
from tests.model import tiny

VOCABULARY = 120
NORMALISATION = ["nfc", "dashes", "quotes", "yo"]
SAMPLING: dict[str, float | None] = {
    "top_k": 30,
    "line_start_k": 20,
    "chaos_k": 10,
    "chaos": 0.25,
    "max_tokens": 40,
    "max_lines": 4,
}
SAMPLING |= {"temperature": 0.8, "max_chars": None}
POET = PoetSizes(VOCABULARY, embedding=16, recurrent=12, head=[24], heads=8, window=5, dropout=0)
CHARRNN = CharRnnSizes(VOCABULARY, embedding=8, recurrent=12, layers=2, cell="lstm", dropout=0)
TEXTGENRNN = TextgenrnnSizes(
    VOCABULARY, embedding=8, recurrent=12, layers=2, bidirectional=False, context=9, labels=0, dropout=0
)
BOTH_WAYS = replace(TEXTGENRNN, bidirectional=True)
_KINDS = {PoetSizes: "poet", CharRnnSizes: "charrnn", TextgenrnnSizes: "textgenrnn"}


def kind(sizes: Sizes) -> str:
    """Name the kind of network that has such sizes."""
    return _KINDS[type(sizes)]


def network(sizes: Sizes, dtype: str = "float32", carry: int = 0) -> Network:
    """Build a network whose weights are the same on every backend, and nowhere zero."""
    built = build_network(kind(sizes), sizes, dtype, carry)
    random = np.random.default_rng(3)
    for weight in built.weights:
        value = random.normal(0, 0.4, weight.shape)
        weight.assign(abs(value) if weight.name == "moving_variance" else value)
    return built


def tokens(batch: int, length: int, seed: int = 0) -> Any:
    """Return tokens [batch, length] that are not PAD."""
    return np.random.default_rng([batch, length, seed]).integers(1, VOCABULARY, (batch, length)).astype(np.int32)


def release(folder: Path, sizes: Sizes, **changes: Any) -> Release:
    """Make a release of random weights, with a tokenizer that knows the tiny corpus; `changes` are to its preset."""
    table: dict[str, Any] = {
        "name": folder.name,
        "network": kind(sizes),
        "tokenizer": "bpe",
        "normalisation": NORMALISATION,
        "capital_lines": False,
        "force_breaks": False,
        "prompt_break": False,
        "sizes": asdict(sizes),
        "training": {"epochs": 1, "batch_size": 2, "window": 8, "learning_rate": 0.01},
        "sampling": SAMPLING,
        **changes,
    }
    tokenizer, weights = (folder.parent / f"{folder.name}.{part}" for part in ("tokenizer", "weights.h5"))
    shutil.copyfile(tiny.vocabulary(VOCABULARY), tokenizer)
    network(sizes).save_weights(weights)
    return build(folder, read(table, folder.name), tokenizer, weights, {})
