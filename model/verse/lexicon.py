"""Which words exist, and which runs of words the corpus has."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import marisa_trie
import numpy as np
from numpy.typing import NDArray

from model.verse.data import DATA, FORMS, RHYMES, RUNS
from model.verse.stress import ENCODING, Stress
from model.verse.words import words_of

RUN = 5  # words
BITS, HASHES = 10, 7  # bits a run in the filter, and how many of them are set: one run in 120 is a false alarm


class Lexicon:
    """The forms of the stress dictionary and of the corpus: any other word is made up."""

    def __init__(self, stress: Stress, folder: Path = DATA) -> None:
        self._stress, self._forms = stress, marisa_trie.BinaryTrie()
        self._forms.mmap(str(folder / FORMS))

    def knows(self, form: str) -> bool:
        """Return whether a form in lower case exists; a compound exists if its parts do."""
        if self._stress.knows(form) or self._listed(form):
            return True
        parts = form.split("-")
        return len(parts) > 1 and all(self.knows(part) for part in parts)

    def unknown(self, line: str) -> list[str]:
        """Return the Russian words of a line that do not exist."""
        return [word.form for word in words_of(line) if word.is_russian and not self.knows(word.form)]

    def _listed(self, form: str) -> bool:
        try:
            return form.replace("ё", "е").encode(ENCODING) in self._forms
        except UnicodeEncodeError:
            return False


class RhymingWord(NamedTuple):
    """A word that ends lines of the corpus; `weight` is the binary logarithm of how many, cut to 9."""

    form: str
    weight: int


class Rhymes:
    """The words that end at least two lines of the corpus, by what they rhyme with."""

    def __init__(self, folder: Path = DATA) -> None:
        self._words = marisa_trie.BinaryTrie()
        self._words.mmap(str(folder / RHYMES))

    @lru_cache(maxsize=4096)  # noqa: B019  one instance a process
    def words(self, class_: str) -> tuple[RhymingWord, ...]:
        """Return the words of a rhyme class, in alphabetical order."""
        found = (key.decode(ENCODING).split("\t") for key in self._words.keys(f"{class_}\t".encode(ENCODING)))
        return tuple(sorted(RhymingWord(form, int(weight)) for _, weight, form in found))


class Runs:
    """The runs of RUN words that the corpus has, as a Bloom filter: it has them all, and takes few others for one."""

    def __init__(self, bits: NDArray[np.uint8]) -> None:
        self._bits = bits

    @classmethod
    def read(cls, folder: Path = DATA) -> "Runs":
        """Map the filter into memory."""
        return cls(np.memmap(folder / RUNS, np.uint8, "r"))

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Runs":
        """Return the filter of texts."""
        runs = {run for text in texts for run in runs_of([word.form for word in words_of(text)])}
        built = cls(np.zeros(max(len(runs) * BITS // 8, 8), np.uint8))
        for run in runs:
            for byte, bit in built._places(run):
                built._bits[byte] |= bit
        return built

    def save(self, folder: Path) -> None:
        """Write the filter."""
        (folder / RUNS).write_bytes(self._bits.tobytes())

    def __contains__(self, run: str) -> bool:
        return all(self._bits[byte] & bit for byte, bit in self._places(run))

    def copied(self, before: Sequence[str], line: str) -> bool:
        """Return whether the words of a line, with the last ones before it, hold a run of the corpus."""
        words = [*before[-(RUN - 1) :], *(word.form for word in words_of(line))]
        return any(run in self for run in runs_of(words))

    def _places(self, run: str) -> Iterator[tuple[int, np.uint8]]:
        digest = hashlib.blake2b(run.encode(), digest_size=8 * HASHES).digest()
        for place in np.frombuffer(digest, "<u8") % np.uint64(8 * len(self._bits)):
            yield int(place) // 8, np.uint8(1 << int(place) % 8)


def runs_of(words: Sequence[str]) -> Iterator[str]:
    """Yield each run of RUN words, ё written е."""
    for start in range(len(words) - RUN + 1):
        yield " ".join(words[start : start + RUN]).replace("ё", "е")
