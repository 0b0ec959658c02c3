"""A poem in progress: what it is asked to be, its lines so far, and what that asks of the next one."""

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import NamedTuple

from model.text.parameters import FREE, LIKE_PROMPT
from model.text.sampling import noise_vector
from model.verse.metre import NUMBERS
from model.verse.scan import stanzas_of
from model.verse.words import words_of

UNRHYMED = "X"
STANZA = 4  # lines, where the scheme is free
THEME_SYLLABLES = 4  # a prompt with fewer is a theme, and no line of the poem's scheme
# What a poem is written in where nothing says it: metre, feet, and the share of each, as in the verse of the corpus.
_HABITS = (("iamb", 4, 0.5), ("trochee", 4, 0.2), ("iamb", 5, 0.12), ("anapaest", 3, 0.1), ("amphibrach", 3, 0.08))


@dataclass(frozen=True)
class Form:
    """What a poem is asked to be."""

    scheme: str = FREE  # of SCHEMES
    metre: str = LIKE_PROMPT  # of METRES, or LIKE_PROMPT, or FREE
    rhyme_asked: bool = False  # whether a line that does not rhyme as the scheme says is at fault
    made_up: bool = False  # whether made-up words are welcome

    @property
    def stanza(self) -> int:
        """The lines of a stanza."""
        return STANZA if self.scheme == FREE else len(self.scheme)


class Habit(NamedTuple):
    """A metre, by its number in METRES, and the feet of its lines."""

    metre: int
    feet: int


_USUAL = Habit(0, 4)


def habit(seed: int) -> Habit:
    """Return what the poem of a seed is written in where neither the request nor the prompt says it."""
    drawn = float(noise_vector(f"{seed}/habit", 1)[0])
    reached = accumulate(share for _, _, share in _HABITS)
    number = next((number for number, share in enumerate(reached) if drawn < share), len(_HABITS) - 1)
    name, feet, _ = _HABITS[number]
    return Habit(NUMBERS[name], feet)


@dataclass(frozen=True)
class Poem:
    """A poem in progress: its finished lines, of which the first `opening` are the prompt's."""

    form: Form
    lines: tuple[str, ...] = ()
    opening: int = 0
    before: tuple[str, ...] = ()  # earlier lines of the prompt, for repetition alone
    habit: Habit = _USUAL  # until lines or the form say another metre

    @classmethod
    def after(cls, prompt: str, form: Form, seed: int = 0) -> "Poem":
        """Return the poem that a prompt begins: its last stanza belongs to the scheme, unless it is but a theme."""
        stanzas = stanzas_of(prompt)
        last = tuple(stanzas[-1]) if stanzas else ()
        before = tuple(line for stanza in stanzas[:-1] for line in stanza)
        if sum(word.syllables for line in last for word in words_of(line)) < THEME_SYLLABLES:
            return cls(form, before=(*before, *last), habit=habit(seed))
        return cls(form, last, len(last), before, habit(seed))

    def with_line(self, line: str) -> "Poem":
        """Return the poem with one more line."""
        return replace(self, lines=(*self.lines, line))

    def length(self, most: int) -> int:
        """Return how many lines to write, at most `most`: up to the end of a stanza, if that can be."""
        whole = (self.opening + most) // self.form.stanza * self.form.stanza - self.opening
        return whole if whole > 0 else most

    @property
    def starts_stanza(self) -> bool:
        """Whether a blank line belongs before the next line."""
        return bool(self.lines) and len(self.lines) % self.form.stanza == 0

    @property
    def stanza(self) -> tuple[str, ...]:
        """The lines of the stanza that the next line belongs to."""
        return self.lines[len(self.lines) - len(self.lines) % self.form.stanza :]

    @property
    def partner(self) -> str | None:
        """The line that the next one is to rhyme with."""
        scheme, stanza = self.form.scheme, self.stanza
        if scheme == FREE or scheme[len(stanza)] == UNRHYMED:
            return None
        return next((stanza[n] for n in reversed(range(len(stanza))) if scheme[n] == scheme[len(stanza)]), None)
