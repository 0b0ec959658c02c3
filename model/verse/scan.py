"""A text as the ear hears it: its stresses, metre, feet and rhymes."""

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model.text.parameters import FREE
from model.verse.metre import Ear, Line, PoemMetre, feet_pattern, metre_of
from model.verse.rhyme import CLOSE, LOOSE, Ending, ending, likeness
from model.verse.stress import vowel_at

STRESS = "\N{COMBINING ACUTE ACCENT}"
UNRHYMED = "-"
LINE_COST = 0.2  # a syllable, of a line that is said to be in the poem's metre


@dataclass(frozen=True)
class Scan:
    """What was heard. `scheme` has a letter for each line, or UNRHYMED, and a space between stanzas."""

    stressed: str
    metre: str  # one of METRES, or FREE
    feet: str  # as `feet_pattern` has it; empty where the metre is FREE
    scheme: str
    in_metre: float  # the share of lines in the metre, from 0 to 1
    score: float  # half of it is `in_metre`, half the share of lines that rhyme


def scan(ear: Ear, text: str) -> Scan:
    """Return what the ear hears in a text, whose stanzas are separated by blank lines."""
    stanzas = [[ear.line(line) for line in stanza] for stanza in stanzas_of(text)]
    lines = [line for stanza in stanzas for line in stanza]
    metre = metre_of(lines)
    schemes = [scheme_of([endings_in(ear, line, metre.nearest) for line in stanza]) for stanza in stanzas]
    stressed = "\n\n".join("\n".join(_stressed(line, metre) for line in stanza) for stanza in stanzas)
    feet = "" if metre.name == FREE else feet_pattern(metre.feet)
    in_metre = _share(lines_in_metre(lines, metre))
    rhymed = _share(letter != UNRHYMED for letter in "".join(schemes))
    return Scan(stressed, metre.name, feet, " ".join(schemes), in_metre, round((in_metre + rhymed) / 2, 3))


def stanzas_of(text: str) -> list[list[str]]:
    """Return the stanzas of a text, each a list of its lines; blank ones are left out."""
    stanzas: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            stanzas[-1].append(line)
        elif stanzas[-1]:
            stanzas.append([])
    return [stanza for stanza in stanzas if stanza]


def endings_in(ear: Ear, line: Line, metre: int) -> list[Ending]:
    """Return how a line may end in a metre of METRES, the likeliest way first; none if its last word is not Russian."""
    word = next((word for word in reversed(line.words) if word.syllables), None)
    if word is None or not word.is_russian:
        return []
    readings = line.fits[metre].last if line.fits else ear.stress.readings(word.form)
    return [ending(word.form, reading) for reading in readings]


def scheme_of(lines: Sequence[Sequence[Ending]]) -> str:
    """Return the scheme of a stanza, given how each line may end.

    A line joins the line before it that it rhymes with best, the nearest of equals. Lines that are left without a
    rhyme then join each other where they sound alike loosely.
    """
    letters = [str(number) for number in range(len(lines))]
    for least in (CLOSE, LOOSE):
        for number, line in enumerate(lines):
            if letters.count(letters[number]) == 1:
                free = [n for n in range(number) if least == CLOSE or letters.count(letters[n]) == 1]
                alike = [(alike_endings(line, lines[n]), n) for n in free]
                best = max(alike, default=(0.0, 0))
                letters[number] = letters[best[1]] if best[0] >= least else letters[number]
    names = iter(string.ascii_uppercase * 10)
    named = {letter: next(names) for letter in dict.fromkeys(letters) if letters.count(letter) > 1}
    return "".join(named.get(letter, UNRHYMED) for letter in letters)


def alike_endings(one: Sequence[Ending], other: Sequence[Ending]) -> float:
    """Return how much two lines can sound alike, given how each may end."""
    return max((likeness(first, second) for first in one for second in other), default=0.0)


def _stressed(line: Line, metre: PoemMetre) -> str:
    """Return the line with an accent after each stressed vowel; words of one syllable are left as they are."""
    if not line.fits:
        return line.text
    text = line.text
    for word, reading in reversed(list(zip(line.words, line.fits[metre.nearest].readings, strict=True))):
        if reading is not None and word.is_russian and word.syllables > 1:
            place = word.start + vowel_at(word.form, reading)
            written = _yo(text[place]) if reading.yo else text[place] + STRESS
            text = text[:place] + written + text[place + 1 :]
    return text


def _yo(letter: str) -> str:
    return "Ё" if letter.isupper() else "ё"


def lines_in_metre(lines: Sequence[Line], metre: PoemMetre) -> list[bool]:
    """Return whether each line is in the poem's metre; none is where that is FREE."""
    costs = [line.fits[metre.nearest].cost if line.fits else 1.0 for line in lines]
    return [metre.name != FREE and cost <= LINE_COST for cost in costs]


def _share(flags: Iterable[bool]) -> float:
    kept = list(flags)
    return round(sum(kept) / len(kept), 3) if kept else 0.0
