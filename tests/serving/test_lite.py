"""A version that is a `model.tflite`: LiteRT answers as TensorFlow does, and no request ends the server."""

import math
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving import loading
from serving.engine import ThreadCounts
from serving.errors import Code, ServingError
from serving.lite_model import MAX_ROWS, LiteModel
from serving.saved_model import SavedModel
from tests.processes import Running, free_port, start
from tests.serving.conftest import Api, launch, serving_model, supervised
from tests.sharing import shared_folder

pytestmark = pytest.mark.slow

ROW = {"prompt": [1, 2, 3, 4], "noise": [0.5, 1.0, 0.1, 2.0], "top_k": 7}
WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = sys.modules["tensorflow_serving"] = None
from serving.__main__ import main
sys.exit(main())
"""


@pytest.fixture(scope="session")
def lite_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a base path with the version 1, a `model.tflite` alone; not to be changed."""
    from tests.serving.models import save_lite

    return shared_folder(tmp_path_factory, "lite", lambda folder: save_lite(folder / "m" / "1")) / "m"


def started_alone(program: list[str], base_path: Path, *flags: str) -> AbstractContextManager[tuple[Api, Running]]:
    """Serve a base path from a process that has not been forked from one with TensorFlow in it."""
    port = free_port()
    arguments = [f"--rest_api_port={port}", "--model_name=m", f"--model_base_path={base_path}", *flags]
    return supervised(start([sys.executable, *program, *arguments]), port)


@pytest.fixture(scope="module")
def lite(lite_models: Path) -> Iterator[Api]:
    """Serve the version where there is no TensorFlow."""
    with started_alone(["-c", WITHOUT_TENSORFLOW], lite_models) as (api, running):
        yield api
        assert "libtensorflow" not in Path(f"/proc/{running.process.pid}/maps").read_text()


@pytest.mark.parametrize("count", [1, 3, 2])
def test_any_number_of_rows_is_answered(lite: Api, api: Api, count: int) -> None:
    asked = [{**ROW, "top_k": i} for i in range(count)]
    assert lite.predictions("generate", asked) == api.predictions("generate", asked)
    assert lite.predictions("", list(range(count))) == api.predictions("", list(range(count)))


def test_every_type_is_supported(lite: Api) -> None:
    assert lite.predictions("negated", [[True, False]]) == [[False, True]]
    assert lite.outputs("int64", [2**62]) == [2**62 + 1]
    assert lite.outputs("text", ["рифма", ""]) == {
        "text": ["", "рифма"],
        "raw_bytes": [{"b64": ""}, {"b64": "0YDQuNGE0LzQsA=="}],
    }
    values = lite.outputs("", [math.nan, math.inf, -1e30])
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, np.float32(-5e29)]


def test_the_metadata_are_those_of_a_saved_model(lite: Api, api: Api) -> None:
    found, expected = (server.get("/v1/models/m/metadata").json() for server in (lite, api))
    assert found["model_spec"] == expected["model_spec"]
    of_lite, of_saved = (
        document["metadata"]["signature_def"]["signature_def"]["generate"] for document in (found, expected)
    )
    for definition in (of_lite, of_saved):
        for tensors in (definition["inputs"], definition["outputs"]):
            assert all(tensor.pop("name") for tensor in tensors.values())
    assert of_lite == of_saved


SHAPES: list[tuple[str, Any, str]] = [
    ("", 4.0, "Tensor x: expecting shape [-1] but got []"),
    ("", [[4.0]], "Tensor x: expecting shape [-1] but got [1,1]"),
    ("", [], f"Tensor x: expecting from 1 to {MAX_ROWS} rows, the same in all inputs, but got 0"),
    ("", [0.5] * (MAX_ROWS + 1), f"but got {MAX_ROWS + 1}"),
    ("negated", [[True]], "Tensor x: expecting shape [-1,2] but got [1,1]"),
    ("negated", [[]], "Tensor x: expecting shape [-1,2] but got [1,0]"),
    ("generate", {"prompt": [[1, 2, 3, 4]], "noise": [[0.5] * 4] * 2, "top_k": [7]}, "but got"),
    ("picked", [3], "gather index out of bounds"),
    ("picked", [-(2**31)], "gather index out of bounds"),
    ("text", [1], "is not of expected type: string"),
    ("nope", [1], 'Serving signature name: "nope" not found in signature def'),
]


