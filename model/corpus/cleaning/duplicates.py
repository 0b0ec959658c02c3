"""Texts that repeat an earlier one, found in little memory: the corpus passes twice.

In the first pass every hash goes to a file, and the hashes that occur more than once are found there, a part of them
at a time. In the second only those are looked up: most lines of a corpus stand in one text alone and cost nothing.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from model.corpus.cleaning.steps.keys import HASH_BYTES, Hashes

MAX_HOLDERS = 20  # a line's earlier texts that are remembered: a line that stands in more is a formula, or a footer
_PART = 2**21  # hashes looked at together: 16 MB
_BLOCK = 2**19  # hashes read at a time

Array = NDArray[np.uint64]


class Repeats:
    """Leaves out a text when one earlier text that is kept has as many of its hashes as its key asks for.

    `observe` sees the keys of all texts, and then `keep` the same keys again, in the same pieces and order.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Use an empty file, open for writing and reading, for the hashes."""
        self._file = file
        self._repeated: Array = np.empty(0, np.uint64)
        self._texts = 0

    def observe(self, keys: Sequence[Hashes]) -> None:
        """Note the hashes of some texts."""
        self._file.write(b"".join(hashes for _, hashes in keys))

    def settle(self) -> None:
        """Find which hashes occur more than once."""
        self._repeated = _repeated(self._file, self._file.tell() // HASH_BYTES)
        self._file.truncate(0)
        count = len(self._repeated)
        # Each hash has a chain of holders, the latest first; 0 ends it.
        self._latest, self._held = array("I", bytes(4 * count)), bytearray(count)
        self._holder, self._before = array("I", [0]), array("I", [0])

    def keep(self, keys: Sequence[Hashes], candidates: Sequence[bool]) -> list[bool]:
        """Say of each text whether it is kept; one that is no candidate is not, and no text repeats it."""
        kept = list(candidates)
        for i, known in self._known(keys):
            if kept[i]:
                kept[i] = not self._stood_before(known, keys[i][0])
            if kept[i]:
                self._hold(known, self._texts + i)
        self._texts += len(keys)
        return kept

    def _known(self, keys: Sequence[Hashes]) -> Iterator[tuple[int, list[int]]]:
        """Yield the texts that have repeated hashes, each with the places of these."""
        hashes = np.frombuffer(b"".join(own for _, own in keys), np.uint64)
        places = np.searchsorted(self._repeated, hashes)
        if not len(self._repeated):
            return
        found = np.flatnonzero(self._repeated[np.minimum(places, len(self._repeated) - 1)] == hashes)
        ends = np.cumsum([len(own) // HASH_BYTES for _, own in keys])
        of_text: dict[int, list[int]] = defaultdict(list)
        for i, place in zip(np.searchsorted(ends, found, "right").tolist(), places[found].tolist(), strict=True):
            of_text[i].append(place)
        yield from of_text.items()

    def _stood_before(self, known: list[int], needed: int) -> bool:
        if len(known) < needed:
            return False
        shared = Counter(holder for place in known for holder in self._holders(place))
        return max(shared.values(), default=0) >= needed

    def _holders(self, place: int) -> Iterator[int]:
        entry = self._latest[place]
        while entry:
            yield self._holder[entry]
            entry = self._before[entry]

    def _hold(self, known: list[int], text: int) -> None:
        for place in known:
            if self._held[place] < MAX_HOLDERS:
                self._held[place] += 1
                self._before.append(self._latest[place])
                self._latest[place] = len(self._holder)
                self._holder.append(text)


def _repeated(file: BinaryIO, count: int) -> Array:
    """Return the hashes that the file holds more than once, in order."""
    parts = 1 << (count // _PART).bit_length()
    return np.sort(np.concatenate([_repeated_of_part(file, parts, part) for part in range(parts)]))


def _repeated_of_part(file: BinaryIO, parts: int, part: int) -> Array:
    file.seek(0)
    hashes = np.sort(np.concatenate([block[block & np.uint64(parts - 1) == part] for block in _blocks(file)]))
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])


def _blocks(file: BinaryIO) -> Iterator[Array]:
    """Yield the hashes from the place where the file stands; one block at the least."""
    yield np.empty(0, np.uint64)
    while block := file.read(_BLOCK * HASH_BYTES):
        yield np.frombuffer(block, np.uint64)
