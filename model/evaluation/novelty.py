"""How much of generated texts occurs in the corpus: the share of new substrings, and the longest copied run."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LENGTHS = range(1, 50)  # characters, as in torch-rnn's novel_substrings.py
BLOCK = 2**20  # characters of the corpus processed at a time
FILTER_BITS = 22  # of a hash, for a table that fits into a cache

Places = NDArray[np.int64]
Hashes = NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 2**64)


@dataclass(frozen=True)
class Novelty:
    """`new[i]` is the share of substrings of length LENGTHS[i] not in the corpus, None if no text is that long."""

    new: list[float | None]
    longest: str  # run that is also in the corpus, the first of several


def novelty(texts: Sequence[str], corpus: Sequence[str]) -> Novelty:
    """Compare generated texts with the corpus. No substring spans two texts.

    Substrings are compared by 64-bit hashes; a collision is expected about once in a million calls. Memory is about 70
    bytes per character of `texts` and of at most two blocks of the corpus.
    """
    written, longest = _Hashed(texts), (0, 0)  # the length of the longest run, and where it starts
    copied = np.zeros(len(written.left), np.int64)  # the length of the longest match found at each start
    for block in _blocks(corpus, max(map(len, texts), default=0)):
        pair = _Pair.of(written, block)
        for length in LENGTHS:
            pair = pair.narrowed(length)
            copied[pair.starts] = np.maximum(copied[pair.starts], length)
        longest = max(longest, pair.longest(longest[0]), key=lambda run: run[0])
    if not longest[0] and copied.any():
        longest = int(copied.max()), int(copied.argmax())
    shares = [_share(copied[written.left >= length] < length) for length in LENGTHS]
    return Novelty(shares, "".join(texts)[longest[1] : sum(longest)])


def _share(new: NDArray[np.bool_]) -> float | None:
    return float(new.mean()) if new.size else None


def _blocks(corpus: Sequence[str], longest: int) -> Iterator["_Hashed"]:
    """Yield the corpus in blocks. Pieces of a long text overlap so that any run up to `longest` lies within one."""
    block, size = list[str](), 0
    for piece in (text[i : i + BLOCK + longest] for text in corpus for i in range(0, len(text), BLOCK)):
        block.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield _Hashed(block)
            block, size = [], 0
    yield _Hashed(block)


class _Hashed:
    """Concatenated texts with rolling hashes. `left` counts the characters from each place to its text's end."""

    def __init__(self, texts: Sequence[str]) -> None:
        lengths = np.array([len(text) for text in texts], np.int64)
        self.left = np.repeat(np.cumsum(lengths), lengths) - np.arange(lengths.sum())
        codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
        # Prefix sums of code * base^place: a substring's hash is a difference of two, shifted back to place 0.
        self._sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_mixed(codes) * _powers(_BASE, len(codes)))])
        self._back = _powers(_INVERSE, len(codes))

    def hashes(self, starts: Places, length: int) -> Hashes:
        """Return the hashes of the substrings of this length that begin at `starts`."""
        hashes: Hashes = (self._sums[starts + length] - self._sums[starts]) * self._back[starts]
        return hashes


def _mixed(codes: Hashes) -> Hashes:
    """Hash the code points to 64 bits by splitmix64."""
    codes = (codes + np.uint64(1)) * np.uint64(_BASE)
    codes = (codes ^ (codes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    codes = (codes ^ (codes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return codes ^ (codes >> np.uint64(31))


def _powers(base: int, count: int) -> Hashes:
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers)


@dataclass(frozen=True)
class _Pair:
    """Places in the generated texts and in a block whose substrings of some length may match."""

    written: _Hashed
    block: _Hashed
    starts: Places  # confirmed matches
    places: Places

    @classmethod
    def of(cls, written: _Hashed, block: _Hashed) -> "_Pair":
        return cls(written, block, np.arange(len(written.left)), np.arange(len(block.left)))

    def narrowed(self, length: int) -> "_Pair":
        """Keep the places whose substrings of this length, greater than the last one, match."""
        starts = self.starts[self.written.left[self.starts] >= length]
        places = self.places[self.block.left[self.places] >= length]
        ours, theirs = self.written.hashes(starts, length), self.block.hashes(places, length)
        table = np.zeros(2**FILTER_BITS, np.bool_)
        table[_high_bits(ours)] = True
        near = table[_high_bits(theirs)]  # this alone filters out most non-matches
        known = np.sort(theirs[near])
        return _Pair(self.written, self.block, starts[_within(ours, known)], places[near])

    def longest(self, least: int) -> tuple[int, int]:
        """Return the length and the start of the longest match longer than `least`; (0, 0) if there is none."""
        most = int(self.written.left[self.starts].max(initial=0))
        lengths = range(max(least, LENGTHS[-1]) + 1, most + 1)
        # Every prefix of a match is a match, so bisection works.
        beyond = bisect_left(lengths, True, key=lambda length: not self.narrowed(length).starts.size)  # noqa: FBT003
        if not beyond:
            return 0, 0
        return lengths[beyond - 1], int(self.narrowed(lengths[beyond - 1]).starts[0])


def _high_bits(hashes: Hashes) -> Hashes:
    return hashes >> np.uint64(64 - FILTER_BITS)  # the low bits depend only on the characters' low bits


def _within(values: Hashes, known: Hashes) -> NDArray[np.bool_]:
    """Return which of `values` are in the sorted `known`."""
    if not known.size:
        return np.zeros(len(values), np.bool_)
    found: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
    return found
