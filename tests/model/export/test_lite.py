"""The form for LiteRT in a release: int8, with a hash of its own, and one form of sampling whichever decoder asks."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from model.export.versions import add_lite, export
from model.files.folder import LITE, TOKENIZER
from model.networks.sizes import signatures
from model.release.loading import Release, load
from model.text.release import read
from model.text.tokens import PAD, WINDOW
from tests.commands import model
from tests.conftest import Trained
from tests.model import untrained
from tests.model.export.test_versions import PROMPTS, replay, request
from tests.model.untrained import CHARRNN, TEXTGENRNN

Call = Callable[..., dict[str, NDArray[Any]]]
SHIPPED = sorted(Path(__file__).resolve().parents[3].glob("model/releases/*/config.json"))


def lite(path: Path, signature: str) -> Call:
    runner = Interpreter(str(path)).get_signature_runner(signature)
    return lambda **inputs: dict(runner(**inputs))


def step_logits(path: Path, read: list[int], written: list[int]) -> NDArray[np.float32]:
    """Return what `serving_default` answers before each of the written tokens, [tokens, vocabulary]."""
    prefixes = np.full((len(written), WINDOW), PAD, np.int32)
    for step, prefix in enumerate(prefixes):
        prefix[: len(read) + step] = read + written[:step]
    return lite(path, "serving_default")(tokens=prefixes)["logits"]


def assert_graph_is_loop(release: Release, temperature: float | None, **numbers: int) -> None:
    """Check that `generate` picks what the choice function picks of the logits that `serving_default` answers."""
    path = release.folder / LITE
    inputs = request(release, PROMPTS, temperature, **{"max_tokens": 30, **numbers})
    outputs = lite(path, "generate")(**inputs)
    counted = []
    for row, (prompt, tokens) in enumerate(zip(inputs["prompt"], outputs["tokens"], strict=True)):
        logits = step_logits(path, prompt[prompt != PAD].tolist(), tokens[tokens != PAD].tolist())
        counted.append(replay(logits, release.text.rules, inputs, outputs, row))
    steps, near = map(sum, zip(*counted, strict=True))
    assert near < steps / 5


@pytest.mark.parametrize("temperature", [None, 0.7, 1.3])
def test_it_writes_by_the_rules_of_sampling(trained: Trained, temperature: float | None) -> None:
    assert_graph_is_loop(load(trained.release), temperature)


def test_it_draws_from_the_whole_vocabulary(trained: Trained) -> None:
    release = load(trained.release)
    everything = dict.fromkeys(("top_k", "line_start_k", "chaos_k"), release.text.tokenizer.vocabulary_size)
    assert_graph_is_loop(release, 1.3, **everything)


def test_a_row_does_not_depend_on_its_neighbours(trained: Trained) -> None:
    generate = lite(trained.release / LITE, "generate")
    inputs = request(load(trained.release), PROMPTS, 0.8)
    together = generate(**inputs)
    for row in range(len(PROMPTS)):
        alone = generate(**{name: value[row : row + 1] for name, value in inputs.items()})
        assert all(np.array_equal(alone[name][0], together[name][row]) for name in together)


def test_its_configuration_is_the_releases_with_the_form_and_a_hash_of_its_own(trained: Trained) -> None:
    outputs = lite(trained.release / LITE, "release")(unused=np.zeros(1, np.int32))
    content, tokenizer = outputs["config_bytes"][0], outputs["tokenizer_bytes"][0]
    carried, ours = json.loads(content), (trained.release / "config.json").read_bytes()
    assert carried["form"] == "int8"
    assert carried["made_of"] == hashlib.sha256(ours).hexdigest()
    assert carried["hash"] == read(content, tokenizer).hash != json.loads(ours)["hash"]
    changed = {"form", "made_of", "hash"}
    assert {name: value for name, value in carried.items() if name not in changed} == {
        name: value for name, value in json.loads(ours).items() if name not in changed
    }


def test_its_weights_take_a_byte_each(tmp_path: Path) -> None:
    wide = untrained.release(tmp_path / "wide", replace(untrained.POET, embedding=64, recurrent=96, head=[160]))
    add_lite(wide)
    weights = sum(int(np.prod(weight.shape)) for weight in wide.network.weights)
    assert (wide.folder / LITE).stat().st_size < 2 * weights  # float32 needs 4


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "graves"])
def test_torch_rnns_cells_convert(tmp_path: Path, cell: Any) -> None:
    release = untrained.release(tmp_path / "charrnn", replace(CHARRNN, cell=cell))
    add_lite(release)
    assert_graph_is_loop(release, 0.8)


def test_a_network_that_does_not_convert_is_served_by_tensorflow_alone(tmp_path: Path) -> None:
    release = untrained.release(tmp_path / "textgenrnn", TEXTGENRNN)
    (release.folder / LITE).write_bytes(b"of the release that was here before")
    done = model("lite", release.folder)
    assert "a textgenrnn network has no LiteRT form; only TensorFlow serves it" in done.stderr
    assert not (release.folder / LITE).exists()
    assert (export(release, tmp_path / "models") / "saved_model.pb").exists()


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
def test_what_we_ship_has_the_file_of_this_very_release_and_code(config: Path) -> None:
    release = load(config.parent)
    if "generate" not in signatures(release.network.sizes):
        pytest.skip("has no form for LiteRT")
    outputs = lite(config.parent / LITE, "release")(unused=np.zeros(1, np.int32))
    assert json.loads(outputs["config_bytes"][0])["made_of"] == hashlib.sha256(config.read_bytes()).hexdigest()
    assert outputs["tokenizer_bytes"].tolist() == [(config.parent / TOKENIZER).read_bytes()]
    tokens = request(release, PROMPTS)["prompt"]
    found = lite(config.parent / LITE, "serving_default")(tokens=tokens)["logits"]
    for row, logits in zip(tokens, found, strict=True):
        float_logits = release.network.predict_on_batch(row[None, row != PAD])[0, -1]
        assert np.corrcoef(logits, float_logits)[0, 1] > 0.99  # of other weights they are unrelated
    assert_graph_is_loop(release, 0.7)
