"""The form for LiteRT, in a release and in a version directory: the same poems as the SavedModel's."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from model.export.versions import export
from model.files.folder import LITE, TOKENIZER
from model.networks.sizes import signatures
from model.release.loading import Release, load
from tests.conftest import Trained, model
from tests.model import untrained
from tests.model.export.test_versions import PROMPTS, request
from tests.model.untrained import CHARRNN, TEXTGENRNN

Call = Callable[..., dict[str, NDArray[Any]]]
SHIPPED = sorted(Path(__file__).resolve().parents[3].glob("model/releases/*/config.json"))


def lite(path: Path, signature: str) -> Call:
    runner = Interpreter(str(path)).get_signature_runner(signature)
    return lambda **inputs: dict(runner(**inputs))


def saved(path: Path, signature: str) -> Call:
    loaded = tf.saved_model.load(str(path))

    def call(**inputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        outputs = loaded.signatures[signature](**{name: tf.constant(value) for name, value in inputs.items()})
        return {name: value.numpy() for name, value in outputs.items()}

    return call


def assert_same_poems(release: Release, version: Path, file: Path, temperature: float | None, **pools: int) -> None:
    inputs = request(release, PROMPTS * 3, temperature, **pools)
    expected, found = saved(version, "generate")(**inputs), lite(file, "generate")(**inputs)
    for name in ("tokens", "pool", "rank", "length", "stop"):
        assert np.array_equal(found[name], expected[name]), name
    assert np.abs(found["probability"] - expected["probability"]).max() < 1e-4
    calls = saved(version, "serving_default"), lite(file, "serving_default")
    logits = [call(tokens=inputs["prompt"])["logits"] for call in calls]
    assert np.abs(logits[0] - logits[1]).max() < 1e-4


@pytest.mark.parametrize("temperature", [None, 0.7, 1.3])
def test_it_writes_the_poems_of_the_saved_model(trained: Trained, temperature: float | None) -> None:
    release = load(trained.release)
    assert_same_poems(release, trained.version, trained.version / LITE, temperature)


def test_it_draws_from_the_whole_vocabulary_as_the_saved_model(trained: Trained) -> None:
    release = load(trained.release)
    everything = dict.fromkeys(("top_k", "line_start_k", "chaos_k"), release.text.tokenizer.vocabulary_size)
    assert_same_poems(release, trained.version, trained.version / LITE, 1.3, **everything)


def test_a_release_has_the_file_that_its_export_has(trained: Trained) -> None:
    assert (trained.release / LITE).read_bytes() == (trained.version / LITE).read_bytes()


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "graves"])
def test_torch_rnns_cells_convert(tmp_path: Path, cell: Any) -> None:
    release = untrained.release(tmp_path / "charrnn", replace(CHARRNN, cell=cell))
    version = export(release, tmp_path / "models")
    assert_same_poems(release, version, version / LITE, 0.8)


def test_a_network_that_does_not_convert_is_exported_without(tmp_path: Path) -> None:
    release = untrained.release(tmp_path / "textgenrnn", TEXTGENRNN)
    (release.folder / LITE).write_bytes(b"of the release that was here before")
    for arguments in (("export", release.folder, tmp_path / "models"), ("lite", release.folder)):
        done = model(*arguments)
        assert "a textgenrnn has no form for LiteRT and is served by TensorFlow alone" in done.stderr
    assert not list(tmp_path.rglob(LITE))
    assert len(list(tmp_path.rglob("saved_model.pb"))) == 1


def test_a_release_that_lacks_the_file_is_given_it(trained: Trained, tmp_path: Path) -> None:
    release = Path(shutil.copytree(trained.release, tmp_path / "release"))
    (release / LITE).unlink()
    assert model("lite", release).stdout == f"{release / LITE}\n"
    assert (release / LITE).read_bytes() == (trained.release / LITE).read_bytes()


def test_a_full_disk_is_one_sentence_and_leaves_the_file_as_it_was(trained: Trained, tmp_path: Path) -> None:
    release = Path(shutil.copytree(trained.release, tmp_path / "release"))
    before = sorted(release.iterdir()), (release / LITE).read_bytes()
    limited = f"ulimit -f 8; exec {sys.executable} -m model lite {release}"  # of 512 or 1024 bytes, by the shell
    done = subprocess.run(["sh", "-c", limited], check=False, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr.count("Traceback")) == (1, 0)
    assert done.stderr.splitlines()[-1].startswith("model: ")
    assert (sorted(release.iterdir()), (release / LITE).read_bytes()) == before


@pytest.mark.parametrize("config", SHIPPED, ids=lambda path: path.parent.name)
def test_what_we_ship_has_the_file_of_this_very_release_and_code(config: Path, tmp_path: Path) -> None:
    release = load(config.parent)
    if "generate" not in signatures(release.network.sizes):
        pytest.skip("has no form for LiteRT")
    outputs = lite(config.parent / LITE, "release")(unused=np.zeros(1, np.int32))
    assert outputs["config_bytes"].tolist() == [config.read_bytes()]
    assert outputs["tokenizer_bytes"].tolist() == [(config.parent / TOKENIZER).read_bytes()]
    version = export(release, tmp_path)
    assert_same_poems(release, version, config.parent / LITE, 0.7)
