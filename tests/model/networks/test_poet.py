"""The poet: stepping equals the full network, and nothing looks ahead or further back than it should."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray

from model.networks import poet
from model.networks.sizes import PoetSizes

SIZES = PoetSizes(vocabulary=50, embedding=16, recurrent=12, head=[24], heads=8, window=5, dropout=0)


DEEP = replace(SIZES, head=[24, 10, 7])


@pytest.fixture(scope="module", params=[SIZES, DEEP], ids=["one dense layer", "three"])
def network(request: pytest.FixtureRequest) -> poet.Poet:
    keras.utils.set_random_seed(3)
    built = poet.build(request.param)
    for weight in built.weights:  # biases of zero would hide one that is left out
        weight.assign(np.random.default_rng(len(weight.path)).normal(0, 0.4, weight.shape))
    return built


def logits(network: poet.Poet, tokens: NDArray[np.int32]) -> NDArray[np.float32]:
    return np.asarray(ops.convert_to_numpy(network(tokens)))


def tokens(batch: int, length: int) -> NDArray[np.int32]:
    return np.random.default_rng(length).integers(0, SIZES.vocabulary, (batch, length)).astype(np.int32)


@pytest.mark.parametrize("length", [1, 4, 5, 6, 23])
def test_stepping_equals_the_full_network(network: poet.Poet, length: int) -> None:
    read = tokens(3, length)
    state, stepped = network.initial_state(3), []
    for column in read.T:
        joined, state = network.step(ops.convert_to_tensor(column), state)
        stepped.append(ops.convert_to_numpy(network.logits(joined)))
    assert np.abs(np.stack(stepped, 1) - logits(network, read)).max() < 1e-5


def test_no_token_sees_a_later_one(network: poet.Poet) -> None:
    read = tokens(1, 17)
    changed = read.copy()
    changed[:, 9:] = (changed[:, 9:] + 1) % SIZES.vocabulary
    difference = np.abs(logits(network, read) - logits(network, changed)).max(axis=-1)[0]
    assert difference[:9].max() < 1e-6
    assert difference[9:].min() > 1e-4


def test_attention_looks_back_its_window_and_no_further(network: poet.Poet) -> None:
    x: NDArray[Any] = np.random.default_rng(0).normal(size=(1, 14, SIZES.embedding)).astype(np.float32)
    changed = x.copy()
    changed[:, 3] += 1
    attended = [ops.convert_to_numpy(network.attention(values)) for values in (x, changed)]
    seen = np.flatnonzero(np.abs(attended[0] - attended[1]).max(axis=-1)[0] > 1e-6)
    assert seen.tolist() == list(range(3, 3 + SIZES.window))


def test_the_head_has_the_layers_that_are_named() -> None:
    built = poet.build(DEEP)
    kernels = [tuple(layer.kernel.shape) for layer in (built.dense, *built.further, built.linear)]
    assert kernels == [(16 + 4 * 12, 24), (24, 10), (10, 7), (7, 50)]
    assert {weight.path for layer in built.further for weight in layer.weights} <= {w.path for w in built.weights}


def test_float16_weights_come_back_in_float32(network: poet.Poet, tmp_path: Any) -> None:
    half, back = poet.build(network.sizes, "float16"), poet.build(network.sizes)
    half.set_weights(network.get_weights())
    half.save_weights(tmp_path / "half.weights.h5")
    back.load_weights(tmp_path / "half.weights.h5")
    assert all(weight.dtype == "float32" for weight in back.weights)
    assert 0 < np.abs(logits(back, tokens(1, 9)) - logits(network, tokens(1, 9))).max() < 0.05
