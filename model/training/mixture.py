"""The texts of several corpora in one stream of tokens, each corpus as often as its weight says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.integer[Any]]
Rows = Sequence[Tokens]  # the tokens of each text, BOS to EOS


@dataclass(frozen=True)
class Mixture:
    """Corpora with their weights: 1 reads every text once an epoch, 2 twice, 0.5 texts that hold half of the tokens.

    Which texts make up a part of a corpus, every epoch chooses anew. The last of them is cut where the part is full, so
    that every epoch has as many tokens.
    """

    sources: Sequence[tuple[Rows, float]]

    @property
    def tokens(self) -> int:
        """The tokens that an epoch reads."""
        return sum(int(weight * sum(map(len, rows))) for rows, weight in self.sources)

    def stream(self, random: np.random.Generator) -> Tokens:
        """Return an epoch's texts in a random order, laid end to end, in the narrowest type that holds their ids."""
        texts = [text for rows, weight in self.sources for text in _read(rows, weight, random)]
        return np.concatenate([texts[i] for i in random.permutation(len(texts))])


def _read(rows: Rows, weight: float, random: np.random.Generator) -> Iterator[Tokens]:
    """Yield the texts of a corpus as often as the weight says, the last one cut."""
    total = sum(map(len, rows))
    times, left = divmod(int(weight * total), total or 1)
    for _ in range(times):
        yield from rows
    # Without a part the generator is left alone: the order of the texts is then the only chance in an epoch.
    order = iter(random.permutation(len(rows)) if left else ())
    while left:
        text = rows[next(order)][:left]
        yield text
        left -= len(text)
