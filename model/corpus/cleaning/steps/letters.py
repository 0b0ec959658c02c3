"""Steps that look at the letters of a text."""

import re

from model.corpus.cleaning.steps.lines import without

# Each character lies in one token at most and is looked at twice at most, so the time is linear.
# Accents that stand apart from their letters belong to the word.
_TOKEN = re.compile(r"[\w\u0300-\u036f]+-[\w\u0300-\u036f]+|[\w\u0300-\u036f']+")
_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]")
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")


def words_only(text: str) -> str | None:
    """Keep words, one hyphen within them, and apostrophes; drop all other punctuation."""
    kept = "\n".join([" ".join(_TOKEN.findall(line)) for line in text.split("\n")])
    return kept if kept.strip() else None


def lower(text: str) -> str | None:
    """Make capitals small."""
    return text.lower()


def latin(text: str) -> str | None:
    """Leave out texts with a Latin letter."""
    return None if _LATIN.search(text) else text


def latin_lines(text: str) -> str | None:
    """Leave out lines with a Latin letter: milder than `latin`, for long texts with a foreign word here and there."""
    return without(_LATIN.search, text)


def ukrainian(text: str) -> str | None:
    """Leave out texts with a letter that Ukrainian has and Russian has not."""
    return None if _UKRAINIAN.search(text) else text
