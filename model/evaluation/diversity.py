"""How varied written texts are. Words are those of `model.text.words`, in small letters."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from model.text.words import is_word, split

LOOP = 4  # words in a row that a text hardly ever repeats unless it goes round in a loop


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return list(filter(is_word, split(text.lower())))


def distinct(texts: Iterable[str], n: int) -> float:
    """Return the share of different ones among all n words in a row; 0 where no text has so many.

    It falls as there is more text: compare texts of the same length. Source: Li et al. 2016, arXiv 1510.03055.
    """
    found = Counter(gram for text in texts for gram in _grams(words(text), n))
    return len(found) / found.total() if found else 0.0


def repetition(texts: Iterable[str]) -> float:
    """Return the share of LOOP words in a row that their own text has had before; 0 where no text has so many.

    Source: Welleck et al. 2019, arXiv 1908.04319, where it is called seq-rep-4.
    """
    repeated = total = 0
    for text in texts:
        found = Counter(_grams(words(text), LOOP))
        total += found.total()
        repeated += found.total() - len(found)
    return repeated / total if total else 0.0


def token_entropy(rows: Iterable[Sequence[int]]) -> float:
    """Return the entropy of the tokens of all rows together, in bits a token: 0 where there is only one kind."""
    counts = Counter(token for row in rows for token in row)
    total = counts.total()
    return abs(sum(count / total * math.log2(total / count) for count in counts.values()))


def _grams(row: list[str], n: int) -> Iterator[tuple[str, ...]]:
    return zip(*(row[i:] for i in range(n)), strict=False)
