"""Finding texts that repeat an earlier one, in little memory and two passes over the corpus.

The first pass writes every hash to a file, in which the hashes that occur more than once are then found, part by part.
The second looks up only those: most lines of a corpus occur in a single text and need no memory.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from model.corpus.cleaning.steps.keys import HASH_BYTES, Hashes

MAX_HOLDERS = 20  # earlier texts remembered per line; a line in more texts than that is a set phrase or a footer
_PART = 2**21  # hashes sorted at a time: 16 MB
_BLOCK = 2**19  # hashes read at a time

Array = NDArray[np.uint64]


class Repeats:
    """Drops a text if an earlier text that was kept shares the number of hashes that its key requires.

    `observe` is given the keys of all texts, then `keep` the same keys again, in the same chunks and order.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Store the hashes in `file`, which must be empty and open for reading and writing."""
        self._file = file
        self._repeated: Array = np.empty(0, np.uint64)
        self._texts = 0

    def observe(self, keys: Sequence[Hashes]) -> None:
        """Record the hashes of some texts."""
        self._file.write(b"".join(hashes for _, hashes in keys))

    def settle(self) -> None:
        """Find which hashes occur more than once."""
        self._repeated = _repeated(self._file, self._file.tell() // HASH_BYTES)
        self._file.truncate(0)
        count = len(self._repeated)
        # Each hash has a linked list of the texts that hold it, the latest first; 0 ends it.
        self._latest, self._held = array("I", bytes(4 * count)), bytearray(count)
        self._holder, self._before = array("I", [0]), array("I", [0])

    def keep(self, keys: Sequence[Hashes], candidates: Sequence[bool]) -> list[bool]:
        """Return for each text whether it is kept. One that is no candidate is dropped and has no repeats."""
        kept = list(candidates)
        for i, known in self._known(keys):
            if kept[i]:
                kept[i] = not self._is_repeat(known, keys[i][0])
            if kept[i]:
                self._hold(known, self._texts + i)
        self._texts += len(keys)
        return kept

    def _known(self, keys: Sequence[Hashes]) -> Iterator[tuple[int, list[int]]]:
        """Yield each text that has repeated hashes, with the indices of those hashes."""
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

    def _is_repeat(self, known: list[int], needed: int) -> bool:
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
    """Return the hashes that occur more than once in the file, sorted."""
    parts = 1 << (count // _PART).bit_length()
    return np.sort(np.concatenate([_repeated_of_part(file, parts, part) for part in range(parts)]))


def _repeated_of_part(file: BinaryIO, parts: int, part: int) -> Array:
    file.seek(0)
    hashes = np.sort(np.concatenate([block[block & np.uint64(parts - 1) == part] for block in _blocks(file)]))
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])


def _blocks(file: BinaryIO) -> Iterator[Array]:
    """Yield the hashes from the file's current position, in blocks; at least one block."""
    yield np.empty(0, np.uint64)
    while block := file.read(_BLOCK * HASH_BYTES):
        yield np.frombuffer(block, np.uint64)