@pytest.mark.parametrize(("signature", "inputs", "message"), SHAPES)
def test_wrong_inputs_are_refused_and_the_server_survives(lite: Api, signature: str, inputs: Any, message: str) -> None:
    assert message in lite.refusal(signature, inputs=inputs)
    assert lite.predictions("", [2]) == [3.0]


def test_the_wait_for_the_previous_run_is_limited(lite_models: Path) -> None:
    model = LiteModel(lite_models / "1" / "model.tflite", ThreadCounts())
    inputs = {"x": np.ones(1, np.float32)}
    with model._lock, pytest.raises(ServingError) as raised:
        model.run(model.signature(""), inputs, timeout_ms=1)
    assert raised.value.code is Code.DEADLINE_EXCEEDED
    assert model.run(model.signature(""), inputs, timeout_ms=1)["y"].tolist() == [2.5]


@pytest.mark.parametrize("size", [0, 3, 100, -100])
def test_a_truncated_file_is_not_served(lite_models: Path, tmp_path: Path, size: int) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "model.tflite").write_bytes((lite_models / "1" / "model.tflite").read_bytes()[:size])
    running = launch(tmp_path, free_port())
    assert running.wait(60) == 1
    assert f"Cannot load {tmp_path}/1/model.tflite: " in running.text()
    assert "Traceback" not in running.text()


@pytest.fixture
def both_forms(lite_models: Path, saved_models: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(saved_models / "sampler" / "1", tmp_path / "1"))
    shutil.copy(lite_models / "1" / "model.tflite", folder)
    return folder


def test_litert_does_not_load_an_installed_tensorflow(both_forms: Path) -> None:
    extra = both_forms / "assets.extra"
    extra.mkdir()
    (extra / "tf_serving_warmup_requests").write_bytes(b"no record")
    with started_alone(["-m", "serving"], both_forms.parent, "--prefer_tflite_model") as (api, running):
        assert api.outputs("", [1]) == [2.5]
        assert "libtensorflow" not in Path(f"/proc/{running.process.pid}/maps").read_text()


def test_a_batch_has_no_more_rows_than_the_engine_allows(lite_models: Path) -> None:
    with serving_model(lite_models, "--enable_batching", "--rest_api_num_threads=16") as (api, _):
        message = f"Task size {MAX_ROWS + 1} is larger than maximum input batch size {MAX_ROWS}"
        assert api.refusal(inputs=[0] * (MAX_ROWS + 1)) == message
        with ThreadPoolExecutor(16) as pool:
            asked = [pool.submit(api.outputs, "", [i] * 200) for i in range(16)]
            assert [one.result() for one in asked] == [[i / 2 + 2] * 200 for i in range(16)]


def test_the_saved_model_is_served_unless_litert_is_preferred(both_forms: Path) -> None:
    for prefer, kind in ((False, SavedModel), (True, LiteModel)):
        loaded = loading.load(both_forms, ThreadCounts(), prefer_tflite=prefer)
        assert isinstance(loaded, kind)
        loaded.close()


def test_without_tensorflow_litert_is_used(both_forms: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert isinstance(loading.load(both_forms, ThreadCounts(), prefer_tflite=False), LiteModel)


def test_without_tensorflow_a_saved_model_is_refused(saved_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ServingError, match="TensorFlow, which runs SavedModels, is not installed"):
        loading.load(saved_models / "sampler" / "1", ThreadCounts(), prefer_tflite=False)


def test_without_tensorflow_a_configuration_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models.config").touch()
    flags = [f"--rest_api_port={free_port()}", f"--model_config_file={tmp_path}/models.config"]
    running = start([sys.executable, "-c", WITHOUT_TENSORFLOW, *flags])
    assert running.wait(60) == 1
    assert running.text().count("\n") == 1
    assert "--model_config_file needs the packages of requirements/tensorflow.txt" in running.text()
