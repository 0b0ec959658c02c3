"""Steps that look at the lines of a text: they leave some out, or leave the text out for the lines that it has."""

import re
from collections.abc import Callable, Iterable

_BLANK_LINES = re.compile(r"\n{3,}")
_ADDRESS = re.compile(r"\.(?:ru|su|рф|com|org|net|info|me|cc|ly|be)/\w")  # a bare name such as Amazon.com is no link
_DIGIT = re.compile(r"\d")


def line_count(text: str) -> int:
    """Count the lines that are not blank."""
    return sum(map(bool, map(str.strip, text.split("\n"))))


def join(lines: Iterable[str]) -> str | None:
    """Make a text of what is left of its lines, with single blank lines; None where nothing is left."""
    text = _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
    return text if text.strip() else None


def without(found: Callable[[str], object], text: str) -> str | None:
    """Leave out the lines in which something is found."""
    if not found(text):
        return text
    return join(line for line in text.split("\n") if not found(line))


def links(text: str) -> str | None:
    """Leave out lines with a link."""
    return without(_link, text)


def _link(text: str) -> bool:
    # Plain `http` is the seed's own sign; the others are links that are written without it.
    return "http" in text or "www." in text or bool(_ADDRESS.search(text))


def digits(text: str) -> str | None:
    """Leave out lines with a digit."""
    return without(_DIGIT.search, text)


def short_lines(text: str) -> str | None:
    """Leave out lines of at most a quarter of the text's mean line length, rounded down.

    As in the seed a blank line is a line of no length: it counts for the mean, and goes.
    """
    lines = text.split("\n")
    limit = sum(map(len, lines)) / len(lines) // 4
    left = "\n".join([line for line in lines if len(line) > limit])
    return left if left.strip() else None


def min_lines(least: int, text: str) -> str | None:
    """Leave out texts with fewer lines, blank ones aside."""
    return text if line_count(text) >= least else None


def line_words(span: tuple[int, int], text: str) -> str | None:
    """Leave out texts whose longest line, in words, has fewer or more words than the span allows."""
    longest = max([len(line.split()) for line in text.split("\n")])
    return text if span[0] <= longest <= span[1] else None
