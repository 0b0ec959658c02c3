"""The cleaning steps: each takes a text and returns it cleaned, or None to drop it.

A preset lists its steps in order, as in `steps = ["residual_spaces", "min_lines=2"]`. No step filters profanity.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from model.corpus.cleaning.steps import keys, letters, lines, marks, phrases
from model.errors import ModelError
from model.text import normalise

Clean = Callable[[str], str | None]
Key = Callable[[str], Any]


@dataclass(frozen=True)
class Alone:
    """A step that looks at one text at a time."""

    spec: str  # as a preset writes it
    clean: Clean

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        """Pickle as the spec, because not every function can be pickled."""
        return parse, (self.spec,)


@dataclass(frozen=True)
class Comparing:
    """A step that compares each text with the others by its key."""

    spec: str
    name: str
    key: Key
    value: int | None = None

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        """Pickle as the spec, as above."""
        return parse, (self.spec,)


Step = Alone | Comparing


def _number(least: int, most: int, value: str) -> int:
    if not re.fullmatch("[0-9]{1,7}", value) or not least <= int(value) <= most:
        raise ValueError(f"expected a whole number from {least} to {most}")
    return int(value)


def _span(value: str) -> tuple[int, int]:
    fewest, dots, most = value.partition("..")
    span = _number(1, 10**6, fewest), _number(1, 10**6, most)
    if not dots or span[0] > span[1]:
        raise ValueError("expected two whole numbers, the smaller one first")
    return span


def residual_spaces(text: str) -> str | None:
    """Reduce runs of spaces and of blank lines to one, and strip both ends."""
    return normalise.tidy(text) or None


# Steps without a value. Those of the normalisation, such as `yo`, can be used too.
PLAIN: Mapping[str, Clean] = {
    **normalise.STEPS,
    "residual_spaces": residual_spaces,
    "links": lines.links,
    "digits": lines.digits,
    "short_lines": lines.short_lines,
    "words_only": letters.words_only,
    "lower": letters.lower,
    "latin": letters.latin,
    "latin_lines": letters.latin_lines,
    "ukrainian": letters.ukrainian,
    "dates": marks.dates,
    "room_marks": marks.room_marks,
    "speech_headers": marks.speech_headers,
    "bugurt_headers": marks.bugurt_headers,
    "line_marks": marks.line_marks,
    "mentions": marks.mentions,
    "hashtags": marks.hashtags,
    "phrases": phrases.phrases,
}
# Steps with a value: its notation, its parser, and the function whose first argument it is.
VALUED: Mapping[str, tuple[str, Callable[[str], Any], Callable[[Any, str], str | None]]] = {
    "min_lines": ("N", partial(_number, 1, 10**6), lines.min_lines),
    "line_words": ("FEWEST..MOST", _span, lines.line_words),
}
# A duplicate has the same letters and numbers as an earlier text, in the same order. A near-duplicate shares at least
# half of its lines, compared by letters, with one earlier text that was kept; short lines do not count.
COMPARING: Mapping[str, Key] = {"duplicates": keys.whole, "near_duplicates": keys.long_lines}
PERCENTILE = "below_percentile"  # keeps texts with fewer lines than this percentile of the texts that reach the step


def parse(spec: str) -> Step:
    """Parse a step as written in a preset: its name, and `=VALUE` if it takes one. ModelError if it is invalid."""
    name, equals, value = spec.partition("=")
    if name == PERCENTILE:
        return Comparing(spec, name, lines.line_count, _value(spec, "N", value, partial(_number, 1, 99)))
    if name in VALUED:
        form, read, function = VALUED[name]
        return Alone(spec, partial(function, _value(spec, form, value, read)))
    if name not in PLAIN and name not in COMPARING:
        raise ModelError(f"the step {name!r} is unknown; there are: {', '.join(known())}")
    if equals:
        raise ModelError(f"{spec!r}: the step {name} takes no value")
    return Alone(spec, PLAIN[name]) if name in PLAIN else Comparing(spec, name, COMPARING[name])


def known() -> list[str]:
    """Return the steps that a preset may list."""
    valued = [f"{name}={form}" for name, (form, _, _) in VALUED.items()]
    return sorted([*PLAIN, *COMPARING, *valued, f"{PERCENTILE}=N"])


def _value(spec: str, form: str, value: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(value)
    except ValueError as error:
        name = spec.partition("=")[0]
        raise ModelError(f"{spec!r}: the step {name} takes a value, {name}={form}: {error}") from None
