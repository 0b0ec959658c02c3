"""Writing many texts at once: each is what it would be alone, whatever network writes it."""

import gc
import json
import weakref
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from model.errors import ModelError
from model.generation import steps
from model.generation.poems import write
from model.generation.reader import Logits, Reader
from model.generation.steps import Generated, generate_rows
from model.networks.network import Network
from model.networks.sizes import Sizes
from model.release.loading import Release
from model.text.parameters import InvalidParameter, Parameters
from model.text.sampling import Rules, Stop
from model.text.tokens import BOS, EOS
from tests.forks import Forks
from tests.model import untrained
from tests.model.generation import rows as program

RULES = Rules(break_id=4, force_breaks=False)
PARAMETERS = Parameters(
    top_k=10,
    line_start_k=20,
    chaos_k=15,
    chaos=0.3,
    temperature=0.9,
    max_tokens=30,
    max_lines=5,
    max_chars=None,
)
PROMPTS = [[BOS, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17], [BOS], [BOS, 20, 4]] * 4
KINDS = [untrained.POET, untrained.CHARRNN, untrained.TEXTGENRNN, untrained.BOTH_WAYS]


def rows(network: Network, count: int = len(PROMPTS), parameters: Parameters = PARAMETERS) -> list[Generated]:
    return generate_rows(network, RULES, PROMPTS[:count], range(count), parameters)


def advanced(reader: Reader, tokens: list[int]) -> Logits:
    """Return the logits [B, vocabulary] after one more token of each row."""
    reader.feed(tokens, [False] * len(tokens))
    return reader.logits()


@pytest.mark.parametrize("sizes", KINDS, ids=["poet", "charrnn", "textgenrnn", "both ways"])
def test_a_text_is_the_same_alone_and_among_others(sizes: Sizes, monkeypatch: pytest.MonkeyPatch) -> None:
    network = untrained.network(sizes)
    alone = [generate_rows(network, RULES, [prompt], [seed], PARAMETERS)[0] for seed, prompt in enumerate(PROMPTS[:4])]
    monkeypatch.setattr(steps, "WIDTHS", (1, 3))  # so that rows wait for the places of others
    assert rows(network, 4) == alone
    assert len({tuple(row.tokens) for row in alone}) > 1


@pytest.mark.parametrize("sizes", KINDS, ids=["poet", "charrnn", "textgenrnn", "both ways"])
def test_step_by_step_is_what_the_network_says_of_the_whole(sizes: Sizes) -> None:
    network, tokens = untrained.network(sizes), untrained.tokens(3, 30)
    reader = Reader(network)
    reader.read([list(row[:4]) for row in tokens])
    for step in range(4, 30):
        found = advanced(reader, list(tokens[:, step]))
    seen = tokens if network.context is None else tokens[:, -network.context :]
    assert found == pytest.approx(np.asarray(network(seen))[:, -1], abs=1e-4)


def test_prompts_of_unequal_length_are_read_as_each_alone() -> None:
    network = untrained.network(untrained.POET)
    together = Reader(network).read(PROMPTS[:3])
    alone = [Reader(network).read([prompt])[0] for prompt in PROMPTS[:3]]
    assert together == pytest.approx(np.stack(alone), abs=1e-5)


def test_kept_rows_go_on_as_they_were() -> None:
    for sizes in (untrained.POET, untrained.TEXTGENRNN):
        network = untrained.network(sizes)
        all_rows, some = Reader(network), Reader(network)
        all_rows.read(PROMPTS[:3])
        some.read(PROMPTS[:3])
        some.keep([2, 0])
        assert advanced(some, [5, 6]) == pytest.approx(advanced(all_rows, [6, 9, 5])[[2, 0]], abs=1e-5)


def test_temperatures_take_turns_and_zero_is_the_most_likely() -> None:
    network = untrained.network(untrained.CHARRNN)
    likely = generate_rows(network, RULES, [[BOS]], [1], PARAMETERS, temperatures=[0])
    assert likely == generate_rows(network, RULES, [[BOS]], [2], PARAMETERS, temperatures=[0])
    one = generate_rows(network, RULES, [[BOS]], [1], PARAMETERS, temperatures=[0.9])
    assert one == generate_rows(network, RULES, [[BOS]], [1], PARAMETERS)
    equal = generate_rows(network, RULES, [[BOS]], [1], PARAMETERS, temperatures=[None])
    assert equal == generate_rows(network, RULES, [[BOS]], [1], replace(PARAMETERS, temperature=None)) != one
    both = generate_rows(network, RULES, [[BOS]], [1], PARAMETERS, temperatures=[0.9, 0])[0].tokens
    assert both[0] == one[0].tokens[0]
    for i, token in enumerate(both[1:], 1):
        logits = Reader(network).read([[BOS, *both[:i]]])[0]
        if i % 2 and both[i - 1] != RULES.break_id:
            assert token == 3 + int(logits[3:].argmax())


