"""The choice of the next token, on a vocabulary of thirty: four special tokens, the letters a to z; z is the break."""

import math
from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from model.text.sampling import (
    Choice,
    DecodingState,
    Pool,
    Pools,
    Position,
    Rules,
    Stop,
    allowed,
    chaos_vector,
    choose,
    draw,
    most_likely,
    noise_vector,
    words,
)
from model.text.tokens import BOS, EOS, PAD, UNK

SIZE = 30
BREAK = 29
RULES = Rules(BREAK, force_breaks=True)
FREE = Rules(BREAK, force_breaks=False)
POOLS = Pools(top_k=2, line_start_k=10, chaos_k=5)
INSIDE = Position(step=3, breaks=0)
LINE_START = Position(step=4, breaks=1)
STANZA_START = Position(step=5, breaks=2)
GOING_ON = Position(step=0, breaks=0)  # in the prompt's last line
EVEN = np.float32(0)
LAST = np.float32(1 - 2**-24)  # the largest noise there is


def logits(*best: int) -> NDArray[np.float32]:
    """Return logits in which `best` are the most likely, in that order, and the others equal."""
    values = np.zeros(SIZE, np.float32)
    values[list(best)] = np.arange(len(best), 0, -1) * 2.0
    return values


def pick(
    values: NDArray[np.float32],
    position: Position = INSIDE,
    rules: Rules = RULES,
    *,
    chaotic: bool = False,
    noise: float = 0.0,
) -> Choice:
    return choose(values, position, rules, POOLS, chaotic=chaotic, noise=np.float32(noise), inverse_temperature=EVEN)


def picked(position: Position, *, chaotic: bool) -> tuple[Pool, int]:
    """Return the pool that serves a position and how many different tokens come out of it."""
    choices = [pick(logits(*range(4, 24)), position, chaotic=chaotic, noise=u / 100) for u in range(100)]
    assert len({choice.pool for choice in choices}) == 1
    return choices[0].pool, len({choice.token for choice in choices})


def test_the_base_pool_serves_the_inside_of_a_line() -> None:
    assert picked(INSIDE, chaotic=False) == (Pool.BASE, POOLS.top_k)


def test_the_chaos_pool_serves_where_chaos_strikes() -> None:
    assert picked(INSIDE, chaotic=True) == (Pool.CHAOS, POOLS.chaos_k)


@pytest.mark.parametrize("position", [Position(), LINE_START, STANZA_START])
@pytest.mark.parametrize("chaotic", [True, False])
def test_the_line_start_pool_goes_before_chaos(position: Position, chaotic: bool) -> None:  # noqa: FBT001
    assert picked(position, chaotic=chaotic) == (Pool.LINE_START, POOLS.line_start_k)


@pytest.mark.parametrize("chaotic", [True, False])
@pytest.mark.parametrize("ending", [BREAK, EOS])
def test_the_most_likely_break_or_end_is_taken_before_anything_else(ending: int, chaotic: bool) -> None:  # noqa: FBT001
    choice = pick(logits(ending, 5), chaotic=chaotic, noise=float(LAST))
    assert (choice.token, choice.pool, choice.rank) == (ending, Pool.FORCED, 0)


def test_breaks_are_not_forced_where_the_release_says_no() -> None:
    choice = pick(logits(BREAK, 5), rules=FREE, noise=float(LAST))
    assert (choice.token, choice.pool, choice.rank) == (5, Pool.BASE, 1)


def test_a_second_break_may_be_forced_at_the_start_of_a_line() -> None:
    assert pick(logits(BREAK, 5), LINE_START).pool is Pool.FORCED


