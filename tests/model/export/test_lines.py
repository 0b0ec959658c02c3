"""The signature `lines`: candidates for the next line, by the rules of sampling, each a line of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from model.export.signatures import SamplingGraph
from model.files.folder import LITE
from model.networks.sizes import signatures
from model.release.loading import Release, load
from model.text.sampling import Pools, Position, Rules, allowed, chaos_vector, choose, noise_vector
from model.text.tokens import BOS, CANDIDATES, EOS, LINE_TOKENS, PAD, START_TOKENS, WINDOW
from tests.conftest import Trained
from tests.model.export.saved_model import warm_up
from tests.model.export.test_versions import MARGIN, Arrays, call, margin
from tests.model.untrained import CHARRNN, POET, TEXTGENRNN, VOCABULARY, network

BREAK = 7
PROMPTS = [[BOS], [BOS, 9, 30, BREAK], [BOS, *range(20, 90), BREAK]]
FREE = 24  # the candidates that begin as they like; those behind them begin with tokens that are given
STARTS = [[31], [9, 40, 41], [25, 26, 27, 28, 29, 30, 31, 32], [50, EOS]]

Call = Callable[[Arrays], Arrays]


class Lines:
    """The two functions that the tests compare: `lines`, and the logits that it should have followed."""

    def __init__(self, rules: Rules, lines: Call, next_logits: Call) -> None:
        self.rules, self.lines, self._next_logits = rules, lines, next_logits

    def logits(self, read: list[int], written: list[int]) -> NDArray[np.float32]:
        """Return the logits before each of the written tokens, [tokens, vocabulary]."""
        prefixes = np.full((LINE_TOKENS, WINDOW), PAD, np.int32)  # one shape, which TensorFlow traces once
        for step, prefix in enumerate(prefixes):
            ids = read + written[:step]
            prefix[: len(ids)] = ids
        return self._next_logits({"tokens": prefixes})["logits"][: len(written)]


def request(prompts: list[list[int]] = PROMPTS, vocabulary: int = VOCABULARY, first_seed: int = 0) -> Arrays:
    """Return the inputs of `lines`: candidates of many temperatures and pools, some as large as the vocabulary."""
    rows = np.arange(len(prompts) * CANDIDATES).reshape(-1, CANDIDATES)
    prompt, starts = np.full((len(prompts), WINDOW), PAD, np.int32), np.full((*rows.shape, START_TOKENS), PAD, np.int32)
    for row, ids in zip(prompt, prompts, strict=True):
        row[: len(ids)] = ids
    for candidate in range(FREE, CANDIDATES):
        start = STARTS[candidate % len(STARTS)]
        starts[:, candidate, : len(start)] = start
    seeds = rows + first_seed
    return {
        "prompt": prompt,
        "starts": starts,
        "noise": np.stack([[noise_vector(seed, LINE_TOKENS) for seed in row] for row in seeds]),
        "chaos": np.stack([[chaos_vector(seed, 0.3, LINE_TOKENS) for seed in row] for row in seeds]),
        "inverse_temperature": np.array([0, 1, 1.4, 0.7], np.float32)[rows % 4],
        "top_k": np.where(rows % 3, 3 + rows % 5, vocabulary).astype(np.int32),
        "line_start_k": (20 + rows % 7).astype(np.int32),
        "chaos_k": (8 + rows % 11).astype(np.int32),
    }


def in_graph(function: Any) -> Call:
    compiled = tf.function(function)
    return lambda inputs: {
        name: value.numpy() for name, value in compiled(*(tf.constant(value) for value in inputs.values())).items()
    }


@pytest.fixture(scope="module", params=["poet", "charrnn"])
def untrained(request: pytest.FixtureRequest) -> Lines:
    rules = Rules(BREAK, force_breaks=request.param == "poet")
    graph = SamplingGraph(network(POET if request.param == "poet" else CHARRNN), rules, b"", b"", ear=True)
    return Lines(rules, in_graph(graph.lines), in_graph(graph.next_logits))


@pytest.fixture(scope="module")
def outputs(untrained: Lines) -> Arrays:
    return untrained.lines(request())


def test_every_poem_has_all_its_candidates_with_padding_behind_them(outputs: Arrays) -> None:
    shape = (len(PROMPTS), CANDIDATES)
    assert {name: (value.shape, value.dtype.name) for name, value in outputs.items()} == {
        "tokens": ((*shape, LINE_TOKENS), "int32"),
        "length": (shape, "int32"),
        "log_probability": ((*shape, LINE_TOKENS), "float32"),
    }
    written = np.arange(LINE_TOKENS) < outputs["length"][..., None]
    assert ((outputs["tokens"] != PAD) == written).all()
    assert ((outputs["log_probability"] != 0) == written).all()


def test_a_candidate_ends_with_its_line_or_is_cut(outputs: Arrays) -> None:
    ends = []
    for tokens, length in zip(outputs["tokens"].reshape(-1, LINE_TOKENS), outputs["length"].flat, strict=True):
        *before, last = tokens[:length].tolist()
        assert not {BREAK, EOS} & set(before)
        assert last in (BREAK, EOS) or length == LINE_TOKENS
        ends.append(last if last in (BREAK, EOS) else None)
    assert set(ends) == {BREAK, EOS, None}


def test_a_candidate_begins_with_the_tokens_that_it_is_given(outputs: Arrays) -> None:
    for candidate in range(FREE, CANDIDATES):
        start = STARTS[candidate % len(STARTS)]
        assert (outputs["tokens"][:, candidate, : len(start)] == start).all()
    assert len({tuple(tokens) for tokens in outputs["tokens"][0, :FREE, :3].tolist()}) > FREE / 2


def test_the_choice_function_picks_what_the_graph_picked(untrained: Lines, outputs: Arrays) -> None:
    steps, near = replay(untrained, request(), outputs)
    print(f"{near.sum()} of {steps} steps within the margin of {MARGIN}")
    assert steps > 500
    assert near.sum() < steps / 10


def replay(lines: Lines, inputs: Arrays, outputs: Arrays) -> tuple[int, NDArray[np.int64]]:
    """Choose at every step after the graph's own tokens; return the steps, and each row's number too close to call."""
    near = np.zeros(outputs["length"].shape, np.int64)
    for poem, candidate in np.ndindex(near.shape):
        prompt = inputs["prompt"][poem]
        one = {name: value[poem, candidate] for name, value in inputs.items() if name != "prompt"}
        written = outputs["tokens"][poem, candidate, : outputs["length"][poem, candidate]].tolist()
        logits = lines.logits(prompt[prompt != PAD].tolist(), written)
        near[poem, candidate] = _replay_row(logits, lines.rules, one, written)
        expected = [_log_probability(*step, lines.rules) for step in zip(logits, range(99), written, strict=False)]
        assert outputs["log_probability"][poem, candidate, : len(written)] == pytest.approx(expected, abs=2e-3)
    return int(outputs["length"].sum()), near


def _position(step: int) -> Position:
    return Position(step, breaks=int(step == 0))


def _log_probability(logits: NDArray[np.float32], step: int, token: int, rules: Rules) -> float:
    masked = allowed(logits, _position(step), rules).astype(np.float64)
    return float(masked[token] - masked.max() - np.log(np.exp(masked - masked.max()).sum()))


def _replay_row(logits: NDArray[np.float32], rules: Rules, inputs: Arrays, written: list[int]) -> int:
    near = 0
    for step, token in enumerate(written):
        if step < START_TOKENS and inputs["starts"][step] != PAD:
            assert token == inputs["starts"][step]
            continue
        choice = choose(
            logits[step],
            _position(step),
            rules,
            Pools(*(int(inputs[name]) for name in ("top_k", "line_start_k", "chaos_k"))),
            chaotic=bool(inputs["chaos"][step]),
            noise=inputs["noise"][step],
            inverse_temperature=np.float32(inputs["inverse_temperature"]),
        )
        if margin(logits[step], choice, _position(step), rules) < MARGIN:
            near += 1
        else:
            assert choice.token == token
    return near


def test_a_candidate_does_not_depend_on_its_neighbours(untrained: Lines, outputs: Arrays) -> None:
    inputs, others = request(), request(PROMPTS[::-1], first_seed=500)
    poem, candidate = 1, FREE + 1
    mixed = {name: value.copy() for name, value in others.items()}
    mixed["prompt"][poem] = inputs["prompt"][poem]
    for name in inputs.keys() - {"prompt"}:
        mixed[name][:, :candidate] = others[name][:, candidate - 1 :: -1]
        mixed[name][poem, candidate] = inputs[name][poem, candidate]
    found = untrained.lines(mixed)
    assert found["tokens"][poem].tolist() != outputs["tokens"][poem].tolist()
    for name in outputs:
        assert found[name][poem, candidate].tolist() == outputs[name][poem, candidate].tolist()


def test_the_same_inputs_give_the_same_outputs(untrained: Lines, outputs: Arrays) -> None:
    again = untrained.lines(request())
    assert all(np.array_equal(outputs[name], again[name]) for name in outputs)


def test_only_a_network_with_a_state_and_an_ear_has_the_signature() -> None:
    assert signatures(POET, ear=True) == ["serving_default", "generate", "lines", "release"]
    assert "lines" not in {*signatures(POET), *signatures(TEXTGENRNN, ear=True)}
    assert "lines" not in SamplingGraph(network(POET), Rules(BREAK, force_breaks=True), b"", b"").signatures()


@pytest.fixture(scope="module")
def release(trained: Trained) -> Release:
    return load(trained.release)


@pytest.fixture(scope="module")
def exported(trained: Trained, release: Release) -> Iterator[Lines]:
    loaded = tf.saved_model.load(str(trained.version))
    lines, next_logits = (loaded.signatures[name] for name in ("lines", "serving_default"))
    yield Lines(release.text.rules, lambda inputs: call(lines, inputs), lambda inputs: call(next_logits, inputs))
    del loaded


def lite(release: Release, path: Path) -> Lines:
    runners = [Interpreter(str(path)).get_signature_runner(name) for name in ("lines", "serving_default")]
    lines, next_logits = (lambda inputs, runner=runner: dict(runner(**inputs)) for runner in runners)
    return Lines(release.text.rules, lines, next_logits)


def verses(release: Release) -> Arrays:
    """Return a request in the tokens of a trained release."""
    prompts = ["", "Снег ложится на поля"]
    tokenizer = release.text.tokenizer
    return request([tokenizer.encode_prompt(prompt)[0] for prompt in prompts], tokenizer.vocabulary_size)


def test_litert_writes_what_tensorflow_writes(
    trained: Trained, release: Release, exported: Lines, tmp_path: Path
) -> None:
    path, names = tmp_path / "float.tflite", ["lines", "serving_default"]
    path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(trained.version), signature_keys=names).convert())
    inputs = verses(release)
    found, wanted = lite(release, path).lines(inputs), exported.lines(inputs)
    _, near = replay(exported, inputs, found)
    same = (found["tokens"] == wanted["tokens"]).all(axis=-1)
    assert same[near == 0].all()
    assert (near == 0).mean() > 0.7


def test_the_int8_form_writes_by_the_rules_of_sampling(release: Release) -> None:
    int8, inputs = lite(release, release.folder / LITE), verses(release)
    steps, near = replay(int8, inputs, int8.lines(inputs))
    assert near.sum() < steps / 5


def test_a_version_is_warmed_up_by_a_request_of_one_poem(trained: Trained, exported: Lines) -> None:
    (asked,) = [one for one in warm_up(trained.version) if one.model_spec.signature_name == "lines"]
    outputs = exported.lines({name: tf.make_ndarray(value) for name, value in asked.inputs.items()})
    assert outputs["tokens"].shape == (1, CANDIDATES, LINE_TOKENS)
