"""Drafting: which of many candidates becomes the next line of a poem.

All of it are pure functions of the poem so far, what was asked, and the candidates, so a poem can be written again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile

from model.text.parameters import FREE, LIKE_PROMPT
from model.verse.lexicon import Lexicon, Rhymes, RhymingWord, Runs
from model.verse.metre import NUMBERS, Ear, Line, metre_of
from model.verse.poem import Poem
from model.verse.rhyme import CLOSE, rhyme_class
from model.verse.scan import LINE_COST, alike_endings, endings_in
from model.verse.words import CLITICS, LIGHT, words_of

MADNESS = 0.6  # from this share of chaos on, made-up words are welcome

# Weights of the score, whose unit is a nat of likelihood a token.
_METRE, _FEET, _RHYME, _REPEATED, _SAME_START, _SHORT = 6.0, 0.8, 1.2, 1.5, 0.5, 0.4
_FEWEST_WORDS = 3
_OTHER_LENGTH = 2  # feet more or less than the line is to have: another metre


class Fault(StrEnum):
    """Why a candidate may not be taken."""

    UNFINISHED = "unfinished"  # no end within the tokens of a candidate
    EMPTY = "empty"
    MADE_UP = "made-up word"
    COPIED = "copied"  # a run of the corpus
    REPEATED = "repeated"  # a line of the poem, or its last word
    METRE = "metre"
    RHYME = "rhyme"


# What gives way, in this order, where every candidate has a fault.
_GIVE_WAY = (
    frozenset[Fault](),
    frozenset({Fault.METRE}),
    frozenset({Fault.METRE, Fault.RHYME}),
    frozenset({Fault.METRE, Fault.RHYME, Fault.REPEATED}),
    frozenset({Fault.METRE, Fault.RHYME, Fault.REPEATED, Fault.COPIED}),
    frozenset(set(Fault) - {Fault.EMPTY}),
    frozenset(Fault),
)


@dataclass(frozen=True)
class Candidate:
    """A candidate for a line: its text, the mean log-probability of its tokens, and whether it came to its end."""

    text: str
    log_probability: float
    finished: bool


@dataclass(frozen=True)
class Verdict:
    """What is thought of a candidate: its score, and its faults."""

    candidate: Candidate
    score: float
    faults: frozenset[Fault]


@dataclass(frozen=True)
class Kept:
    """What a chosen line has kept of what was asked; `rhyme` is None where none was."""

    rhyme: bool | None
    metre: bool
    words: bool


class Judge:
    """Judges candidates by the ear, the lexicon and the corpus."""

    def __init__(self, ear: Ear, lexicon: Lexicon, runs: Runs, rhymes: Rhymes) -> None:
        self._ear, self._lexicon, self._runs, self._rhymes = ear, lexicon, runs, rhymes

    def rhyming_words(self, poem: Poem) -> list[RhymingWord]:
        """Return the words that rhyme with the next line's partner: no form of its last word, nor of another line's."""
        if poem.partner is None:
            return []
        ends = endings_in(self._ear, self._ear.line(poem.partner), self._metre(poem))
        taken = [word.form for line in poem.lines for word in words_of(line)[-1:]]
        found = {word for end in ends for word in self._rhymes.words(rhyme_class(end))}
        return sorted(word for word in found if not any(same_word(word.form, other) for other in taken))

    def verdicts(self, poem: Poem, candidates: Sequence[Candidate]) -> list[Verdict]:
        """Return a verdict for each candidate."""
        return [self._verdict(poem, candidate) for candidate in candidates]

    def kept(self, verdict: Verdict, poem: Poem) -> Kept:
        """Return what a line that was chosen has kept."""
        rhyme = None if poem.partner is None else self._rhyme(poem, verdict.candidate.text) >= CLOSE
        return Kept(rhyme, Fault.METRE not in verdict.faults, Fault.MADE_UP not in verdict.faults)

    def _verdict(self, poem: Poem, candidate: Candidate) -> Verdict:
        words = [word.form for word in words_of(candidate.text)]
        if not any(word.syllables for word in words_of(candidate.text)):
            return Verdict(candidate, -1e9, frozenset({Fault.EMPTY}))
        rhyme = self._rhyme(poem, candidate.text)
        cost, feet = self._metre_cost(poem, candidate.text)
        repeated = _repeated(poem, words)
        score = (
            candidate.log_probability - _METRE * cost - _FEET * feet + _RHYME * rhyme - _REPEATED * repeated
            - _SAME_START * _same_starts(poem, words) - _SHORT * max(0, _FEWEST_WORDS - len(words))
        )  # fmt: skip
        in_metre = cost <= LINE_COST and feet < _OTHER_LENGTH
        return Verdict(candidate, score, self._faults(poem, candidate, in_metre=in_metre, rhyme=rhyme))

    def _faults(self, poem: Poem, candidate: Candidate, *, in_metre: bool, rhyme: float) -> frozenset[Fault]:
        before = [word.form for line in (*poem.before, *poem.lines) for word in words_of(line)]
        found = {
            Fault.UNFINISHED: not candidate.finished,
            Fault.MADE_UP: not poem.form.made_up and bool(self._lexicon.unknown(candidate.text)),
            Fault.COPIED: self._runs.copied(before, candidate.text),
            Fault.REPEATED: _is_repeat(poem, candidate.text),
            Fault.METRE: not in_metre,
            Fault.RHYME: poem.form.rhyme_asked and poem.partner is not None and rhyme < CLOSE,
        }
        return frozenset(fault for fault, there in found.items() if there)

    def _rhyme(self, poem: Poem, text: str) -> float:
        if poem.partner is None:
            return 0.0
        metre = self._metre(poem)
        one, other = (endings_in(self._ear, self._ear.line(line), metre) for line in (text, poem.partner))
        return alike_endings(one, other)

    def _metre_cost(self, poem: Poem, text: str) -> tuple[float, int]:
        """Return the cost a syllable of a line in the poem's metre, and the feet that it has too many or too few."""
        line, number = self._ear.line(text), self._metre(poem)
        if poem.form.metre == FREE:
            return 0.0, 0
        if not line.fits:
            return 1.0, 0
        model = self._model_line(poem)
        feet = model.fits[number].feet if model else poem.habit.feet
        return line.fits[number].cost, abs(line.fits[number].feet - feet)

    @lru_cache(maxsize=16)  # noqa: B019  one instance a process; asked for each candidate of a line
    def _metre(self, poem: Poem) -> int:
        """Return the number in METRES of the poem's metre: as asked, or that of its lines, or a habit."""
        if poem.form.metre not in (FREE, LIKE_PROMPT):
            return NUMBERS[poem.form.metre]
        found = metre_of([self._ear.line(line) for line in poem.lines])
        return poem.habit.metre if found.name == FREE else found.nearest

    def _model_line(self, poem: Poem) -> Line | None:
        """Return the line whose feet the next line is to have: its partner, else the last but one, else the last."""
        model = poem.partner or (poem.stanza[-2:] or poem.lines[-1:] or (None,))[0]
        line = self._ear.line(model) if model else None
        return line if line and line.fits else None


