"""The characters of a corpus, by script."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

RARE = 100_000  # a character is rare when it is fewer than one in so many
LISTED = 200
SCRIPTS = ("Cyrillic", "Latin", "digits", "punctuation", "spaces", "other")


@dataclass(frozen=True)
class Character:
    """A character that a reader may want to look into."""

    code: str  # U+0451
    glyph: str  # the character itself; empty where it is not to be seen alone
    name: str  # as Unicode has it; empty for control characters and others that have none
    count: int


@dataclass(frozen=True)
class Alphabet:
    """All characters of the texts, line ends too."""

    distinct: int
    scripts: dict[str, int]  # how many characters are Cyrillic, Latin, digits, punctuation, spaces, other
    rare: int  # how many different characters are rare, or other
    rare_characters: list[Character]  # of these the most frequent ones


def alphabet(characters: Mapping[str, int]) -> Alphabet:
    """Sum up how often each character occurs."""
    scripts = dict.fromkeys(SCRIPTS, 0)
    for character, times in characters.items():
        scripts[script(character)] += times
    few = sum(characters.values()) / RARE
    rare = Counter({c: times for c, times in characters.items() if times < few or script(c) == "other"})
    listed = sorted(rare.items(), key=lambda item: (-item[1], item[0]))[:LISTED]
    told = [Character(f"U+{ord(c):04X}", _glyph(c), unicodedata.name(c, ""), times) for c, times in listed]
    return Alphabet(len(characters), scripts, len(rare), told)


def script(character: str) -> str:
    """Name the kind of a character. Signs such as + and $ count as punctuation, emoji as other."""
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
