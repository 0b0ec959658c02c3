"""The characters of a corpus, by script."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

RARE = 100_000  # a character is rare if fewer than one in this many
LISTED = 200
SCRIPTS = ("Cyrillic", "Latin", "digits", "punctuation", "spaces", "other")


@dataclass(frozen=True)
class Character:
    """A character that may deserve a closer look."""

    code: str  # U+0451
    glyph: str  # the character itself; empty if it is not visible on its own
    name: str  # its Unicode name; empty for control characters and others without a name
    count: int


@dataclass(frozen=True)
class Alphabet:
    """All characters of the texts, including line ends."""

    distinct: int
    scripts: dict[str, int]  # number of characters that are Cyrillic, Latin, digits, punctuation, spaces, other
    rare: int  # number of distinct characters that are rare or of another script
    rare_characters: list[Character]  # the most frequent of these


def alphabet(characters: Mapping[str, int]) -> Alphabet:
    """Summarise how often each character occurs."""
    scripts = dict.fromkeys(SCRIPTS, 0)
    for character, times in characters.items():
        scripts[script(character)] += times
    few = sum(characters.values()) / RARE
    rare = Counter({c: times for c, times in characters.items() if times < few or script(c) == "other"})
    listed = sorted(rare.items(), key=lambda item: (-item[1], item[0]))[:LISTED]
    shown = [Character(f"U+{ord(c):04X}", _glyph(c), unicodedata.name(c, ""), times) for c, times in listed]
    return Alphabet(len(characters), scripts, len(rare), shown)


def script(character: str) -> str:
    """Return the kind of a character. Signs such as + and $ count as punctuation, emoji as other."""
    category = unicodedata.category(character)
    if category[0] == "L":
        first = unicodedata.name(character, "").split(" ")[0].capitalize()
        return first if first in ("Cyrillic", "Latin") else "other"
    if character == "\n" or category == "Zs":
        return "spaces"
    kinds = {"N": "digits", "P": "punctuation"}
    return "punctuation" if category in ("Sm", "Sc", "Sk") else kinds.get(category[0], "other")


def _glyph(character: str) -> str:
    return "" if unicodedata.category(character)[0] in "CMZ" else character
