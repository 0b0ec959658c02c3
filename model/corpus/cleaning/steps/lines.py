"""Steps that look at the lines of a text, and drop some of them or the whole text."""

import re
from collections.abc import Callable, Iterable

_BLANK_LINES = re.compile(r"\n{3,}")
_ADDRESS = re.compile(r"\.(?:ru|su|рф|com|org|net|info|me|cc|ly|be)/\w")  # a bare name such as Amazon.com is not a link
_DIGIT = re.compile(r"\d")


def line_count(text: str) -> int:
    """Count the lines that are not blank."""
    return sum(map(bool, map(str.strip, text.split("\n"))))


def join(lines: Iterable[str]) -> str | None:
    """Join lines into a text with single blank lines; None if nothing is left."""
    text = _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
    return text if text.strip() else None


def without(found: Callable[[str], object], text: str) -> str | None:
    """Drop the lines for which `found` is true."""
    if not found(text):
        return text
    return join(line for line in text.split("\n") if not found(line))


def links(text: str) -> str | None:
    """Drop lines with a link."""
    return without(_link, text)


def _link(text: str) -> bool:
    # The original system looked for `http` only; the other forms are links written without it.
    return "http" in text or "www." in text or bool(_ADDRESS.search(text))


def digits(text: str) -> str | None:
    """Drop lines with a digit."""
    return without(_DIGIT.search, text)


def short_lines(text: str) -> str | None:
    """Drop lines of at most a quarter of the text's mean line length, rounded down.

    As in the original system, a blank line has length 0: it counts towards the mean and is dropped.
    """
    lines = text.split("\n")
    limit = sum(map(len, lines)) / len(lines) // 4
    left = "\n".join([line for line in lines if len(line) > limit])
    return left if left.strip() else None


def min_lines(least: int, text: str) -> str | None:
    """Drop texts with fewer lines, not counting blank ones."""
    return text if line_count(text) >= least else None


def line_words(span: tuple[int, int], text: str) -> str | None:
    """Drop texts whose longest line, in words, is outside the span."""
    longest = max([len(line.split()) for line in text.split("\n")])
    return text if span[0] <= longest <= span[1] else None
