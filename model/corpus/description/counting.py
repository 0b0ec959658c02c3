"""Counters whose memory stays bounded, however large the corpus."""

import hashlib
import itertools
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

MAX_DISTINCT = 2**21  # distinct texts counted exactly; beyond that, estimated from a sample
MAX_NAMES = 50_000  # authors or labels counted at a time
LISTED = 1_000  # those listed in a table; the rest are summed
PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 98, 99)
HASHES = 2**64
_BINS = 100  # at most, not counting the last
_PIECE = 2**17  # hashes


@dataclass(frozen=True)
class Distribution:
    """The distribution of a number that each text, or each line, has."""

    count: int  # number of values
    mean: float
    minimum: int
    maximum: int
    percentiles: dict[str, int]  # "50" is the median; each is a value that occurs
    width: int  # number of values per bin
    bins: list[tuple[int, int]]  # the lowest value and the count of each; the last bin includes everything above


@dataclass(frozen=True)
class Duplicates:
    """Repeated texts, not counting the first of each group."""

    exact: int  # identical
    by_letters: int  # the same apart from case, punctuation, digits, white space, and ё for е; includes the exact ones
    largest_group: int  # size of the largest group with the same letters; 1 if there are no repeats
    estimated: bool  # from a sample, because there are too many distinct texts


@dataclass(frozen=True)
class Group:
    """The texts of one author or one label."""

    name: str  # empty for texts without one
    texts: int
    lines: int
    words: int
    characters: int
    share: float  # of all characters


@dataclass(frozen=True)
class Table:
    """Groups of texts in descending order of characters."""

    distinct: int  # names
    pruned: bool  # there were too many names to keep at a time: small groups may be undercounted
    groups: list[Group]  # the largest ones
    others: Group | None  # the sum of the remaining ones, if any


def distribution(values: Mapping[int, int], most: int = 98) -> Distribution | None:
    """Summarise how often each value occurs; None if there are none. The bins end at the percentile `most`.

    The values are sizes of parts of the corpus, so n distinct ones require about n²/2 characters: there are never many.
    """
    if not values:
        return None
    ordered = sorted(values.items())
    count = sum(values.values())
    reached = list(itertools.accumulate(times for _, times in ordered))
    ranks = {
        percent: ordered[next(i for i, upto in enumerate(reached) if upto * 100 >= percent * count)][0]
        for percent in PERCENTILES
    }
    low = ordered[0][0]
    width = next(width for width in _round_numbers() if width * _BINS > ranks[most] - low)
    bins: Counter[int] = Counter()
    for value, times in ordered:
        bins[min(value, ranks[most] + width) // width * width] += times
    mean = sum(value * times for value, times in ordered) / count
    percentiles = {str(percent): value for percent, value in ranks.items()}
    return Distribution(count, round(mean, 3), low, ordered[-1][0], percentiles, width, sorted(bins.items()))


def _round_numbers() -> Iterator[int]:
    return (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))


def hash8(text: str) -> int:
    """Return an 8-byte hash, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


class Repeats:
    """Counts repeats by 8-byte hashes.

    Up to `limit` distinct hashes are counted exactly. Beyond that, only hashes below a bound are kept, and the bound is
    halved as often as needed: they are a sample of the distinct items with exact counts.
    """

    def __init__(self, limit: int = MAX_DISTINCT) -> None:
        self._limit = limit
        self._halvings = 0
        self._fresh = array("Q")
        self._hashes = np.empty(0, np.uint64)
        self._times = np.empty(0, np.int64)

    def add(self, hashed: int) -> None:
        """Count one item."""
        self._fresh.append(hashed)
        if len(self._fresh) >= _PIECE:
            self._merge()

    @property
    def estimated(self) -> bool:
        """Return whether the counts come from a sample."""
        self._merge()
        return self._halvings > 0

    @property
    def repeats(self) -> int:
        """The number of items that occurred before."""
        self._merge()
        return int(self._times.sum() - len(self._times)) << self._halvings

    @property
    def distinct(self) -> int:
        """The number of distinct items."""
        self._merge()
        return len(self._hashes) << self._halvings

    @property
    def largest(self) -> int:
        """The count of the most frequent item, among those in the sample."""
        self._merge()
        return int(self._times.max(initial=0))

    def _merge(self) -> None:
        if not self._fresh:
            return
        fresh, times = np.unique(np.frombuffer(self._fresh, np.uint64), return_counts=True)
        self._fresh = array("Q")
        hashes = np.concatenate([self._hashes, fresh])
        order = hashes.argsort(kind="stable")
        hashes, times = hashes[order], np.concatenate([self._times, times])[order]
        starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
        self._hashes, self._times = hashes[starts], np.add.reduceat(times, starts)
        self._keep()
        while len(self._hashes) > self._limit:
            self._halvings += 1
            self._keep()

    def _keep(self) -> None:
        if self._halvings:
            kept = self._hashes < HASHES >> self._halvings
            self._hashes, self._times = self._hashes[kept], self._times[kept]


class Groups:
    """Sums per author or per label.

    With more than `limit` names, the smaller half is merged into the others; a name that occurs again starts from zero.
    """

    def __init__(self, limit: int = MAX_NAMES) -> None:
        self._limit = limit
        self._sums: dict[str, list[int]] = {}
        self._names = Repeats()
        self._pruned = False
        self._others = [0, 0, 0, 0]

    def add(self, name: str, *sizes: int) -> None:
        """Count a text, given its lines, words and characters."""
        if name:
            self._names.add(hash8(name))
        sums = self._sums.setdefault(name, [0, 0, 0, 0])
        for i, size in enumerate((1, *sizes)):
            sums[i] += size
        if len(self._sums) > self._limit:
            self._drop(self._limit // 2)
            self._pruned = True

    def table(self) -> Table | None:
        """Return the table; None if no text has a name."""
        distinct = self._names.distinct
        if not distinct:
            return None
        total = self._others[-1] + sum(sums[-1] for sums in self._sums.values())
        self._drop(LISTED)
        listed = [_group(name, sums, total) for name, sums in self._sums.items()]
        gone = distinct - len([group for group in listed if group.name])
        others = _group(f"{gone:,} others", self._others, total) if self._others[0] else None
        return Table(distinct, self._pruned, listed, others)

    def _drop(self, kept: int) -> None:
        ordered = sorted(self._sums.items(), key=lambda item: (-item[1][-1], item[0]))
        for _, sums in ordered[kept:]:
            self._others = [a + b for a, b in zip(self._others, sums, strict=True)]
        self._sums = dict(ordered[:kept])


def _group(name: str, sums: list[int], total: int) -> Group:
    texts, lines, words, characters = sums
    return Group(name, texts, lines, words, characters, round(characters / total, 6))
