"""A character 5-gram with interpolated modified Kneser-Ney smoothing.

Source: Chen and Goodman 1998, An Empirical Study of Smoothing Techniques for Language Modeling.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.evaluation.losses import LOST_CHARACTER_BITS

ORDER = 5
START, END, UNKNOWN = range(3)
FIRST = 3  # the most frequent character
MAX_ALPHABET = 6000  # so that five symbols fit into an int64; rarer characters are treated as unknown
BLOCK = 2**21  # characters counted at a time
MARKS = ("\ud800" * (ORDER - 1), "\udfff")  # before and after a text: lone surrogates, which no text contains
USUAL_DISCOUNTS = (0.5, 1.0, 1.5)  # where there is too little data to estimate them

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


class KneserNey:
    """A model learned from at least one text. Its `symbols` are "" for the end of a text, and their characters.

    Line ends are newlines. A text is preceded by ORDER - 1 start symbols. A character that is not a symbol costs
    LOST_CHARACTER_BITS.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counts = np.zeros(0x110000, np.int64)
        for part in _parts(texts):
            counts += np.bincount(_targets(part), minlength=len(counts))
        counts[_code_points("".join(MARKS))] = 0
        frequent = np.argsort(-counts, kind="stable")[: min(np.count_nonzero(counts), MAX_ALPHABET)]
        self.symbols = ["", *map(chr, frequent)]
        self._ids = np.full(len(counts), UNKNOWN, np.int64)
        self._ids[_code_points("".join(MARKS))] = [*[START] * (ORDER - 1), END]
        self._ids[frequent] = np.arange(FIRST, FIRST + len(frequent))
        self._base = FIRST + len(frequent)
        self._symbol_ids = np.array([END, *range(FIRST, self._base)])
        self._levels = self._learned(texts)

    def bits(self, texts: Sequence[str]) -> float:
        """Return the cost of the texts in bits, including line ends and the end of each text."""
        return sum(self._bits(self._ids[part]) for part in _parts(texts))

    def probabilities(self, before: str) -> Floats:
        """Return the probability of each of `symbols` after the beginning of a text."""
        stream = self._ids[_code_points(before.join(MARKS))]  # its end is at the position of the wanted symbol
        spread = np.zeros(self._base)
        spread[self._symbol_ids] = 1 / len(self.symbols)
        for n, level in enumerate(self._levels):
            spread = level.spread(spread, int(self._contexts(stream, n)[-1]))
        probabilities: Floats = spread[self._symbol_ids]
        return probabilities

    def write(self, seed: int, length: int) -> str:
        """Generate a text of at most `length` characters by sampling from the model."""
        random, text = np.random.default_rng(seed), ""
        while len(text) < length:
            sums = np.cumsum(self.probabilities(text[1 - ORDER :]))
            drawn = self.symbols[int(np.searchsorted(sums, random.random() * sums[-1], side="right"))]
            if not drawn:
                break
            text += drawn
        return text

    def _learned(self, texts: Sequence[str]) -> list["_Level"]:
        """Return the levels, from unigrams up. Below the highest, counts are of distinct preceding symbols."""
        grams, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
        for part in _parts(texts):
            stream = self._ids[part]
            found = (self._contexts(stream, ORDER - 1) * self._base + _targets(stream))[_scored(stream)]
            grams, places = np.unique(np.concatenate([grams, found]), return_inverse=True)
            # Sums of integers are exact in float64.
            counts = np.bincount(places, np.concatenate([counts, np.ones(len(found))])).astype(np.int64)
        levels = [_Level.of(grams, counts, self._base)]
        for n in range(ORDER - 1, 0, -1):
            grams, counts = np.unique(grams % self._base**n, return_counts=True)
            levels.append(_Level.of(grams, counts, self._base))
        return levels[::-1]

    def _bits(self, stream: Codes) -> float:
        scored, targets = _scored(stream), _targets(stream)
        chances = np.full(np.count_nonzero(scored), 1 / len(self.symbols))
        for n, level in enumerate(self._levels):
            chances = level.refined(chances, self._contexts(stream, n)[scored], targets[scored])
        return float(LOST_CHARACTER_BITS * np.count_nonzero(targets == UNKNOWN) - np.log2(chances).sum())

    def _contexts(self, stream: Codes, n: int) -> Codes:
        """Return the n symbols before each of the targets, encoded as one number."""
        number = np.zeros(len(stream) - ORDER + 1, np.int64)
        for back in range(n, 0, -1):
            number = number * self._base + stream[ORDER - 1 - back : len(stream) - back]
        return number


