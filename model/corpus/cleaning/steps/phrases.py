"""Cutting prose into phrases about as long as a line of verse.

Each paragraph is cut so that the sum of two costs is least: that of each cut, given the words around it, and that of
each line, given its length. The cheapest way to reach a word is computed from those to the nine words before it
(dynamic programming), so the time is linear.
"""

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from model.corpus.cleaning.steps.lines import join

MOST = 9  # words per line, including marks that stand alone
KNOWN = 2**16  # words whose sides are cached; few texts have more different ones

_QUOTES = "\"'«»„“”()[]<>*_"
_DASHES = "-–—"
_WORD = re.compile(r"\S+")
_JOINTS = frozenset(
    _WORD.findall(
        "и а но да или либо ни что чтобы чтоб как будто словно точно когда пока если хотя хоть где куда откуда чем "
        "нежели который которая которое которые которого которой которому которым которых которую котором которыми кто "
        "кого кому чей потому поэтому так то зато однако лишь только ибо едва"
    )
)
_PREPOSITIONS = frozenset(
    _WORD.findall(
        "в во на с со к ко о об обо по за из изо у от ото до для без безо под подо над надо при про через перед между "
        "сквозь среди около возле после против ради из-за из-под"
    )
)
_CLINGING = _JOINTS | _PREPOSITIONS | {"не"}  # words that a line does not end with

_NEVER = 1000
_LENGTHS = (_NEVER, 14, 8, 2, 0, 0, 0, 0, 1, 2)  # the cost of a line by its number of words; 0 words are marks alone


class _End(Enum):
    """The ending of a word; the value is the cost of a cut after it, if the ending alone determines the cost."""

    SENTENCE = -5
    CLAUSE = 0
    CLINGING = 12
    OPEN = None


class _Start(Enum):
    """The type of a word; the value is the cost of a cut before it, if the previous word's ending is open."""

    JOINT = 3
    PREPOSITION = 5
    OTHER = 7


class _Sides(NamedTuple):
    """The properties of a word that determine the cost of a cut before or after it."""

    start: _Start
    capital: bool
    end: _End
    mark: bool  # a dash, or another mark that stands alone


def phrases(text: str) -> str | None:
    """Cut each line, as a paragraph, into lines of 3 to 9 words, at phrase ends if possible, and make it a stanza."""
    return join("\n".join(_lines(line.split())) + "\n" for line in text.split("\n"))


def _lines(words: list[str]) -> list[str]:
    """Return a paragraph's words as lines."""
    sides = [*map(_sides, words)]
    starts = _starts([0, *_costs(sides), 0], [*accumulate((not side.mark for side in sides), initial=0)])
    return [" ".join(words[start:end]) for start, end in pairwise(starts)]


def _starts(costs: Sequence[int], passed: Sequence[int]) -> list[int]:
    """Return where lines start, and the end. Before each word, `costs` has the cost of a cut, `passed` counts words."""
    least, came_from = [0], [0]
    for end in range(1, len(passed)):
        count, first = passed[end], max(0, end - MOST)
        sums = [before + _LENGTHS[count - at] for before, at in zip(least[first:], passed[first:end], strict=True)]
        best = min(sums)
        least.append(best + costs[end])
        came_from.append(first + sums.index(best))
    places = [len(passed) - 1]
    while places[-1]:
        places.append(came_from[places[-1]])
    return places[::-1]


def _costs(sides: Sequence[_Sides]) -> list[int]:
    """Return the cost of a cut between each two words."""
    leads = [_leads(sides, i) for i in range(len(sides))]
    pairs = zip(pairwise(sides), pairwise(leads), strict=True)
    return [_cost(before, after, led=led, leading=leading) for (before, after), (led, leading) in pairs]


def _leads(sides: Sequence[_Sides], place: int) -> bool:
    """Return whether a word is a mark that belongs to the next word: a dash that opens speech."""
    if not sides[place].mark or not place:
        return sides[place].mark
    opens = sides[place - 1].end is _End.SENTENCE and place + 1 < len(sides)
    return opens and sides[place + 1].capital


def _cost(before: _Sides, after: _Sides, *, led: bool, leading: bool) -> int:
    """Return the cost of a cut between two words; `led` if `before` leads `after`, `leading` if `after` leads."""
    if led or (after.mark and not leading):
        return _NEVER
    if after.mark:
        return _End.SENTENCE.value
    if before.end is _End.SENTENCE and not after.capital:  # continued speech: "Да!" he said
        return _End.CLAUSE.value
    return before.end.value if before.end.value is not None else after.start.value


@lru_cache(KNOWN)
def _sides(word: str) -> _Sides:
    opened = word.lstrip(_QUOTES + _DASHES)
    small, capital = opened.lower(), not opened[:1].islower()
    joint = small.rstrip(",:;") in _JOINTS
    start = _Start.JOINT if joint else _Start.PREPOSITION if small in _PREPOSITIONS else _Start.OTHER
    return _Sides(start, capital, _end(word, small), not any(map(str.isalnum, word)))


def _end(word: str, small: str) -> _End:
    bare = word.rstrip(_QUOTES)
    initial = len(small) == 2 and small.endswith(".")  # noqa: PLR2004  a letter and a stop
    if bare.endswith((".", "!", "?", "…")) and not initial:
        return _End.SENTENCE
    if bare.endswith((",", ";", ":", *_DASHES)):
        return _End.CLAUSE
    return _End.CLINGING if small in _CLINGING or initial else _End.OPEN
