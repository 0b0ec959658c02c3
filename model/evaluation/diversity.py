"""The diversity of generated texts. Words are those of `model.text.words`, in lower case."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from model.text.words import is_word, split

LOOP = 4  # words in a row that a text hardly ever repeats unless it is stuck in a loop


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return list(filter(is_word, split(text.lower())))


def distinct(texts: Iterable[str], n: int) -> float:
    """Return the share of distinct n-grams among all n-grams of words; 0 if no text has n words.

    It falls as the amount of text grows: compare equal amounts. Source: Li et al. 2016, arXiv 1510.03055.
    """
    found = Counter(gram for text in texts for gram in _grams(words(text), n))
    return len(found) / found.total() if found else 0.0


def repetition(texts: Iterable[str]) -> float:
    """Return the share of n-grams of LOOP words that occurred earlier in the same text; 0 if there are none.

    Source: Welleck et al. 2019, arXiv 1908.04319, where it is called seq-rep-4.
    """
    repeated = total = 0
    for text in texts:
        found = Counter(_grams(words(text), LOOP))
        total += found.total()
        repeated += found.total() - len(found)
    return repeated / total if total else 0.0


def token_entropy(rows: Iterable[Sequence[int]]) -> float:
    """Return the entropy of the token distribution over all rows, in bits per token; 0 if all tokens are the same."""
    counts = Counter(token for row in rows for token in row)
    total = counts.total()
    return abs(sum(count / total * math.log2(total / count) for count in counts.values()))


def _grams(row: list[str], n: int) -> Iterator[tuple[str, ...]]:
    return zip(*(row[i:] for i in range(n)), strict=False)
