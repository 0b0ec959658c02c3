"""The steps of cleaning: each takes a text and gives it cleaned, or None to leave it out.

A preset names its steps in order, as in `steps = ["residual_spaces", "min_lines=2"]`. No step looks for profanity: what
people write is left as it is.
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
    """A step that looks at each text alone."""

    spec: str  # as a preset writes it
    clean: Clean

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        """Go to another process by the spec: not every function can be sent."""
        return parse, (self.spec,)


@dataclass(frozen=True)
class Comparing:
    """A step that compares each text with the others, by its key."""

    spec: str
    name: str
    key: Key
    value: int | None = None

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        """Go to another process by the spec, as above."""
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
    """Leave single spaces and single blank lines, none at the ends."""
    return normalise.tidy(text) or None


# Without a value. The normalisation's own steps, such as `yo`, may stand among them.
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
# With a value: how it is written, how it is read, and the function that takes it first.
VALUED: Mapping[str, tuple[str, Callable[[str], Any], Callable[[Any, str], str | None]]] = {
    "min_lines": ("N", partial(_number, 1, 10**6), lines.min_lines),
    "line_words": ("FEWEST..MOST", _span, lines.line_words),
}
# A duplicate has the letters and numbers of an earlier text, in the same order. A near-duplicate has half of its lines
# or more, by letters, in one earlier text that is kept; lines of few letters are no evidence of that.
COMPARING: Mapping[str, Key] = {"duplicates": keys.whole, "near_duplicates": keys.long_lines}
PERCENTILE = "below_percentile"  # fewer lines than this percentile of the texts that have come so far


def parse(spec: str) -> Step:
    """Read a step as a preset writes it: its name, and `=VALUE` where it takes one. ModelError says what is wrong."""
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
    """Return what a preset may write."""
    valued = [f"{name}={form}" for name, (form, _, _) in VALUED.items()]
    return sorted([*PLAIN, *COMPARING, *valued, f"{PERCENTILE}=N"])


def _value(spec: str, form: str, value: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(value)
    except ValueError as error:
        name = spec.partition("=")[0]
        raise ModelError(f"{spec!r}: the step {name} takes a value, {name}={form}: {error}") from None
