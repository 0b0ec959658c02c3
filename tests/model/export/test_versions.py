"""The SavedModel: its files, its operations, and its agreement with Keras and with the choice function."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from model.export.versions import export
from model.files.folder import CONFIG, up_to_date, write_config
from model.release.loading import Release, load
from model.text.sampling import (
    Choice,
    DecodingState,
    Pools,
    Position,
    Rules,
    Stop,
    allowed,
    chaos_vector,
    choose,
    noise_vector,
)
from model.text.tokens import BOS, EOS, PAD, WINDOW
from tests.commands import model
from tests.conftest import Trained
from tests.model.export.conftest import signatures as functions
from tests.model.export.saved_model import operations, warm_up

OPERATIONS = Path(__file__).with_name("operations.json")
MARGIN = 1e-4
PROMPTS = ["", "Снег", "Над рекой плывёт туман\nИ молчит далёкий лес"]
POOLS = Pools(3, 40, 12)

Arrays = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def release(trained: Trained) -> Release:
    return load(trained.release)


@pytest.fixture(scope="module")
def signatures(trained: Trained) -> Any:
    return functions(trained.version)


def request(release: Release, prompts: list[str], temperature: float | None = None, **numbers: int) -> Arrays:
    """Return the inputs of `generate`, seed i for prompt i."""
    prompt = np.full((len(prompts), WINDOW), PAD, np.int32)
    for row, text in zip(prompt, prompts, strict=True):
        ids, _ = release.text.tokenizer.encode_prompt(text)
        row[: len(ids)] = ids
    seeds = range(len(prompts))
    asked = {"top_k": POOLS.top_k, "line_start_k": POOLS.line_start_k, "chaos_k": POOLS.chaos_k}
    asked |= {"max_tokens": 90, "max_lines": 30, **numbers}
    return {
        "prompt": prompt,
        "noise": np.stack([noise_vector(seed, WINDOW) for seed in seeds]),
        "chaos": np.stack([chaos_vector(seed, 0.3, WINDOW) for seed in seeds]),
        "inverse_temperature": np.full((len(prompts), WINDOW), 1 / temperature if temperature else 0, np.float32),
        **{name: np.full(len(prompts), number, np.int32) for name, number in asked.items()},
    }


def call(function: Any, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
    outputs = function(**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in outputs.items()}


def full_logits(release: Release, tokens: list[int]) -> NDArray[np.float32]:
    padded = np.full((1, 2 * WINDOW), PAD, np.int32)  # one shape, so that Keras compiles once
    padded[0, : len(tokens)] = tokens
    return np.asarray(release.network.predict_on_batch(padded))[0, : len(tokens)]


def test_the_version_directory_is_what_tf_serving_wants(trained: Trained) -> None:
    files = sorted(str(path.relative_to(trained.version)) for path in trained.version.rglob("*") if path.is_file())
    assert files == [
        "assets.extra/config.json",
        "assets.extra/exporter",
        "assets.extra/tf_serving_warmup_requests",
        "fingerprint.pb",
        "saved_model.pb",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
    ]


def altered(trained: Trained, folder: Path) -> Path:
    """Return a copy of the release with another sampling default, which its hash does not cover."""
    shutil.copytree(trained.release, folder)
    config = json.loads((folder / CONFIG).read_bytes())
    config["sampling"]["chaos"] = 0.9
    write_config(folder, config)
    return folder


def test_an_export_that_is_there_is_left_alone_and_another_is_the_newest(trained: Trained, tmp_path: Path) -> None:
    models = Path(shutil.copytree(trained.models, tmp_path / "models"))
    first = models / "tiny" / trained.version.name
    assert up_to_date(trained.release, models) == first
    assert model("export", trained.release, models).stdout == f"{first}\n"
    release = altered(trained, tmp_path / "altered")
    assert up_to_date(release, models) is None
    other = export(load(release), models)
    assert int(other.name) > int(first.name)
    assert up_to_date(release, models) == other
    assert {path.name for path in (models / "tiny").iterdir()} == {first.name, other.name}


def test_an_export_by_other_code_is_another_export(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    assert up_to_date(trained.release, trained.models) == trained.version
    monkeypatch.setattr("model.files.folder.exporter", lambda: "later code")
    assert up_to_date(trained.release, trained.models) is None


def test_a_damaged_release_is_named_though_it_was_exported_before(trained: Trained, tmp_path: Path) -> None:
    release = Path(shutil.copytree(trained.release, tmp_path / "release"))
    models = shutil.copytree(trained.models, tmp_path / "models")
    (release / "tokenizer.model").unlink()
    done = model("export", release, models, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "tokenizer.model: No such file" in done.stderr


def test_an_export_that_fails_leaves_nothing(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("model.export.versions._write_warmup", fail)
    with pytest.raises(OSError, match="No space left"):
        export(load(trained.release), tmp_path)
    assert list((tmp_path / "tiny").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    done = model("export", trained.release, tmp_path / "models", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("model: ")


def test_the_warm_up_records_call_every_signature(trained: Trained) -> None:
    specs = [request.model_spec for request in warm_up(trained.version)]
    assert {spec.signature_name for spec in specs} == {"serving_default", "generate", "lines", "release"}
    assert {spec.name for spec in specs} == {"tiny"}


def test_the_graph_holds_plain_operations_only(trained: Trained) -> None:
    listed = json.loads(OPERATIONS.read_text("utf-8"))
    assert operations(trained.version) == {
        "min_consumer": listed["min_consumer"],
        "operations": listed["operations"],
        "compiled": [],
    }


def test_the_release_comes_out_of_the_model_byte_for_byte(trained: Trained, signatures: Any) -> None:
    outputs = call(signatures["release"], {"unused": np.zeros(2, np.int32)})
    assert outputs["config_bytes"].tolist() == [(trained.release / "config.json").read_bytes()] * 2
    assert outputs["tokenizer_bytes"].tolist() == [(trained.release / "tokenizer.model").read_bytes()] * 2


def test_the_next_logits_are_the_full_networks(release: Release, signatures: Any) -> None:
    prompt = request(release, PROMPTS)["prompt"]
    found = call(signatures["serving_default"], {"tokens": prompt})["logits"]
    for row, tokens in zip(found, prompt, strict=True):
        assert np.abs(row - full_logits(release, tokens[tokens != PAD].tolist())[-1]).max() < 1e-4


@pytest.mark.parametrize("temperature", [None, 0.7])
def test_the_choice_function_picks_what_the_graph_picked(
    release: Release, signatures: Any, temperature: float | None
) -> None:
    inputs = request(release, PROMPTS * 4, temperature)
    outputs = call(signatures["generate"], inputs)
    steps, near = 0, 0
    for row in range(len(PROMPTS) * 4):
        read, written = (tokens[tokens != PAD].tolist() for tokens in (inputs["prompt"][row], outputs["tokens"][row]))
        logits = full_logits(release, read + written)[len(read) - 1 :]
        count, close = replay(logits, release.text.rules, inputs, outputs, row)
        steps, near = steps + count, near + close
    print(f"{near} of {steps} steps within the margin of {MARGIN}")
    assert steps > 60
    assert near < steps / 10


def replay(logits: NDArray[np.float32], rules: Rules, inputs: Arrays, outputs: Arrays, row: int) -> tuple[int, int]:
    """Choose at every step of one row after the graph's own tokens; return the steps and those too close to call."""
    written = outputs["tokens"][row][: outputs["length"][row]].tolist()
    state, near = DecodingState(), 0
    for step, token in enumerate(written):
        choice = choose(
            logits[step],
            state.position,
            rules,
            Pools(*(int(inputs[name][row]) for name in ("top_k", "line_start_k", "chaos_k"))),
            chaotic=bool(inputs["chaos"][row, step]),
            noise=inputs["noise"][row, step],
            inverse_temperature=inputs["inverse_temperature"][row, step],
        )
        if margin(logits[step], choice, state.position, rules) < MARGIN:
            near += 1
        else:
            found = [outputs[name][row, step] for name in ("tokens", "pool", "rank")]
            assert [choice.token, choice.pool, choice.rank] == found
            assert choice.probability == pytest.approx(outputs["probability"][row, step], rel=1e-3)
        state = state.after(token, rules)
    assert (
        state.stop(written[-1], int(inputs["max_lines"][row]), int(inputs["max_tokens"][row])) == outputs["stop"][row]
    )
    return len(written), near


