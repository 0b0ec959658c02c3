"""textgenrnn's network: what each position averages over, what PAD and labels change and what they do not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from model.networks.network import Network
from model.networks.textgenrnn import AttentionAverage, Textgenrnn
from model.text.tokens import PAD
from tests.model import untrained
from tests.model.untrained import BOTH_WAYS, TEXTGENRNN, tokens

Reals = NDArray[np.float32]
SIZES = [TEXTGENRNN, BOTH_WAYS]
LENGTH = TEXTGENRNN.context


def of(sizes: Any) -> Textgenrnn:
    network = untrained.network(sizes)
    assert isinstance(network, Textgenrnn)
    return network


def logits(network: Network, read: Any, *, training: bool = False) -> Reals:
    return np.asarray(ops.convert_to_numpy(network(read, training=training)))


def changed_at(read: NDArray[np.int32], place: int) -> NDArray[np.int32]:
    changed = read.copy()
    changed[:, place] = changed[:, place] % (untrained.VOCABULARY - 1) + 1
    return changed


def average(scale: float) -> tuple[AttentionAverage, Reals]:
    """Return the layer for 6 features, and those scores of x that its weights make."""
    layer = AttentionAverage()
    layer.build((None, None, 6))
    layer.scores.assign(np.random.default_rng(1).normal(0, scale, (6, 1)))
    return layer, np.random.default_rng(2).normal(0, 1, (2, 30, 6)).astype(np.float32)


def softmax_average(layer: AttentionAverage, x: Reals) -> NDArray[np.float64]:
    """Average over all of x as the definition says it, in float64."""
    scores = 20 * np.tanh(x.astype(np.float64) @ ops.convert_to_numpy(layer.scores).astype(np.float64) / 20)
    weights = np.exp(scores)
    mean: NDArray[np.float64] = (weights * x).sum(axis=1) / weights.sum(axis=1)
    return mean


@pytest.mark.parametrize("scale", [0, 0.5, 5, 1000])
def test_each_position_averages_over_itself_and_what_is_before(scale: float) -> None:
    layer, x = average(scale)
    expected = np.stack([softmax_average(layer, x[:, : i + 1]) for i in range(30)], axis=1)
    assert np.abs(ops.convert_to_numpy(layer(x)) - expected).max() < 1e-5


@pytest.mark.parametrize("scale", [0.5, 1000])
def test_with_a_mask_it_averages_over_what_that_leaves(scale: float) -> None:
    layer, x = average(scale)
    mask = np.arange(30)[None] < [[30], [12]]
    expected = [softmax_average(layer, x[i : i + 1, : mask[i].sum()])[0] for i in range(2)]
    found = ops.convert_to_numpy(layer(x, mask=ops.convert_to_tensor(mask)))
    assert found.shape == (2, 1, 6)
    assert np.abs(found[:, 0] - expected).max() < 1e-5


def test_of_nothing_the_average_is_zero() -> None:
    layer, x = average(1)
    assert not ops.convert_to_numpy(layer(x, mask=np.zeros((2, 30), bool))).any()


def test_the_average_and_its_gradient_stay_finite_whatever_the_scores_are() -> None:
    layer, x = average(1e6)
    with tf.GradientTape() as tape:
        value = tf.constant(x)
        tape.watch(value)
        loss = tf.reduce_sum(layer(value) ** 2)
    gradients = tape.gradient(loss, [value, layer.scores.value])
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_the_memory_of_the_average_grows_with_the_length_and_no_faster() -> None:
    layer, _ = average(1)
    spec = tf.TensorSpec((2, 997, 6), tf.float32)

    def gradient(x: Any) -> Any:
        return tf.gradients(layer(x), x)

    graph = tf.function(gradient).get_concrete_function(spec).graph
    shapes = [output.shape for operation in graph.get_operations() for output in operation.outputs]
    assert [2, 997, 6] in shapes
    assert max(shape.num_elements() or 0 for shape in shapes if shape.rank is not None) <= 2 * 997 * 6


def test_no_token_sees_a_later_one_and_all_see_the_first() -> None:
    network, read = of(TEXTGENRNN), tokens(1, LENGTH)
    for place in (0, 5):
        difference = np.abs(logits(network, read) - logits(network, changed_at(read, place))).max(axis=-1)[0]
        assert not difference[:place].any()
        assert difference[place:].all()


def test_both_ways_there_is_one_prediction_from_all_tokens() -> None:
    network, read = of(BOTH_WAYS), tokens(2, LENGTH)
    assert (network.every_position, of(TEXTGENRNN).every_position) == (False, True)
    assert network.context == LENGTH
    assert logits(network, read).shape == (2, 1, untrained.VOCABULARY)
    for place in range(LENGTH):
        assert np.abs(logits(network, read) - logits(network, changed_at(read, place))).max() > 1e-4


@pytest.mark.parametrize("sizes", SIZES)
def test_padding_changes_nothing_before_it(sizes: Any) -> None:
    network, read = of(sizes), tokens(4, LENGTH)
    padded = read.copy()
    lengths = [1, 4, 8, 9]
    for row, length in zip(padded, lengths, strict=True):
        row[length:] = PAD
    found = logits(network, padded)
    following = ops.convert_to_numpy(network.next_logits(padded))
    for i, length in enumerate(lengths):
        alone = logits(network, read[i : i + 1, :length])[0]
        assert np.abs(found[i, : len(alone)] - alone).max() < 1e-5
        assert np.abs(following[i] - alone[-1]).max() < 1e-5


@pytest.mark.parametrize("sizes", SIZES)
def test_nothing_but_padding_is_no_error(sizes: Any) -> None:
    network, read = of(sizes), np.zeros((2, LENGTH), np.int32)
    assert np.isfinite(logits(network, read)).all()
    assert np.isfinite(ops.convert_to_numpy(network.next_logits(read))).all()


@pytest.mark.parametrize(("sizes", "joined"), [(TEXTGENRNN, 8 + 2 * 12), (BOTH_WAYS, 8 + 2 * 24)])
def test_the_average_is_of_the_embedding_and_every_layer(sizes: Any, joined: int) -> None:
    network = of(sizes)
    assert network.attention.scores.shape == (joined, 1)
    assert network.linear.kernel.shape == (joined, untrained.VOCABULARY)


@pytest.mark.parametrize("sizes", SIZES)
def test_dropout_is_of_training_alone(sizes: Any) -> None:
    network, read = of(replace(sizes, dropout=0.5)), tokens(2, 6)
    assert np.array_equal(logits(network, read), logits(network, read))
    assert not np.array_equal(logits(network, read, training=True), logits(network, read, training=True))


@pytest.mark.parametrize("sizes", SIZES)
def test_a_label_changes_what_is_labelled_and_nothing_else(sizes: Any) -> None:
    network, read = of(replace(sizes, labels=3)), tokens(2, LENGTH)
    first, second = (network((read, np.array(labels, np.int32))) for labels in ([0, 1], [0, 2]))
    difference = np.abs(ops.convert_to_numpy(first["labelled"] - second["labelled"])).max(axis=(1, 2))
    assert (difference > 1e-4).tolist() == [False, True]
    assert np.array_equal(ops.convert_to_numpy(first["text"]), logits(network, read))
    assert first["labelled"].shape == first["text"].shape


@pytest.mark.parametrize("sizes", SIZES)
def test_what_was_trained_with_labels_is_kept_without_them(sizes: Any, tmp_path: Path) -> None:
    network, kept = of(replace(sizes, labels=3)), of(sizes)
    network.linear.kernel.assign(network.linear.kernel + 1)
    network.save_weights(tmp_path / "labelled.weights.h5")
    kept.load_weights(tmp_path / "labelled.weights.h5")
    assert np.array_equal(logits(kept, tokens(2, LENGTH)), logits(network, tokens(2, LENGTH)))