def test_length_goes_beyond_the_window_of_a_saved_model() -> None:
    network = untrained.network(untrained.CHARRNN)
    endless = replace(PARAMETERS, max_lines=1000)
    (row,) = generate_rows(network, RULES, [[BOS]], [1], endless, length=700, go_on=True)
    assert len(row.tokens) == 700
    assert row.stop is Stop.MAX_TOKENS
    assert row.tokens[:200] == generate_rows(network, RULES, [[BOS]], [1], endless, length=200, go_on=True)[0].tokens


@pytest.mark.parametrize("sizes", [untrained.CHARRNN, untrained.TEXTGENRNN], ids=["state", "context"])
def test_going_on_another_text_begins_behind_an_end(sizes: Sizes) -> None:
    network = untrained.network(sizes)
    bias = np.asarray(network.linear.bias).copy()
    bias[EOS] += 2
    network.linear.bias.assign(bias)
    found = generate_rows(network, RULES, [[BOS]] * 20, range(20), PARAMETERS)
    seed, row = next((seed, row) for seed, row in enumerate(found) if row.stop is Stop.EOS)
    (longer,) = generate_rows(network, RULES, [[BOS]], [seed], replace(PARAMETERS, max_lines=99), go_on=True)
    assert longer.tokens[: len(row.tokens)] == row.tokens
    assert len(longer.tokens) == PARAMETERS.max_tokens > len(row.tokens)
    assert EOS not in [second for first, second in pairwise(longer.tokens) if first == EOS]
    (lines,) = generate_rows(network, RULES, [[BOS]], [seed], replace(PARAMETERS, max_lines=9), length=5000, go_on=True)
    assert lines.stop is Stop.MAX_LINES
    ends = [second for first, second in pairwise([RULES.break_id, *lines.tokens]) if first not in (RULES.break_id, EOS)]
    assert sum(token in (RULES.break_id, EOS) for token in ends) == 9
    assert EOS in ends


def test_a_row_that_is_done_holds_no_dice() -> None:
    pen = steps._Pen(RULES, PARAMETERS, steps.dials(PARAMETERS, None), 3, go_on=False, alone=False)
    row = pen.begin([BOS], 1)
    for _ in range(3):
        assert len(row.writing.noise) == len(row.writing.chaos) == 3
        pen.write(row, np.arange(untrained.VOCABULARY, dtype=np.float32))
    assert row.writing.stop is Stop.MAX_TOKENS
    assert len(row.writing.noise) == len(row.writing.chaos) == len(row.unread) == 0


def test_a_network_that_is_done_with_is_let_go() -> None:
    network = untrained.network(untrained.CHARRNN)
    generate_rows(network, RULES, [[BOS]], [1], PARAMETERS)
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_it_writes_with_the_weights_of_now() -> None:
    network = untrained.network(untrained.POET)
    before = rows(network, 3)
    for weight in network.weights:
        weight.assign(-np.asarray(weight))
    assert rows(network, 3) != before


def test_a_network_in_bfloat16_writes_too() -> None:
    for sizes in (untrained.CHARRNN, untrained.TEXTGENRNN):
        assert len(rows(untrained.network(sizes, "mixed_bfloat16"), 2)) == 2


def test_weights_of_no_use_are_told() -> None:
    network = untrained.network(untrained.CHARRNN)
    network.weights[-1].assign(np.full(network.weights[-1].shape, np.nan))
    with pytest.raises(ModelError, match="NaN or infinite"):
        rows(network, 1)


@pytest.mark.parametrize("length", [0, -1, 100_001])
def test_a_length_out_of_bounds_is_refused(length: int) -> None:
    with pytest.raises(InvalidParameter, match="length"):
        generate_rows(untrained.network(untrained.CHARRNN), RULES, [[BOS]], [1], PARAMETERS, length=length)


@pytest.mark.parametrize("turns", [[], [-0.1], [float("nan")], [11.0], [0.5, float("inf")], [0.5] * 101])
def test_temperatures_out_of_bounds_are_refused(turns: list[float]) -> None:
    with pytest.raises(InvalidParameter, match="temperature"):
        generate_rows(untrained.network(untrained.CHARRNN), RULES, [[BOS]], [1], PARAMETERS, temperatures=turns)


def test_no_texts_are_none() -> None:
    assert generate_rows(untrained.network(untrained.CHARRNN), RULES, [], [], PARAMETERS) == []


def test_a_poem_is_that_of_its_seed(release: Release) -> None:
    defaults = release.text.defaults
    first, again, other = (write(release.network, release.text, "Ёлка  в лесу ", defaults, seed) for seed in (7, 7, 8))
    assert first == again != other
    assert first.lines[0] == "Ёлка  в лесу"


@pytest.mark.timeout(200)  # JAX compiles slowly
def test_jax_writes_the_same_with_the_weights_of_now(jax_forks: Forks) -> None:
    running = jax_forks.start("tests.model.generation.rows", [])
    here = program.rows()
    assert running.wait(180) == 0, running.text()
    assert json.loads(running.text()) == here
    assert here["poet first"] != here["poet second"]
