"""Train, validation and test parts, the same on every machine, with near-duplicates in the same part.

Texts of further corpora are kept apart from its validation and test parts by the same criterion.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Literal

from model.corpus.texts import Text
from model.errors import ModelError

Part = Literal["train", "validation", "test"]
SHARED_LINES = 2  # poems with this many lines in common are versions of the same poem
MIN_LINE_LETTERS = 12  # shorter lines coincide by chance
MAX_HOLDERS = 20  # a line in more poems is a footer or a set phrase, not a sign of a shared origin

_NOT_LETTERS = re.compile(r"[\W\d_]+")


def letters(text: str) -> str:
    """Reduce a text to what all its versions have in common: lower-case letters, with ё as е."""
    return _NOT_LETTERS.sub("", text.lower().replace("ё", "е"))


def split(poems: Sequence[Text]) -> dict[Part, list[Text]]:
    """Split the poems into parts of about 90, 5 and 5 %, by a hash of the text."""
    parts: dict[Part, list[Text]] = {"train": [], "validation": [], "test": []}
    digests = [hashlib.sha256(letters(poem.text).encode()).hexdigest() for poem in poems]
    for group in _groups(poems):
        part = _part(min(digests[i] for i in group))
        parts[part] += [poems[i] for i in group]
    return parts


def training_split(poems: Sequence[Text]) -> dict[Part, list[Text]]:
    """Split as `split` does. ModelError if a part is empty."""
    parts = split(poems)
    if empty := [part for part, chosen in parts.items() if not chosen]:
        raise ModelError(f"the corpus is too small: of {len(poems)} texts none fell into the {empty[0]} part")
    return parts


def without_kin(texts: Iterable[Text], held_out: Sequence[Text]) -> Iterator[Text]:
    """Return, one by one, the texts of a further corpus that are not versions of a validation or test text.

    A version shares SHARED_LINES lines with a held-out text, or contains every line of one that is too short for that.
    """
    kinship = _Kinship(held_out)
    return (text for text in texts if not kinship.includes(_lines(text)))


class _Kinship:
    """An index of the held-out texts by line, so that comparing a text with all of them takes time linear in it."""

    def __init__(self, held_out: Sequence[Text]) -> None:
        self._holders = _holders(held_out)
        self._whole: dict[str, list[set[str]]] = defaultdict(list)  # texts with few distinctive lines, by longest line
        telling = Counter(i for holders in self._holders.values() for i in holders)
        for i, text in enumerate(held_out):
            lines = _lines(text)
            if telling[i] < SHARED_LINES and sum(map(len, lines)) >= MIN_LINE_LETTERS:
                self._whole[max(lines, key=len)].append(lines)

    def includes(self, lines: set[str]) -> bool:
        """Return whether a text with these lines is a version of a held-out one."""
        shared = Counter(i for line in lines for i in self._holders.get(line, ()))
        if max(shared.values(), default=0) >= SHARED_LINES:
            return True
        return any(whole <= lines for line in lines for whole in self._whole.get(line, ()))


def _part(digest: str) -> Part:
    place = int(digest[:8], 16) % 100
    if place < 90:  # noqa: PLR2004  the split is defined here
        return "train"
    return "validation" if place < 95 else "test"  # noqa: PLR2004


def _groups(poems: Sequence[Text]) -> list[list[int]]:
    """Group poems that share lines, by union-find."""
    parent = list(range(len(poems)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for (a, b), shared in _shared_lines(poems).items():
        if shared >= SHARED_LINES:
            parent[root(a)] = root(b)
    groups: dict[int, list[int]] = defaultdict(list)
    for i in range(len(poems)):
        groups[root(i)].append(i)
    return list(groups.values())


def _shared_lines(poems: Sequence[Text]) -> Counter[tuple[int, int]]:
    return Counter(pair for holders in _holders(poems).values() for pair in combinations(holders, 2))


def _holders(poems: Sequence[Text]) -> dict[str, list[int]]:
    """Return the poems that contain each line, leaving out set phrases and lines that coincide by chance."""
    holders: dict[str, list[int]] = defaultdict(list)
    for i, poem in enumerate(poems):
        for line in _lines(poem):
            if len(line) >= MIN_LINE_LETTERS:
                holders[line].append(i)
    return {line: found for line, found in holders.items() if len(found) <= MAX_HOLDERS}


def _lines(poem: Text) -> set[str]:
    """Return a poem's lines reduced to their letters, leaving out lines without letters."""
    return {line for line in map(letters, poem.text.split("\n")) if line}