def same_word(one: str, other: str) -> bool:
    """Return whether two words are probably forms of one: they begin alike, but for a short ending."""
    pairs = zip(one.replace("ё", "е"), other.replace("ё", "е"), strict=False)
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return alike >= max(3, max(len(one), len(other)) - 3)


def choose(verdicts: Sequence[Verdict], *, final: bool) -> int | None:
    """Return the number of the best candidate without a fault; None where there is none, and it is not `final`.

    The final choice takes the best of those whose faults give way first.
    """
    for allowed in _GIVE_WAY if final else _GIVE_WAY[:1]:
        free = [(-verdict.score, number) for number, verdict in enumerate(verdicts) if verdict.faults <= allowed]
        if free:
            return min(free)[1]
    return None


def _is_repeat(poem: Poem, text: str) -> bool:
    """Return whether a line is in the poem already, or ends with a word that another line of the poem ends with."""
    words, lines = [word.form for word in words_of(text)], (*poem.before, *poem.lines)
    others = [[word.form for word in words_of(line)] for line in lines]
    return any(words == other or words[-1:] == other[-1:] for other in others)


def _repeated(poem: Poem, words: Sequence[str]) -> float:
    """Return the share of a line's full words that the poem has already, or that the line has twice."""
    full = [word for word in words if word not in CLITICS | LIGHT]
    before = {word.form for line in poem.lines for word in words_of(line)}
    if not full:
        return 1.0
    return 1 - sum(word not in before for word in set(full)) / len(full)


def _same_starts(poem: Poem, words: Sequence[str]) -> int:
    """Return how many of the last three lines begin with the line's first word."""
    starts = [[word.form for word in words_of(line)][:1] for line in poem.lines[-3:]]
    return sum(start == list(words[:1]) for start in starts)
