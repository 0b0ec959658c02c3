"""The SavedModels of the other networks: their signatures, their operations, and their agreement with Keras."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from backend.decoders import graph, loop
from model.export.versions import export
from model.networks.sizes import Sizes
from model.release.loading import Release
from model.text.tokens import BOS, PAD, WINDOW
from tests.model import untrained
from tests.model.export.saved_model import operations, warm_up
from tests.model.untrained import BOTH_WAYS, CHARRNN, TEXTGENRNN

NETWORKS: dict[str, Sizes] = {
    "charrnn_lstm": CHARRNN,
    "charrnn_gru": replace(CHARRNN, cell="gru"),
    "charrnn_graves": replace(CHARRNN, cell="graves"),
    "charrnn_rnn": replace(CHARRNN, cell="rnn"),
    "charrnn_normalised": replace(CHARRNN, cell="gru", batchnorm=True),
    "textgenrnn": TEXTGENRNN,
    "textgenrnn_both_ways": BOTH_WAYS,
}
OPERATIONS = Path(__file__).with_name("operations.json")
LENGTHS = [1, 2, 8, 9, 10, 40, 255, WINDOW]


@dataclass(frozen=True)
class Exported:
    """A release and its version directory."""

    release: Release
    version: Path
    signatures: Any


@pytest.fixture(scope="module", params=NETWORKS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    folder = tmp_path_factory.mktemp(request.param)
    release = untrained.release(folder / request.param, NETWORKS[request.param])
    with pytest.MonkeyPatch.context() as patch:  # what is exported beside a GPU must run without one
        patch.setattr(tf.config, "list_logical_devices", lambda _: ["GPU"])
        version = export(release, folder / "models")
    loaded = tf.saved_model.load(str(version))
    yield Exported(release, version, loaded.signatures)
    del loaded


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
    for row, length, logits in zip(rows, LENGTHS, found, strict=True):
        read = row[max(0, length - (network.context or WINDOW)) : length]
        assert np.abs(np.asarray(network(read[None]))[0, -1] - logits).max() < 1e-4


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
