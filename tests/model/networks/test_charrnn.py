"""torch-rnn's network: stepping equals the whole, nothing looks ahead, and training carries the state on."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray

from model.errors import ModelError
from model.files.tables import from_table
from model.networks.charrnn import CharRnn
from model.networks.network import Network
from model.networks.network import build as build_network
from model.networks.sizes import CharRnnSizes
from tests.model import untrained
from tests.model.untrained import CHARRNN, POET, TEXTGENRNN, tokens

CELLS = ["lstm", "gru", "rnn", "graves"]
ROWS = 3


def of(cell: Any, carry: int = 0, seed: int = 1, **sizes: Any) -> CharRnn:
    keras.utils.set_random_seed(seed)  # of dropout
    network = untrained.network(replace(CHARRNN, cell=cell, **sizes), carry=carry)
    assert isinstance(network, CharRnn)
    return network


def logits(network: Network, read: NDArray[np.int32], *, training: bool = False) -> NDArray[np.float32]:
    return np.asarray(ops.convert_to_numpy(network(read, training=training)))


def states(network: CharRnn) -> list[NDArray[np.float32]]:
    assert network.carried is not None
    return [ops.convert_to_numpy(state) for state in network.carried.states]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("batchnorm", [False, True])
@pytest.mark.parametrize("length", [1, 17])
def test_stepping_equals_the_whole(cell: str, batchnorm: bool, length: int) -> None:  # noqa: FBT001
    network, read = of(cell, batchnorm=batchnorm), tokens(ROWS, length)
    state, stepped = network.initial_state(ROWS), []
    for column in read.T:
        features, state = network.step(ops.convert_to_tensor(column), state)
        stepped.append(ops.convert_to_numpy(network.logits(features)))
    assert np.abs(np.stack(stepped, 1) - logits(network, read)).max() < 1e-5


def test_without_its_peepholes_a_cell_is_an_lstm() -> None:
    plain, peeping, read = of("lstm"), of("graves"), tokens(ROWS, 7)
    assert np.abs(logits(plain, read) - logits(peeping, read)).max() > 1e-3
    names = {weight.path.split("/")[-1] for weight in peeping.weights if weight.path.endswith("peepholes")}
    assert names == {"peepholes"}
    kept = [weight for weight in peeping.trainable_variables if not weight.path.endswith("peepholes")]
    for weight, of_plain in zip(kept, plain.trainable_variables, strict=True):
        weight.assign(of_plain)
    for weight in peeping.trainable_variables:
        if weight.path.endswith("peepholes"):
            weight.assign(weight * 0)
    assert np.abs(logits(plain, read) - logits(peeping, read)).max() < 1e-6


@pytest.mark.parametrize("cell", CELLS)
def test_no_token_sees_a_later_one_and_all_see_the_first(cell: str) -> None:
    network, read = of(cell), tokens(1, 9)
    for place in (0, 5):
        changed = read.copy()
        changed[:, place] = changed[:, place] % (CHARRNN.vocabulary - 1) + 1
        difference = np.abs(logits(network, read) - logits(network, changed)).max(axis=-1)[0]
        assert not difference[:place].any()
        assert difference[place:].all()


def test_the_sizes_are_what_they_say() -> None:
    network = of("lstm", layers=3)
    shapes = [tuple(weight.shape) for weight in network.weights]
    deeper = [(12, 48), (12, 48), (48,)]
    assert shapes == [(120, 8), (8, 48), (12, 48), (48,), *deeper, *deeper, (12, 120), (120,)]


def test_in_training_a_layer_is_normalised_by_its_batch_and_else_by_what_was() -> None:
    network, read = of("rnn", layers=1, batchnorm=True), tokens(ROWS, 9)
    norm, gives = network.norms[0], network.recurrent[0](network.embedding(read), network.initial_state(ROWS)[0])[0]
    gamma, beta, mean, variance = (ops.convert_to_numpy(weight).copy() for weight in norm.weights)

    def expected(mean: Any, variance: Any) -> Any:
        normalised = (ops.convert_to_numpy(gives) - mean) / np.sqrt(variance + 1e-5) * gamma + beta
        return ops.convert_to_numpy(network.linear(normalised))

    batch = np.mean(gives, axis=(0, 1)), np.var(gives, axis=(0, 1))
    assert np.abs(logits(network, read) - expected(mean, variance)).max() < 1e-4
    assert np.array_equal(norm.moving_mean, mean)
    assert np.abs(logits(network, read, training=True) - expected(*batch)).max() < 1e-4
    for moved, before, now in zip((norm.moving_mean, norm.moving_variance), (mean, variance), batch, strict=True):
        assert np.abs(moved - (0.9 * before + 0.1 * now)).max() < 1e-6
    assert np.abs(expected(*batch) - expected(mean, variance)).max() > 0.1


def test_sizes_of_before_are_those_without_batchnorm() -> None:
    table = {name: size for name, size in asdict(CHARRNN).items() if name != "batchnorm"}
    assert from_table(CharRnnSizes, table, "a release") == CHARRNN
    assert not of("lstm").norms


def test_dropout_is_of_training_alone() -> None:
    network, read = of("lstm", dropout=0.5), tokens(2, 6)
    assert np.array_equal(logits(network, read), logits(network, read))
    assert not np.array_equal(logits(network, read, training=True), logits(network, read, training=True))


@pytest.mark.parametrize("cell", CELLS)
def test_windows_of_a_carried_state_say_what_the_whole_says(cell: str) -> None:
    network, read = of(cell, ROWS), tokens(ROWS, 15)
    parts = [logits(network, read[:, i : i + 5], training=True) for i in (0, 5, 10)]
    assert np.abs(np.concatenate(parts, axis=1) - logits(network, read)).max() < 1e-5


@pytest.mark.parametrize("cell", CELLS)
def test_an_epoch_begins_anew(cell: str) -> None:
    network, read = of(cell, ROWS), tokens(ROWS, 5)
    first, second = (logits(network, read, training=True) for _ in range(2))
    network.reset_states()
    assert not np.array_equal(first, second)
    assert np.array_equal(first, logits(network, read, training=True))


def test_validation_neither_reads_nor_moves_the_carried_state() -> None:
    network, read = of("lstm", ROWS), tokens(5, 6)
    before = logits(network, read)
    logits(network, read[:ROWS], training=True)
    carried = states(network)
    assert np.array_equal(logits(network, read), before)
    assert all(np.array_equal(*pair) for pair in zip(states(network), carried, strict=True))


def trained_on(network: CharRnn, batches: list[NDArray[np.int32]]) -> CharRnn:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.SGD(0.5), loss)
    for batch in batches:
        network.train_on_batch(batch[:, :-1], batch[:, 1:])
    return network


def test_the_variables_are_all_that_training_goes_on_from() -> None:
    batches = [tokens(ROWS, 8, seed) for seed in range(4)]
    through, half = (trained_on(of("lstm", ROWS, dropout=0.3), batches[:count]) for count in (4, 2))
    resumed = of("lstm", ROWS, seed=2, dropout=0.3)
    for variable, value in zip(resumed.variables, half.variables, strict=True):
        variable.assign(value)
    trained_on(resumed, batches[2:])
    pairs = zip(resumed.variables, through.variables, strict=True)
    assert all(np.array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b)) for a, b in pairs)
    assert all(state.any() for state in states(resumed))


def test_weights_are_the_same_with_and_without_a_carried_state(tmp_path: Path) -> None:
    carrying, plain = trained_on(of("gru", ROWS), [tokens(ROWS, 8)]), of("gru")
    carried = states(carrying)
    carrying.save_weights(tmp_path / "carrying.weights.h5")
    plain.load_weights(tmp_path / "carrying.weights.h5")
    assert np.array_equal(logits(plain, tokens(2, 7)), logits(carrying, tokens(2, 7)))
    again = of("gru", ROWS)
    plain.save_weights(tmp_path / "plain.weights.h5")
    again.load_weights(tmp_path / "plain.weights.h5")
    again.set_weights(plain.get_weights())
    assert np.array_equal(logits(plain, tokens(2, 7)), logits(again, tokens(2, 7)))
    assert carried[0].any()
    assert not states(again)[0].any()


@pytest.mark.parametrize("sizes", [POET, TEXTGENRNN])
def test_a_network_that_cannot_carry_its_state_says_so(sizes: Any) -> None:
    kind = untrained.kind(sizes)
    with pytest.raises(ModelError, match=f"the network {kind} cannot carry its state"):
        build_network(kind, sizes, carry=4)
