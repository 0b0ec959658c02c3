"""A program for the tests: what Keras's LSTM and GRU say and learn, and ours, on the backend of KERAS_BACKEND.

Usage: python -m tests.model.networks.recurrent_windows OUT.npz
"""

import sys
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from model.networks import recurrent

INPUTS, UNITS = 7, 5
LAYERS = {"lstm": (layers.LSTM, recurrent.lstm), "gru": (layers.GRU, recurrent.gru)}
DTYPES = ["float32", "mixed_bfloat16"]
ONE, MANY = (1, 1), (4, 13)  # batch and steps
CASES = [*product(LAYERS, DTYPES, [MANY]), *product(LAYERS, ["float32"], [ONE])]  # each of them is compiled anew


class Reader(keras.Model):  # type: ignore[misc]
    """A recurrent layer over inputs that are a weight, so that they have a gradient to be seen."""

    def __init__(self, layer: layers.Layer, run: Callable[..., Any], shape: tuple[int, int], dtype: str) -> None:
        super().__init__(dtype=dtype)
        self.layer, self.run = layer, run
        self.x = self.add_weight(shape=(*shape, INPUTS), name="x")
        layer.build((None, None, INPUTS))
        random = np.random.default_rng(2)
        for weight in self.weights:
            weight.assign(random.normal(0, 0.5, weight.shape))

    def call(self, unused: Any) -> Any:
        """Return the outputs of every step."""
        return self.run(self.layer, ops.convert_to_tensor(self.x)) + 0 * unused


def observations(kind: str, dtype: str, shape: tuple[int, int]) -> Iterator[tuple[str, Any]]:
    """Yield the outputs of Keras's layer and of ours, and each weight's gradient, by a step of SGD at rate 1."""
    make, ours = LAYERS[kind]
    for way, run in (("keras", lambda layer, x: layer(x)), ("ours", ours)):
        reader = Reader(make(UNITS, return_sequences=True, dtype=dtype), run, shape, dtype)
        targets = np.random.default_rng(4).normal(size=(*shape, UNITS))
        loss = lambda true, out: -true * ops.cast(out, "float32")  # noqa: E731
        reader.compile(keras.optimizers.SGD(1.0), loss, jit_compile=keras.backend.backend() == "jax")
        blank = np.zeros((*shape, UNITS), np.float32)
        yield f"{way}/outputs", np.asarray(reader.predict_on_batch(blank), np.float32)
        before = reader.get_weights()
        reader.train_on_batch(blank, targets)
        for weight, old, new in zip(reader.weights, before, reader.get_weights(), strict=True):
            yield f"{way}/{weight.name}", old - new


def observed() -> dict[str, Any]:
    """Return the observations of all cases."""
    return {
        f"{kind} {dtype} {batch}x{steps}/{key}": value
        for kind, dtype, (batch, steps) in CASES
        for key, value in observations(kind, dtype, (batch, steps))
    }


if __name__ == "__main__":
    np.savez(sys.argv[1], **observed())
