"""What the texts of a corpus are compared by: a worker finds it, the main process compares."""

import hashlib
import re

from model.corpus.split import MIN_LINE_LETTERS, letters

HASH_BYTES = 8  # of ten million lines, two unlike ones meet with a chance of one in four hundred thousand

# The hashes, and before them how many of them must stand in one earlier text to call this one a repeat.
Hashes = tuple[int, bytes]

# The signs that end a name, such as C++ and C#, tell it from others.
_TELLING = re.compile(r"(\d+)|[^\W\d_]+|(?<=[^\W_])[+#]+")


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=HASH_BYTES).digest()


def whole(text: str) -> Hashes:
    """Hash the letters, ё as е, and the numbers, in their order, or the text itself where it has none of either."""
    found = _TELLING.finditer(text.lower().replace("ё", "е"))
    return 1, _hash("".join([f" {one[0]} " if one[1] else one[0] for one in found]) or text.strip())


def long_lines(text: str) -> Hashes:
    """Hash each line that is too long to meet by chance; the whole where these are fewer than half of the lines."""
    lines = dict.fromkeys(filter(None, map(letters, text.split("\n"))))
    long = [line for line in lines if len(line) >= MIN_LINE_LETTERS]
    half = (len(lines) + 1) // 2
    return (half, b"".join(map(_hash, long))) if long and len(long) >= half else whole(text)