@pytest.mark.parametrize(
    ("position", "forbidden"),
    [
        (INSIDE, {PAD, UNK, BOS}),
        (LINE_START, {PAD, UNK, BOS, EOS}),
        (STANZA_START, {PAD, UNK, BOS, EOS, BREAK}),
        (Position(), {PAD, UNK, BOS, EOS, BREAK}),
        (GOING_ON, {PAD, UNK, BOS, EOS}),
    ],
)
def test_what_may_not_come_is_never_drawn(position: Position, forbidden: set[int]) -> None:
    masked = allowed(logits(*range(SIZE)), position, RULES)
    assert {i for i in range(SIZE) if masked[i] == -math.inf} == forbidden
    everything = Pools(500, 500, 500)
    drawn = {
        choose(
            logits(*sorted(forbidden)),
            position,
            FREE,
            everything,
            chaotic=True,
            noise=np.float32(u),
            inverse_temperature=EVEN,
        ).token
        for u in np.linspace(0, float(LAST), 300)
    }
    assert drawn == set(range(SIZE)) - forbidden


def test_the_logits_are_left_as_they_were() -> None:
    values = logits(4)
    before = values.copy()
    pick(values)
    assert (values == before).all()


def test_equal_logits_are_ranked_by_the_lower_id() -> None:
    values = np.zeros(SIZE, np.float32)

    assert [pick(values, rules=FREE, noise=u).token for u in (0.0, 0.5)] == [EOS, 4]


@pytest.mark.parametrize("case", range(60))
def test_the_most_likely_are_those_of_a_whole_sort(case: int) -> None:
    random = np.random.default_rng(case)
    size = int(random.integers(2, 400))
    levels = int(random.integers(1, 8)) if case % 2 else 10**6  # of a few levels, most are equal to others
    values = (random.integers(-levels, levels, size) / 7).astype(np.float32)
    values[random.random(size) < case % 3 / 10] = -np.inf
    whole = np.argsort(-values, kind="stable")
    for count in {1, 2, size // 2 + 1, size - 1, size}:
        assert most_likely(values, count).tolist() == whole[:count].tolist()


def test_negative_nought_is_no_less_than_nought() -> None:
    values = np.array([-0.0, 0.0, -0.0, 1.0, 0.0], np.float32)
    assert [most_likely(values, count).tolist() for count in (2, 4)] == [[3, 0], [3, 0, 1, 2]]


def test_a_pool_of_one_is_the_most_likely() -> None:
    one = Pools(1, 1, 1)
    for u in (0.0, 0.5, float(LAST)):
        choice = choose(
            logits(7, 8), INSIDE, RULES, one, chaotic=False, noise=np.float32(u), inverse_temperature=np.float32(1)
        )
        assert (choice.token, choice.rank) == (7, 0)


def test_the_probability_is_over_what_is_allowed() -> None:
    values = np.zeros(SIZE, np.float32)
    values[[PAD, UNK, BOS]] = 50
    assert pick(values).probability == pytest.approx(1 / (SIZE - 3))
    assert pick(values, Position()).probability == pytest.approx(1 / (SIZE - 5))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 120, 500])
def test_without_a_temperature_each_rank_is_as_likely(size: int) -> None:
    ranked = np.arange(size, 0, -1).astype(np.float32)
    ranks = Counter(draw(ranked, np.float32((i + 0.5) / (size * 10)), EVEN) for i in range(size * 10))
    assert ranks == dict.fromkeys(range(size), 10)


@pytest.mark.parametrize("size", range(1, 501, 7))
@pytest.mark.parametrize("inverse", [0.0, 1e-3, 0.5, 1.0, 100.0])
def test_no_noise_falls_off_the_end(size: int, inverse: float) -> None:
    ranked = np.linspace(3, -3, size).astype(np.float32)
    assert draw(ranked, np.float32(0), np.float32(inverse)) == 0
    assert 0 <= draw(ranked, LAST, np.float32(inverse)) < size


def test_a_temperature_weighs_the_ranks() -> None:
    ranked = np.log(np.array([6, 3, 1], np.float32))
    noise = noise_vector(1, 20000)
    shares = np.bincount([draw(ranked, u, np.float32(1)) for u in noise]) / len(noise)
    assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.02)