@dataclass(frozen=True)
class _Level:
    """The n-grams of one order, and the probability mass left to the order below."""

    base: int
    grams: Codes  # as numbers in base `base`, sorted, so that those of one context are adjacent
    shares: Floats  # the discounted count of each n-gram divided by its context's total
    contexts: Codes  # sorted
    starts: Codes  # where in `grams` those of each context begin, and the end of the last
    rests: Floats  # for each context, the mass distributed by the order below

    @classmethod
    def of(cls, grams: Codes, counts: Codes, base: int) -> "_Level":
        contexts, first = np.unique(grams // base, return_index=True)
        starts = np.append(first, len(grams))
        taken = np.array([0.0, *_discounts(counts)])[np.minimum(counts, 3)]
        totals = np.add.reduceat(counts, first)
        shares = (counts - taken) / np.repeat(totals, np.diff(starts))
        return cls(base, grams, shares, contexts, starts, np.add.reduceat(taken, first) / totals)

    def refined(self, below: Floats, contexts: Codes, symbols: Codes) -> Floats:
        """Return the probability of each symbol after its context, given the probabilities of the order below."""
        rests = _found(self.contexts, contexts, self.rests, 1.0)
        return _found(self.grams, contexts * self.base + symbols, self.shares, 0.0) + rests * below

    def spread(self, below: Floats, context: int) -> Floats:
        """Return the probabilities of all symbols after one context."""
        i = int(np.searchsorted(self.contexts, context))
        if i == len(self.contexts) or self.contexts[i] != context:
            return below
        row = slice(self.starts[i], self.starts[i + 1])
        spread: Floats = self.rests[i] * below
        spread[self.grams[row] - context * self.base] += self.shares[row]
        return spread


def _discounts(counts: Codes) -> tuple[float, ...]:
    """Return the discounts of counts of 1, of 2, and of 3 and more."""
    ones, twos, threes, fours = (int(np.count_nonzero(counts == n)) for n in range(1, 5))
    if not ones * twos * threes * fours:
        return USUAL_DISCOUNTS
    share = ones / (ones + 2 * twos)
    found = 1 - 2 * share * twos / ones, 2 - 3 * share * threes / twos, 3 - 4 * share * fours / threes
    return found if all(0 < taken < n for n, taken in enumerate(found, 1)) else USUAL_DISCOUNTS


def _found(keys: Codes, wanted: Codes, values: Floats, otherwise: float) -> Floats:
    """Look up `wanted` among sorted keys."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], otherwise)


def _targets(stream: NDArray[Any]) -> NDArray[Any]:
    return stream[ORDER - 1 :]


def _scored(stream: Codes) -> NDArray[np.bool_]:
    targets = _targets(stream)
    scored: NDArray[np.bool_] = (targets != START) & (targets != UNKNOWN)
    return scored


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _parts(texts: Sequence[str]) -> Iterator[NDArray[np.uint32]]:
    """Yield the code points of the texts and their marks in parts that fit into memory, each target in one."""
    part, size = list[str](), 1 - ORDER  # number of targets in the part
    marked = (text.join(MARKS) for text in texts)
    for piece in (text[i : i + BLOCK] for text in marked for i in range(0, len(text), BLOCK)):
        part.append(piece)
        size += len(piece)
        if size >= BLOCK:
            joined = "".join(part)
            yield _code_points(joined)
            part, size = [joined[1 - ORDER :]], 0  # the context of what follows
    if size > 0:
        yield _code_points("".join(part))
