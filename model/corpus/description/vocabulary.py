"""The words of a corpus: their number, their frequencies, and how fast new ones appear."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nsmallest
from itertools import count
from pathlib import Path

from model.corpus.description.counting import HASHES, hash8

MAX_WORDS = 1_000_000  # distinct words counted at a time
MAX_WORD = 64  # characters
LISTED = 200
# Frequent Russian and English words that reveal nothing about a corpus.
FUNCTION_WORDS = frozenset(Path(__file__).with_name("function_words.txt").read_text("utf-8").split())

_WORD = re.compile(r"[\w\u0300-\u036f]+(?:[-'][\w\u0300-\u036f]+)*")
_APART = str.maketrans("_’", " '")


@dataclass(frozen=True)
class Growth:
    """The size of the vocabulary after a number of words, in the corpus's own order."""

    words: int
    distinct: int


@dataclass(frozen=True)
class Vocabulary:
    """Statistics of words: runs of letters and digits, with inner hyphens and apostrophes, in lower case."""

    distinct: int
    hapaxes: int  # words that occur once
    estimated: bool  # both are estimated from a sample, because there are too many distinct words
    shortfall: int  # upper bound of how much a count below may be too low; 0 unless estimated
    type_token: float  # distinct words divided by all words
    growth: list[Growth]  # at round numbers of words and at the end
    most_frequent: list[tuple[str, int]]
    most_frequent_content: list[tuple[str, int]]  # without numbers, single letters and function words


def words(line: str) -> list[str]:
    """Return the words of a line, truncating very long ones."""
    return [word[:MAX_WORD] for word in _WORD.findall(line.lower().translate(_APART))]


def tells(word: str) -> bool:
    """Return whether a word is characteristic of a corpus: not a number, single letter or function word."""
    return len(word) > 1 and not word.isdecimal() and word not in FUNCTION_WORDS


class WordCounter:
    """Counts words in bounded memory.

    Up to `limit` distinct words are counted exactly. Beyond that, the rarest words are dropped, except those whose hash
    is below a bound that is halved each time: these are a sample of the vocabulary with exact counts, from which the
    number of words and of hapaxes is estimated. A dropped word that occurs again is counted from zero.
    """

    def __init__(self, limit: int = MAX_WORDS) -> None:
        self._limit = limit
        self._counts: Counter[str] = Counter()
        self._total = 0
        self._halvings = 0
        self._shortfall = 0
        self._growth: list[Growth] = []
        self._marks = _marks()
        self._mark = next(self._marks)

    def add(self, found: list[str]) -> None:
        """Count words, in the corpus's order; few calls with many words are faster."""
        while self._total + len(found) >= self._mark:
            head, found = found[: self._mark - self._total], found[self._mark - self._total :]
            self._count(head)
            self._growth.append(Growth(self._total, self._distinct()))
            self._mark = next(self._marks)
        self._count(found)

    def vocabulary(self) -> Vocabulary:
        """Return the statistics."""
        distinct, final = self._distinct(), []
        if self._total and (not self._growth or self._growth[-1].words < self._total):
            final = [Growth(self._total, distinct)]
        hapaxes = sum(times == 1 for times in self._sample().values()) << self._halvings
        content = (item for item in self._counts.items() if tells(item[0]))
        return Vocabulary(
            distinct=distinct,
            hapaxes=hapaxes,
            estimated=self._halvings > 0,
            shortfall=self._shortfall,
            type_token=round(distinct / max(self._total, 1), 6),
            growth=self._growth + final,
            most_frequent=_most_frequent(self._counts.items()),
            most_frequent_content=_most_frequent(content),
        )

    def _count(self, found: list[str]) -> None:
        self._counts.update(found)
        self._total += len(found)
        if len(self._counts) > self._limit:
            self._forget()

    def _forget(self) -> None:
        rare = 0
        while len(self._counts) > self._limit // 2:
            rare += 1
            self._halvings += 1
            kept = self._sample()
            kept.update({word: times for word, times in self._counts.items() if times > rare})
            self._counts = Counter(kept)
        self._shortfall += rare

    def _sample(self) -> dict[str, int]:
        """Return the words whose counts are exact."""
        if not self._halvings:
            return self._counts
        bound = HASHES >> self._halvings
        return {word: times for word, times in self._counts.items() if hash8(word) < bound}

    def _distinct(self) -> int:
        return len(self._sample()) << self._halvings


def _most_frequent(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return nsmallest(LISTED, counts, key=lambda item: (-item[1], item[0]))


def _marks() -> Iterator[int]:
    """Yield numbers of words close enough together for a smooth curve."""
    return (digits * 10**power for power in count(2) for digits in (1, 2, 3, 5, 7))
