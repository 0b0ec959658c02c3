"""How good verse is, by rules: for texts of any origin, side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from model.evaluation.diversity import distinct
from model.evaluation.novelty import novelty
from model.verse.lexicon import Lexicon
from model.verse.metre import Ear
from model.verse.scan import UNRHYMED, scan
from model.verse.stress import Stress
from model.verse.words import words_of


@dataclass(frozen=True)
class VerseRow:
    """What the rules say of some texts. Shares are from 0 to 1."""

    name: str
    texts: int
    rhymed: float  # of lines
    in_metre: float  # of lines: those of a poem in no metre are in none
    made_up: float  # of 100 words
    distinct_1: float
    distinct_2: float
    repeated: float  # of lines, that the text has already
    copied: int  # characters of the longest run behind the first line that is in the corpus too
    milliseconds: float | None  # for a text; None where it was not timed


@dataclass(frozen=True)
class VerseRules:
    """The rules, with the corpus that texts may have been copied from."""

    corpus: Sequence[str]

    @cached_property
    def _ear(self) -> Ear:
        return Ear(Stress())

    def row(self, name: str, texts: Sequence[str], milliseconds: float | None = None) -> VerseRow:
        """Return the row of the texts, which must not be empty."""
        lines = [[line for line in text.splitlines() if line.strip()] for text in texts]
        scans = [scan(self._ear, text) for text in texts]
        schemes = "".join(found.scheme.replace(" ", "") for found in scans)
        words = [word for text in texts for word in words_of(text) if word.is_russian]
        lexicon = Lexicon(self._ear.stress)
        return VerseRow(
            name,
            len(texts),
            rhymed=_share(letter != UNRHYMED for letter in schemes),
            in_metre=sum(found.in_metre * len(text) for found, text in zip(scans, lines, strict=True)) / len(schemes),
            made_up=100 * _share(not lexicon.knows(word.form) for word in words),
            distinct_1=distinct(texts, 1),
            distinct_2=distinct(texts, 2),
            repeated=_share(line in text[:number] for text in lines for number, line in enumerate(text)),
            copied=len(novelty(["\n".join(text[1:]) for text in lines], self.corpus).longest),
            milliseconds=milliseconds,
        )


def _share(flags: Iterable[bool]) -> float:
    kept = list(flags)
    return sum(kept) / len(kept) if kept else 0.0
