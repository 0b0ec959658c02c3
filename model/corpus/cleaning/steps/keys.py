"""What the texts of a corpus are compared by: a worker finds it, the main process compares."""

import hashlib
import re
from functools import lru_cache

from model.corpus.split import MIN_LINE_LETTERS, letters

HASH_BYTES = 8  # of ten million lines, two unlike ones meet with a chance of one in four hundred thousand

# The hashes, and before them how many of them must stand in one earlier text to call this one a repeat.
Hashes = tuple[int, bytes]

_DIGITS = re.compile(r"\d+")


@lru_cache(maxsize=1)
def _letters_by_line(text: str) -> list[str]:
    """Both kinds of repeats ask for the same text, one after the other."""
    return [letters(line) for line in text.split("\n")]


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=HASH_BYTES).digest()


def whole(text: str) -> Hashes:
    """Hash the letters, ё as е, and the digits, or the text itself where it has none of either."""
    return 1, _hash("".join([*_letters_by_line(text), *_DIGITS.findall(text)]) or text.strip())


def long_lines(text: str) -> Hashes:
    """Hash each line that is too long to meet by chance; the whole where these are fewer than half of the lines."""
    lines = dict.fromkeys(filter(None, _letters_by_line(text)))
    long = [line for line in lines if len(line) >= MIN_LINE_LETTERS]
    half = (len(lines) + 1) // 2
    return (half, b"".join(map(_hash, long))) if long and len(long) >= half else whole(text)
