"""The requests that a version runs before it serves."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog, PredictLog

from tests.processes import free_port
from tests.serving.conftest import launch, serving_model


def version(saved_models: Path, base_path: Path, records: Sequence[bytes]) -> Path:
    """Put a version with these warm-up records under the base path."""
    shutil.copytree(saved_models / "constant" / "1", base_path / "1")
    extra = base_path / "1" / "assets.extra"
    extra.mkdir()
    with tf.io.TFRecordWriter(str(extra / "tf_serving_warmup_requests")) as writer:
        for record in records:
            writer.write(record)
    return base_path


def record(signature: str, **inputs: object) -> bytes:
    log = PredictionLog(predict_log=PredictLog())
    log.predict_log.request.model_spec.signature_name = signature
    for name, value in inputs.items():
        log.predict_log.request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return bytes(log.SerializeToString())


@pytest.mark.parametrize("enabled", [True, False])
def test_warmup_runs_before_the_port_opens(saved_models: Path, tmp_path: Path, enabled: bool) -> None:  # noqa: FBT001
    marks = [tmp_path / "one", tmp_path / "other"]
    base_path = version(
        saved_models,
        tmp_path / "m",
        [record("gate", started=[str(mark)], awaited=[str(tmp_path)]) for mark in marks]
        + [record("", x=[1.0]), PredictionLog().SerializeToString()],
    )
    with serving_model(base_path, f"--enable_model_warmup={str(enabled).lower()}") as (api, process):
        assert [mark.exists() for mark in marks] == [enabled] * 2
        assert api.outputs("", [0]) == [1.0]
        assert f"Finished warmup with {3 if enabled else 0} requests" in process.text()


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([record("nope", x=[1.0])], 'Serving signature name: "nope" not found in signature def'),
        ([record("", y=[1.0])], "A warmup record lacks the inputs: x"),
        ([b"\xff"], "Failed to parse warmup record: "),
        ([record("", x=[1.0]).replace(b"\x08\x01", b"\x08\x63")], "INTERNAL: TypeError("),
        ([record("", x=[1.0])] * 1001, "Number of warmup records exceeds the maximum (1000)"),
    ],
    ids=["signature", "inputs", "bytes", "type", "many"],
)
def test_a_version_whose_warmup_fails_is_not_served(
    saved_models: Path, tmp_path: Path, records: Sequence[bytes], message: str
) -> None:
    process = launch(version(saved_models, tmp_path, records), free_port())
    assert process.wait(60) == 1
    last = process.text().splitlines()[-1]
    assert last.startswith("Failed to start server. Error: UNKNOWN: 1 servable(s) did not become available: ")
    assert message in last


def test_a_truncated_file_fails_too(saved_models: Path, tmp_path: Path) -> None:
    version(saved_models, tmp_path, [record("", x=[1.0])])
    file = tmp_path / "1" / "assets.extra" / "tf_serving_warmup_requests"
    file.write_bytes(file.read_bytes()[:-3])
    process = launch(tmp_path, free_port())
    assert process.wait(60) == 1
    assert "DATA_LOSS: Failed to parse warmup record: " in process.text().splitlines()[-1]
