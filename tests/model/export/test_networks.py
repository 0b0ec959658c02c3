"""The SavedModels of the other networks: their signatures, their operations, and their agreement with Keras."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from backend.decoders import graph, loop
from model.text.tokens import BOS, PAD, WINDOW
from tests.model import untrained
from tests.model.export.conftest import NETWORKS, Exported
from tests.model.export.saved_model import operations, warm_up

OPERATIONS = Path(__file__).with_name("operations.json")
LENGTHS = [1, 2, 8, 9, 10, 40, 255, WINDOW]


@pytest.fixture(scope="module", params=NETWORKS)
def exported(request: pytest.FixtureRequest, exports: Callable[[str], Exported]) -> Exported:
    return exports(request.param)


def padded() -> NDArray[np.int32]:
    """Return a row of each length, BOS first and PAD behind."""
    rows: NDArray[np.int32] = untrained.tokens(len(LENGTHS), WINDOW)
    rows[:, 0] = BOS
    for row, length in zip(rows, LENGTHS, strict=True):
        row[length:] = PAD
    return rows


def test_it_generates_where_it_has_a_state_to_carry(exported: Exported) -> None:
    context = NETWORKS[exported.release.text.name].context
    names = {"serving_default", "release"} | ({"generate"} if context is None else set())
    assert set(exported.signatures) == set(exported.release.text.signatures) == names
    assert {request.model_spec.signature_name for request in warm_up(exported.version)} == names
    assert exported.release.text.context == exported.release.config["context"] == context


def test_the_graph_holds_plain_operations_only(exported: Exported) -> None:
    listed, found = json.loads(OPERATIONS.read_text("utf-8")), operations(exported.version)
    known = listed["operations"] + listed["operations_with_batchnorm"]
    if exported.release.text.context:
        known = known + listed["operations_with_a_context"]
    assert set(found["operations"]) <= set(known)
    assert (found["min_consumer"], found["compiled"]) == (listed["min_consumer"], [])


def test_the_next_logits_are_those_of_keras(exported: Exported) -> None:
    network, rows = exported.release.network, padded()
    found = exported.signatures["serving_default"](tokens=tf.constant(rows))["logits"].numpy()
    assert found.shape == (len(LENGTHS), untrained.VOCABULARY)
    if network.context is None:  # no token sees a later one, so that what stands behind changes nothing
        expected = [row[length - 1] for row, length in zip(network.predict_on_batch(rows), LENGTHS, strict=True)]
    else:
        starts = [max(0, length - network.context) for length in LENGTHS]
        read = [row[start:length] for row, start, length in zip(rows, starts, LENGTHS, strict=True)]
        expected = [np.asarray(network(tokens[None]))[0, -1] for tokens in read]
    assert np.abs(np.stack(expected) - found).max() < 1e-4


def test_a_row_of_padding_alone_is_no_error(exported: Exported) -> None:
    logits = exported.signatures["serving_default"](tokens=tf.zeros((2, WINDOW), tf.int32))["logits"]
    assert np.isfinite(logits.numpy()).all()


@pytest.mark.parametrize("exported", [name for name in NETWORKS if "charrnn" in name], indirect=True)
def test_generate_writes_what_the_loop_writes(exported: Exported) -> None:
    text = exported.release.text

    def predict(body: dict[str, Any]) -> dict[str, Any]:
        function = exported.signatures[body["signature_name"]]
        if "inputs" in body:
            specs = function.structured_input_signature[1]
            inputs = {name: tf.constant(value, specs[name].dtype) for name, value in body["inputs"].items()}
            return {"outputs": {name: value.numpy() for name, value in function(**inputs).items()}}
        tokens = tf.constant([row["tokens"] for row in body["instances"]], tf.int32)
        return {"predictions": function(tokens=tokens)["logits"].numpy()}

    for prompt in ("", "Снег", "Над рекой плывёт туман"):
        ids, _ = text.tokenizer.encode_prompt(prompt)
        graphed, looped = (write(predict, text, ids, text.defaults, [1, 2, 3]) for write in (graph, loop))
        assert [draft.tokens for draft in graphed] == [draft.tokens for draft in looped]
        assert len({tuple(draft.tokens) for draft in graphed}) == 3
