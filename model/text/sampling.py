"""Sampling of the next token: small pure functions, the reference that every decoder follows."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.text.tokens import BOS, EOS, PAD, UNK

WORD_BITS = 24  # so that word / 2^24 is exact in float32 and less than 1


class Pool(IntEnum):
    """The pool of candidates that a token was drawn from."""

    FORCED = 0
    LINE_START = 1
    CHAOS = 2
    BASE = 3


class Stop(IntEnum):
    """What ended a poem."""

    EOS = 0
    MAX_LINES = 1
    MAX_TOKENS = 2


@dataclass(frozen=True)
class Rules:
    """What sampling needs to know about a release."""

    break_id: int
    force_breaks: bool


@dataclass(frozen=True)
class Pools:
    """The sizes of the three pools: how many of the most likely tokens each draws from."""

    top_k: int
    line_start_k: int
    chaos_k: int


@dataclass(frozen=True)
class Position:
    """The position of the next token in the poem: its step, and the number of breaks directly before it.

    The beginning of a text counts as a break.
    """

    step: int = 0
    breaks: int = 1

    @property
    def line_start(self) -> bool:
        """Whether the next token starts a line."""
        return self.breaks > 0


@dataclass(frozen=True)
class Choice:
    """One step of a poem. `probability` is the softmax at temperature 1 over the allowed tokens."""

    token: int
    pool: Pool
    rank: int
    probability: float


def words(stream: str, seed: int | str, count: int) -> NDArray[np.int64]:
    """Return `count` 24-bit integers of the stream "u" (noise) or "c" (chaos), which depend on the seed alone."""
    size = WORD_BITS // 8
    data = hashlib.shake_256(f"{stream}{seed}".encode()).digest(count * size)
    rows = np.frombuffer(data, np.uint8).reshape(count, size).astype(np.int64)
    return rows @ (256 ** np.arange(size - 1, -1, -1))


def noise_vector(seed: int | str, count: int) -> NDArray[np.float32]:
    """Return the noise of each step, in [0, 1)."""
    noise: NDArray[np.float32] = (words("u", seed, count) / 2**WORD_BITS).astype(np.float32)
    return noise


def chaos_vector(seed: int | str, chaos: float, count: int) -> NDArray[np.int32]:
    """Return the chaos vector: 1 at about a fraction `chaos` of the steps. Raising `chaos` only adds ones."""
    struck: NDArray[np.int32] = (words("c", seed, count) < chaos * 2**WORD_BITS).astype(np.int32)
    return struck


def allowed(logits: NDArray[np.float32], position: Position, rules: Rules) -> NDArray[np.float32]:
    """Return the logits with the tokens that are not allowed here set to minus infinity."""
    masked = logits.astype(np.float32)
    masked[[PAD, UNK, BOS]] = -np.inf
    if position.step == 0 or position.line_start:
        masked[EOS] = -np.inf
    if position.breaks > 1 or (position.step == 0 and position.line_start):
        masked[rules.break_id] = -np.inf
    return masked


def draw(ranked: NDArray[np.float32], noise: np.float32, inverse_temperature: np.float32) -> int:
    """Return the rank that `noise` picks among the pool's logits, which are in descending order."""
    if inverse_temperature == 0:
        return min(int(noise * np.float32(len(ranked))), len(ranked) - 1)
    # In float32, rounding would bring the sum of 200 equal weights below 1, and noise could fall beyond the end.
    sums = np.cumsum(np.exp((ranked - ranked[0]).astype(np.float64) * np.float64(inverse_temperature)))
    beyond = sums > np.float64(noise) * sums[-1]
    return int(np.argmax(beyond)) if beyond.any() else len(ranked) - 1


def pool_at(position: Position, pools: Pools, *, chaotic: bool) -> tuple[Pool, int]:
    """Return the pool used at this position, and its size."""
    if position.line_start:
        return Pool.LINE_START, pools.line_start_k
    return (Pool.CHAOS, pools.chaos_k) if chaotic else (Pool.BASE, pools.top_k)


def choose(
    logits: NDArray[np.float32],
    position: Position,
    rules: Rules,
    pools: Pools,
    *,
    chaotic: bool,
    noise: np.float32,
    inverse_temperature: np.float32,
) -> Choice:
    """Choose the next token from `logits` [vocabulary]; the result depends on the arguments alone."""
    masked = allowed(logits, position, rules)
    best = int(masked.argmax())  # the first among equals
    if rules.force_breaks and best in (rules.break_id, EOS):
        return Choice(best, Pool.FORCED, 0, _probability(masked, best))
    pool, size = pool_at(position, pools, chaotic=chaotic)
    ranked = most_likely(masked, min(size, int(np.isfinite(masked).sum())))
    rank = draw(masked[ranked], noise, inverse_temperature)
    token = int(ranked[rank])
    return Choice(token, pool, rank, _probability(masked, token))


def most_likely(logits: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Return the ids of the `count` largest logits in descending order, ties by lower id, without a full sort."""
    least = np.partition(logits, -count)[-count]
    ids = np.flatnonzero(logits >= least)  # more than `count` if several are equal to the least
    return ids[np.argsort(-logits[ids], kind="stable")][:count]


def _probability(masked: NDArray[np.float32], token: int) -> float:
    weights = np.exp(masked - masked.max())
    return float(weights[token] / weights.sum())


@dataclass(frozen=True)
class DecodingState:
    """The state of decoding a poem. It is immutable: `after` returns the next one."""

    position: Position = Position()
    lines: int = 0

    @classmethod
    def behind(cls, prompt: Sequence[int], rules: Rules) -> Self:
        """Return the initial state after the tokens of a prompt: at the start of a line, or within its last line."""
        return cls(Position(breaks=int(prompt[-1] in (BOS, rules.break_id))))

    def after(self, token: int, rules: Rules) -> "DecodingState":
        """Return the state after `token`. A break ends a line, except a first one, which ends the prompt's own line."""
        is_break = token == rules.break_id
        lines = self.lines + (is_break and not self.position.line_start and self.position.step > 0)
        breaks = self.position.breaks + 1 if is_break else 0
        return replace(self, position=Position(self.position.step + 1, breaks), lines=lines)

    def stop(self, last: int, max_lines: int, max_tokens: int) -> Stop | None:
        """Return why the poem ends after the token `last`, or None if it does not."""
        if last == EOS:
            return Stop.EOS
        if self.lines >= max_lines:
            return Stop.MAX_LINES
        return Stop.MAX_TOKENS if self.position.step >= max_tokens else None
