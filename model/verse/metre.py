"""Metre: which of the five metres of Russian verse a line or a poem is in, and how its words are stressed there.

A metre is a foot of two or three syllables with one strong one. A line fits at a cost: of words stressed on a weak
syllable, of strong syllables without a stress, and of a last stress that is not strong. Lines are compared by the cost
a syllable, so that 0 is a line that says every stress where the metre has it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from model.text.parameters import FREE
from model.verse.stress import Reading, Stress
from model.verse.words import CLITICS, LIGHT, Word, words_of


class Metre(NamedTuple):
    """A metre: the syllables of a foot, and which of them is strong."""

    name: str
    foot: int
    strong: int


METRES = (
    Metre("iamb", 2, 1),
    Metre("trochee", 2, 0),
    Metre("dactyl", 3, 0),
    Metre("amphibrach", 3, 1),
    Metre("anapaest", 3, 2),
)
NUMBERS = {metre.name: number for number, metre in enumerate(METRES)}
MOST_SYLLABLES = 30  # of a line

_WEAK_STRESS = 1.0  # a word of several syllables stressed on a weak one
_WEAK_LIGHT = 0.6  # the same of a pronoun or another small word
_WEAK_SHORT = 0.25  # a word of one syllable on a weak one
_WEAK_SHORT_LIGHT = 0.05
_UNSTRESSED_STRONG = {2: 0.12, 3: 0.5}  # by the foot: iambs and trochees skip stresses often
_FIRST_WEAK = 0.5  # what part a stress on the first syllable costs: the line's beginning is free
_LAST = 1.5  # the last stressed syllable is not strong
_OTHER_READING = 0.08  # a reading that is not the likeliest
_MOST_COST = {2: 0.105, 3: 0.14}  # a syllable, of a poem that is said to be in a metre, by the foot


class Fit(NamedTuple):
    """How a line fits a metre: its cost a syllable, its feet, and the reading of each word, None without stress.

    `last` are the readings of the last word that cost no more than the chosen one, which is the first of them, does.
    """

    cost: float
    feet: int
    readings: tuple[Reading | None, ...]
    last: tuple[Reading, ...]


@dataclass(frozen=True)
class Line:
    """A line as heard: its words, and for each metre the fit. `fits` is empty for a line without syllables."""

    text: str
    words: tuple[Word, ...]
    fits: tuple[Fit, ...]


@dataclass(frozen=True)
class PoemMetre:
    """The metre of a poem: `name` is one of METRES or FREE, and `feet` and `cost` a syllable are those of the nearest.

    `nearest` is its number in METRES.
    """

    name: str
    nearest: int
    feet: tuple[int, ...]
    cost: float


class Ear:
    """Hears lines, by the stresses of a dictionary."""

    def __init__(self, stress: Stress) -> None:
        self.stress = stress

    @lru_cache(maxsize=4096)  # noqa: B019  one instance a process
    def line(self, text: str) -> Line:
        """Return a line as heard in each metre."""
        words = tuple(words_of(text))
        syllables = sum(word.syllables for word in words)
        readings = [self._readings(word) for word in words]
        fits: tuple[Fit, ...] = ()
        if 0 < syllables <= MOST_SYLLABLES:
            fits = tuple(_fit(words, readings, syllables, metre) for metre in METRES)
        return Line(text, words, fits)

    def _readings(self, word: Word) -> list[Reading]:
        if word.is_russian:
            return self.stress.readings(word.form)
        return [Reading(vowel) for vowel in range(word.syllables)]


def _fit(words: Sequence[Word], readings: Sequence[list[Reading]], syllables: int, metre: Metre) -> Fit:
    """Choose for each word the reading that costs least, on its own: its place in the line is given."""
    chosen: list[Reading | None] = []
    ends: tuple[Reading, ...] = ()
    cost, start, stressed = 0.0, 0, set[int]()
    last = _last_stressable(words)
    for number, (word, possible) in enumerate(zip(words, readings, strict=True)):
        costs = [
            _reading_cost(word, one, rank, start, metre) + (number == last) * _last_cost(start + one.vowel, metre)
            for rank, one in enumerate(possible)
        ]
        best = possible[costs.index(min(costs))] if costs else None
        if number == last:
            near = (one for one, each in zip(possible, costs, strict=True) if each <= min(costs) + _OTHER_READING)
            ends = tuple(sorted(near, key=lambda one: one != best))
        if best is not None:
            cost += min(costs)
            if word.form not in CLITICS:
                stressed.add(start + best.vowel)
        chosen.append(None if word.form in CLITICS else best)
        start += word.syllables
    end = max(stressed, default=syllables - 1)
    strong = [place for place in range(end + 1) if place % metre.foot == metre.strong]
    cost += sum(_UNSTRESSED_STRONG[metre.foot] for place in strong if place not in stressed)
    return Fit(cost / syllables, len(strong), tuple(chosen), ends)


def _last_stressable(words: Sequence[Word]) -> int:
    """Return the number of the word that ends the line for the ear, -1 without one."""
    return max((number for number, word in enumerate(words) if word.syllables), default=-1)


def _reading_cost(word: Word, reading: Reading, rank: int, start: int, metre: Metre) -> float:
    cost = _OTHER_READING if rank else 0.0
    if word.form in CLITICS or (start + reading.vowel) % metre.foot == metre.strong:
        return cost
    light = word.form in LIGHT
    if word.syllables == 1:
        weak = _WEAK_SHORT_LIGHT if light else _WEAK_SHORT
    else:
        weak = _WEAK_LIGHT if light else _WEAK_STRESS
    return cost + weak * (_FIRST_WEAK if start + reading.vowel == 0 else 1)


def _last_cost(place: int, metre: Metre) -> float:
    return 0.0 if place % metre.foot == metre.strong else _LAST


def metre_of(lines: Sequence[Line]) -> PoemMetre:
    """Return the metre that the lines cost least in, FREE if they cost much in each."""
    heard = [line for line in lines if line.fits]
    if not heard:
        return PoemMetre(FREE, 0, (), 0.0)
    costs = [sum(line.fits[number].cost for line in heard) / len(heard) for number in range(len(METRES))]
    best = costs.index(min(costs))
    name = METRES[best].name if costs[best] <= _MOST_COST[METRES[best].foot] else FREE
    return PoemMetre(name, best, tuple(line.fits[best].feet for line in heard), costs[best])


def feet_pattern(feet: Sequence[int]) -> str:
    """Return `4` for lines of 4 feet, `43` for lines of 4 and 3 in turn, `v` (varying) for anything else."""
    for length in (1, 2, 3, 4):
        usual = [Counter(feet[place::length]).most_common(1)[0][0] for place in range(min(length, len(feet)))]
        kept = sum(count == usual[place % length] for place, count in enumerate(feet))
        if feet and kept >= _REGULAR * len(feet):
            return "".join(map(str, usual)) if len(set(usual)) > 1 else str(usual[0])
    return "v"


_REGULAR = 0.85  # the share of lines that a pattern of feet must hold for
