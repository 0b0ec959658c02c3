"""A program for the tests: what each network says and learns on the backend that KERAS_BACKEND names.

Usage: python -m tests.model.networks.one_step OUT.npz
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from keras import ops

from model.networks.network import Network
from model.networks.sizes import Sizes
from model.text.tokens import PAD
from tests.model import untrained
from tests.model.untrained import BOTH_WAYS, CHARRNN, POET, TEXTGENRNN, tokens

ROWS = 4
NETWORKS: dict[str, tuple[Sizes, int]] = {  # and how many rows carry their state on
    "poet": (POET, 0),
    "gru": (replace(CHARRNN, cell="gru"), 0),
    "normalised": (replace(CHARRNN, cell="rnn", batchnorm=True), 0),
    "rnn": (replace(CHARRNN, cell="rnn"), 0),
    "lstm": (CHARRNN, ROWS),
    "textgenrnn": (replace(TEXTGENRNN, labels=3), 0),
    "both_ways": (BOTH_WAYS, 0),
}


def observations(name: str) -> Iterator[tuple[str, Any]]:
    """Yield the logits of fresh weights, and all variables but the random state after training."""
    sizes, carry = NETWORKS[name]
    network = untrained.network(sizes, carry=carry)
    read = tokens(ROWS, 9)
    read[1, 5:] = PAD
    yield f"{name}/logits", network.predict_on_batch(read)
    if carry:
        network(np.flip(read, 0), training=True)  # so that the step begins with a state
    _learn(network, read)
    for variable in network.variables:
        if "seed_generator" not in variable.path:
            yield f"{name}/{variable.path.partition('/')[2]}", ops.convert_to_numpy(variable)


def _learn(network: Network, read: Any) -> None:
    targets = np.roll(read, -1, axis=1) if network.every_position else read[:, :1]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer, jit = keras.optimizers.SGD(0.3), keras.backend.backend() == "jax"
    if getattr(network.sizes, "labels", 0):
        shares = {"labelled": 0.8, "text": 0.2}
        network.compile(optimizer, dict.fromkeys(shares, loss), loss_weights=shares, jit_compile=jit)
        labels = np.arange(ROWS, dtype=np.int32) % network.sizes.labels
        network.train_on_batch((read, labels), dict.fromkeys(shares, targets))
    else:
        network.compile(optimizer, loss, jit_compile=jit)
        network.train_on_batch(read, targets)


def observed() -> dict[str, Any]:
    """Return the observations of all networks."""
    return dict(pair for name in NETWORKS for pair in observations(name))


if __name__ == "__main__":
    np.savez(sys.argv[1], **observed())
