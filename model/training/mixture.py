"""The texts of several weighted corpora in one stream of tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.integer[Any]]
Rows = Sequence[Tokens]  # the tokens of each text, BOS to EOS


@dataclass(frozen=True)
class Mixture:
    """Corpora with weights: 1 reads every text once per epoch, 2 twice, 0.5 a selection with half of the tokens.

    Each epoch makes a new selection. The last one is truncated, so that every epoch has the same number of tokens.
    """

    sources: Sequence[tuple[Rows, float]]

    @property
    def tokens(self) -> int:
        """The number of tokens in an epoch."""
        return sum(int(weight * sum(map(len, rows))) for rows, weight in self.sources)

    def stream(self, random: np.random.Generator) -> Tokens:
        """Return an epoch's texts concatenated in a random order, in the narrowest type that holds their ids."""
        texts = [text for rows, weight in self.sources for text in _read(rows, weight, random)]
        return np.concatenate([texts[i] for i in random.permutation(len(texts))])


def _read(rows: Rows, weight: float, random: np.random.Generator) -> Iterator[Tokens]:
    """Yield the texts of a corpus as often as its weight says, truncating the last one."""
    total = sum(map(len, rows))
    times, left = divmod(int(weight * total), total or 1)
    for _ in range(times):
        yield from rows
    # A whole weight does not use the generator here: then only the order of the texts is random.
    order = iter(random.permutation(len(rows)) if left else ())
    while left:
        text = rows[next(order)][:left]
        yield text
        left -= len(text)
