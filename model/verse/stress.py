"""Where words are stressed: a dictionary of forms, and a rule by endings for those that it lacks.

The dictionary was packed from the list of the package ru-accent-poet (MIT) by `model.verse.packing`, which says how the
two files are laid out.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import marisa_trie

from model.verse.data import DATA, ENDINGS, STRESS
from model.verse.words import CLITICS, VOWELS, vowel_places, word_set

ENCODING = "cp1251"  # one byte a letter
LONGEST_ENDING = 6  # letters
MOST_VOWELS = 16
FIRST, OTHER = 0x21, 0x61  # what the bytes of a form's first reading and of its others begin at, below the letters

# Prefixes behind which an unknown word is looked up again, the longest first.
_PREFIXES = sorted(
    word_set(
        """
        пере пре при про пред подо под пол полу от ото об обо о на над надо не ни недо за из изо ис во в вы воз вос
        взо вз вс без бес раз рас до по со с у сверх само свое все противо еже обще трех двух много мало
        """
    ),
    key=lambda prefix: (-len(prefix), prefix),
)
_UNSTRESSED_PARTS = frozenset("то ка таки либо нибудь де с кое по".split())  # noqa: SIM905


class Reading(NamedTuple):
    """One way to stress a word: the number of the stressed vowel, from 0 on the left, and whether it is ё."""

    vowel: int
    yo: bool = False


def code(reading: Reading, base: int) -> bytes:
    """Return the byte that stands for a reading before its form."""
    return bytes([base + 2 * reading.vowel + reading.yo])


class Stress:
    """The dictionary and the rule, mapped into memory: about 5 MB, shared between processes."""

    def __init__(self, folder: Path = DATA) -> None:
        self._forms, self._endings = marisa_trie.BinaryTrie(), marisa_trie.BinaryTrie()
        self._forms.mmap(str(folder / STRESS))
        self._endings.mmap(str(folder / ENDINGS))

    def knows(self, form: str) -> bool:
        """Return whether the dictionary has a form, in lower case."""
        return len(vowel_places(form)) > 1 and bool(self._listed(form.replace("ё", "е")))

    def readings(self, form: str) -> list[Reading]:
        """Return the readings of a word in lower case, the likeliest first; none for a word without vowels."""
        return list(self._readings(form))

    @lru_cache(maxsize=2**16)  # noqa: B019  one instance a process
    def _readings(self, form: str) -> tuple[Reading, ...]:
        places = vowel_places(form)
        if "ё" in form and len(places) > 0:
            return (Reading([form[place] for place in places].index("ё"), yo=True),)
        if len(places) <= 1:
            return self._listed(form) or (Reading(0),) * len(places)
        return self._listed(form) or self._by_part(form) or self._behind_prefix(form) or self._by_ending(form)

    def _listed(self, form: str) -> tuple[Reading, ...]:
        try:
            key = form.encode(ENCODING)
        except UnicodeEncodeError:
            return ()
        vowels = min(len(vowel_places(form)), MOST_VOWELS)
        possible = [Reading(vowel, yo) for vowel in range(vowels) for yo in (False, True)]
        return tuple(
            reading for base in (FIRST, OTHER) for reading in possible if code(reading, base) + key in self._forms
        )

    def _by_part(self, form: str) -> tuple[Reading, ...]:
        """Read the last stressed part of a compound: тёмно-синий, кто-нибудь."""
        parts = form.split("-")
        for number in range(len(parts) - 1, -1, -1):
            if len(parts) > 1 and parts[number] not in _UNSTRESSED_PARTS | CLITICS and vowel_places(parts[number]):
                before = sum(len(vowel_places(part)) for part in parts[:number])
                return tuple(Reading(before + one.vowel, one.yo) for one in self._readings(parts[number]))
        return ()

    def _behind_prefix(self, form: str) -> tuple[Reading, ...]:
        for prefix in _PREFIXES:
            rest = form[len(prefix) :]
            if form.startswith(prefix) and len(vowel_places(rest)) > 1 and (found := self._listed(rest)):
                before = len(vowel_places(prefix))
                return tuple(Reading(before + one.vowel, one.yo) for one in found)
        return ()

    def _by_ending(self, form: str) -> tuple[Reading, ...]:
        """Read an unknown word as most words with its longest known ending are read."""
        count = len(vowel_places(form))
        for length in range(min(LONGEST_ENDING, len(form)), 0, -1):
            key = form[-length:].encode(ENCODING, "replace")
            for back in range(min(count, MOST_VOWELS)):
                for yo in (False, True):
                    if code(Reading(back, yo), FIRST) + key in self._endings:
                        return (Reading(count - 1 - back, yo),)
        return (Reading(max(count - 2, 0)),)


def vowel_at(form: str, reading: Reading) -> int:
    """Return the place in the form of the vowel that a reading stresses."""
    return vowel_places(form)[reading.vowel]


def spelled(form: str, reading: Reading) -> str:
    """Return the form with ё where the reading says so."""
    place = vowel_at(form, reading)
    return f"{form[:place]}ё{form[place + 1 :]}" if reading.yo and form[place] in VOWELS else form