def test_a_low_temperature_takes_the_best_and_a_high_one_takes_all() -> None:
    ranked = np.array([5, 4, 3], np.float32)
    assert {draw(ranked, u, np.float32(100)) for u in noise_vector(1, 200)} == {0}
    assert {draw(ranked, u, np.float32(0.01)) for u in noise_vector(1, 200)} == {0, 1, 2}


def test_the_streams_are_the_same_for_ever() -> None:
    assert words("u", 0, 3).tolist() == [6655994, 10956775, 4205837]
    assert words("c", 2**32 - 1, 3).tolist() == [7842016, 1071393, 16669092]


def test_a_longer_stream_begins_with_the_shorter() -> None:
    assert words("u", 7, 256)[:100].tolist() == words("u", 7, 100).tolist()


def test_noise_is_within_its_interval_without_rounding() -> None:
    noise = noise_vector(3, 5000)
    assert noise.dtype == np.float32
    assert 0 <= noise.min() < 0.01
    assert 0.99 < noise.max() < 1
    assert (noise.astype(np.float64) * 2**24 == words("u", 3, 5000)).all()


def test_chaos_strikes_its_share_and_more_of_it_keeps_every_strike() -> None:
    before = chaos_vector(5, 0, 4000)
    assert not before.any()
    for hundredth in range(1, 101):
        now = chaos_vector(5, hundredth / 100, 4000)
        assert (now >= before).all()
        assert now.mean() == pytest.approx(hundredth / 100, abs=0.04)
        before = now
    assert before.all()


def walked(*tokens: int) -> DecodingState:
    state = DecodingState()
    for token in tokens:
        state = state.after(token, RULES)
    return state


def test_a_walk_knows_where_lines_begin() -> None:
    assert DecodingState().position.line_start
    assert not walked(4).position.line_start
    assert walked(4, BREAK).position == Position(2, 1)
    assert walked(4, BREAK, BREAK).position == Position(3, 2)
    assert walked(4, BREAK, 5).position == Position(3, 0)


def test_a_walk_behind_a_prompt_begins_a_line_or_goes_on_in_one() -> None:
    assert DecodingState.behind([BOS], RULES) == DecodingState.behind([BOS, 4, BREAK], RULES) == DecodingState()
    going_on = DecodingState.behind([BOS, 4], RULES)
    assert going_on.position == GOING_ON
    assert not going_on.position.line_start
    after_break = going_on.after(BREAK, RULES)
    assert after_break.position == Position(1, 1)
    assert after_break.stop(BREAK, max_lines=1, max_tokens=9) is None  # nothing is written yet
    assert going_on.after(4, RULES).after(BREAK, RULES).lines == 1


def test_what_goes_on_in_a_line_is_drawn_as_inside_of_one() -> None:
    assert picked(GOING_ON, chaotic=False) == (Pool.BASE, POOLS.top_k)
    assert picked(GOING_ON, chaotic=True) == (Pool.CHAOS, POOLS.chaos_k)
    assert pick(logits(BREAK, 5), GOING_ON).pool is Pool.FORCED


def test_a_walk_counts_lines_with_something_in_them() -> None:
    assert [walked(*tokens).lines for tokens in [(), (4,), (4, BREAK), (4, BREAK, BREAK), (4, BREAK, 5, BREAK)]] == [
        0, 0, 1, 1, 2,
    ]  # fmt: skip


def test_what_ends_a_poem() -> None:
    assert walked(4).stop(4, 2, 9) is None
    assert walked(4, EOS).stop(EOS, 1, 1) is Stop.EOS
    assert walked(4, BREAK, 5, BREAK).stop(BREAK, 2, 4) is Stop.MAX_LINES
    assert walked(4, 5).stop(5, 1, 2) is Stop.MAX_TOKENS
