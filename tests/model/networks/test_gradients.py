"""The backend's gradients are those that differences give, as torch-rnn's own tests ask of its modules."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from model.networks.sizes import Sizes
from model.networks.textgenrnn import AttentionAverage
from model.text.tokens import PAD
from tests.model import untrained
from tests.model.untrained import BOTH_WAYS, CHARRNN, TEXTGENRNN, tokens

STEP = 1e-6
NETWORKS: dict[str, Sizes] = {
    "charrnn lstm": CHARRNN,
    "charrnn gru": replace(CHARRNN, cell="gru"),
    "charrnn graves": replace(CHARRNN, cell="graves"),
    "charrnn rnn": replace(CHARRNN, cell="rnn"),
    "charrnn normalised": replace(CHARRNN, cell="rnn", batchnorm=True),
    "textgenrnn": TEXTGENRNN,
    "textgenrnn both ways": BOTH_WAYS,
}


def worst(loss: Callable[[], Any], variables: list[keras.Variable]) -> float:
    """Return the greatest difference, relative to its size, of a slope from what the gradient says it is."""
    value = tf.function(loss)
    with tf.GradientTape() as tape:
        start = value()
    gradients = tape.gradient(start, [variable.value for variable in variables])
    random, found = np.random.default_rng(5), 0.0
    for variable, gradient in zip(variables, gradients, strict=True):
        direction = random.normal(size=variable.shape)
        told = float(np.sum(tf.convert_to_tensor(gradient).numpy() * direction))
        seen = slope(value, variable, direction)
        found = max(found, abs(told - seen) / max(abs(told), abs(seen), 1e-3))
    return found


def slope(value: Callable[[], Any], variable: keras.Variable, direction: Any) -> float:
    """Return the slope of `value` along a direction of the variable, by a difference on both sides."""
    here, ends = variable.numpy(), []
    for side in (STEP, -STEP):
        variable.assign(here + side * direction)
        ends.append(float(value()))
    variable.assign(here)
    return (ends[0] - ends[1]) / (2 * STEP)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_of_every_weight_is_its_slope(name: str) -> None:
    network = untrained.network(NETWORKS[name], "float64")
    read = tokens(3, 9)
    read[1, 6:] = PAD
    shape = network(read).shape
    weights = np.random.default_rng(6).normal(size=shape)
    loss = lambda: tf.reduce_sum(network(read) * weights)  # noqa: E731
    assert len(network.trainable_variables) >= 9
    assert worst(loss, network.trainable_variables) < 1e-6


@pytest.mark.parametrize("masked", [False, True])
def test_the_gradient_of_the_average_is_its_slope(masked: bool) -> None:  # noqa: FBT001
    layer = AttentionAverage(dtype="float64")
    layer.build((None, None, 5))
    random = np.random.default_rng(7)
    layer.scores.assign(random.normal(0, 3, (5, 1)))
    x = keras.Variable(random.normal(0, 2, (2, 7, 5)), dtype="float64")
    mask = tf.constant(np.arange(7)[None] < [[7], [4]]) if masked else None
    weights = random.normal(size=(2, 1 if masked else 7, 5))
    assert worst(lambda: tf.reduce_sum(layer(x.value, mask=mask) * weights), [x, layer.scores]) < 1e-6