def margin(logits: NDArray[np.float32], choice: Choice, place: Position, rules: Rules) -> float:
    """Return by how much logits must move before another token stands at the rank that was picked, or at the top."""
    masked = allowed(logits, place, rules)
    ranked = np.append(np.sort(masked[np.isfinite(masked)])[::-1], -np.inf)
    gaps = ranked[:-1] - ranked[1:]
    return float(gaps[[0, max(choice.rank - 1, 0), choice.rank]].min())


def test_a_row_does_not_depend_on_its_neighbours(release: Release, signatures: Any) -> None:
    together = call(signatures["generate"], request(release, PROMPTS))
    for i, prompt in enumerate(PROMPTS):
        inputs = request(release, [prompt] * (i + 1))
        alone = call(signatures["generate"], {name: value[i:] for name, value in inputs.items()})
        assert alone["tokens"][0].tolist() == together["tokens"][i].tolist()


def test_the_same_inputs_give_the_same_outputs(release: Release, signatures: Any) -> None:
    inputs = request(release, PROMPTS)
    first, again = (call(signatures["generate"], inputs) for _ in range(2))
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_what_follows_the_end_is_padding(release: Release, signatures: Any) -> None:
    outputs = call(signatures["generate"], request(release, PROMPTS * 3, max_tokens=7))
    for row, (length, stop) in enumerate(zip(outputs["length"], outputs["stop"], strict=True)):
        last = outputs["tokens"][row, length - 1]
        assert (Stop(stop), length) == ((Stop.EOS, length) if last == EOS else (Stop.MAX_TOKENS, 7))
        for name in ("tokens", "pool", "rank", "probability"):
            assert outputs[name].shape == (9, WINDOW)
            assert not outputs[name][row, length:].any()


@pytest.mark.parametrize("number", [{"max_tokens": 0}, {"max_tokens": 10_000}, {"top_k": 0}, {"line_start_k": 10_000}])
def test_numbers_out_of_bounds_are_cut_to_what_there_is(
    release: Release, signatures: Any, number: dict[str, int]
) -> None:
    outputs = call(signatures["generate"], request(release, ["Снег"], **number))
    assert 1 <= outputs["length"][0] <= WINDOW


def test_an_empty_prompt_is_bos_alone(release: Release) -> None:
    assert request(release, [""])["prompt"][0, :2].tolist() == [BOS, PAD]


def test_serving_needs_nothing_of_the_model_package(trained: Trained) -> None:
    """A SavedModel that only loads beside our own code would not load in TF-Serving."""
    code = f"import tensorflow as tf; print(sorted(tf.saved_model.load({str(trained.version)!r}).signatures))"
    done = subprocess.run([sys.executable, "-c", code], cwd="/", check=False, capture_output=True, encoding="utf-8")
    assert done.stdout.strip() == "['generate', 'lines', 'release', 'serving_default']", done.stderr
