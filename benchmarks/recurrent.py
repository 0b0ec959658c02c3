"""A training step of the poet's recurrent layers alone, Keras's and ours: python -m benchmarks.recurrent.

The two alternate in one process; the medians of CPU seconds and of wall-clock seconds are printed. KERAS_BACKEND
chooses the backend.
"""

import argparse
import os
import time
from collections.abc import Callable
from itertools import product
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import layers, ops

from benchmarks.table import machine, print_table
from model.networks import recurrent

LAYERS = {"lstm": (layers.LSTM, recurrent.lstm), "gru": (layers.GRU, recurrent.gru)}
DTYPES = ["float32", "mixed_bfloat16"]
BATCHES = [16, 64]
STEPS, INPUTS, UNITS = 256, 384, 512  # as in the preset neuralpoet


class Reader(keras.Model):  # type: ignore[misc]
    """A recurrent layer to be trained alone."""

    def __init__(self, layer: layers.Layer, run: Callable[..., Any], inputs: int, dtype: str) -> None:
        super().__init__(dtype=dtype)
        self.layer, self.run = layer, run
        layer.build((None, None, inputs))
        self.built = True
        self.compile("sgd", "mse", jit_compile=keras.backend.backend() == "jax")

    def call(self, x: Any) -> Any:
        """Return the outputs of every step."""
        return self.run(self.layer, ops.cast(x, self.compute_dtype))


def measure(kind: str, dtype: str, batch: int, turns: int) -> list[str]:
    """Return the row of a layer."""
    make, ours = LAYERS[kind]
    runs: list[Callable[..., Any]] = [lambda layer, x: layer(x), ours]
    readers = [Reader(make(UNITS, return_sequences=True, dtype=dtype), run, INPUTS, dtype) for run in runs]
    x, y = (np.random.default_rng(1).normal(size=(batch, STEPS, size)) for size in (INPUTS, UNITS))
    cpu: list[list[float]] = [[], []]
    clock: list[list[float]] = [[], []]
    for _ in range(2 + turns):  # the first two compile
        for i, reader in enumerate(readers):
            started = time.process_time(), time.perf_counter()
            reader.train_on_batch(x, y)
            cpu[i].append(time.process_time() - started[0])
            clock[i].append(time.perf_counter() - started[1])
    row = [keras.backend.backend(), dtype, str(batch), kind]
    for measured in (cpu, clock):
        plain, mine = (median(seconds[2:]) for seconds in measured)
        row += [f"{plain:.2f}", f"{mine:.2f}", f"x{plain / mine:.2f}"]
    return row


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    turns = parser.parse_args().turns
    rows = [measure(kind, dtype, batch, turns) for dtype, batch, kind in product(DTYPES, BATCHES, LAYERS)]
    heads = ["backend", "dtype", "batch", "layer", "Keras, CPU s", "ours, CPU s", "ratio"]
    print_table([*heads, "Keras, wall s", "ours, wall s", "ratio"], rows)
    print(machine())


if __name__ == "__main__":
    main()
