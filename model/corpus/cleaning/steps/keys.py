"""The keys by which texts are compared: computed by the workers, compared in the main process."""

import hashlib
import re

from model.corpus.split import MIN_LINE_LETTERS, letters

HASH_BYTES = 8  # among ten million lines, two different ones collide with a probability of 1 in 400,000

# The number of hashes that an earlier text must share for this one to be a repeat, and the hashes.
Hashes = tuple[int, bytes]

# Signs at the end of a name are significant, as in C++ and C#.
_TELLING = re.compile(r"(\d+)|[^\W\d_]+|(?<=[^\W_])[+#]+")


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=HASH_BYTES).digest()


def whole(text: str) -> Hashes:
    """Hash the letters, with ё as е, and the numbers, in order; or the text itself if it has neither."""
    found = _TELLING.finditer(text.lower().replace("ё", "е"))
    return 1, _hash("".join([f" {one[0]} " if one[1] else one[0] for one in found]) or text.strip())


def long_lines(text: str) -> Hashes:
    """Hash each line too long to coincide by chance, or the whole text if fewer than half of its lines are so long."""
    lines = dict.fromkeys(filter(None, map(letters, text.split("\n"))))
    long = [line for line in lines if len(line) >= MIN_LINE_LETTERS]
    half = (len(lines) + 1) // 2
    return (half, b"".join(map(_hash, long))) if long and len(long) >= half else whole(text)
