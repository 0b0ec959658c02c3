"""Steps that look at the letters of a text."""

import re

from model.corpus.cleaning.steps.lines import without

# Each character belongs to at most one token and is examined at most twice, so the time is linear.
# Combining accents belong to the word.
_TOKEN = re.compile(r"[\w\u0300-\u036f]+-[\w\u0300-\u036f]+|[\w\u0300-\u036f']+")
_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]")
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")


def words_only(text: str) -> str | None:
    """Keep words, single hyphens within them, and apostrophes; drop all other punctuation."""
    kept = "\n".join([" ".join(_TOKEN.findall(line)) for line in text.split("\n")])
    return kept if kept.strip() else None


def lower(text: str) -> str | None:
    """Convert to lower case."""
    return text.lower()


def latin(text: str) -> str | None:
    """Drop texts with a Latin letter."""
    return None if _LATIN.search(text) else text


def latin_lines(text: str) -> str | None:
    """Drop lines with a Latin letter: less strict than `latin`, for long texts with occasional foreign words."""
    return without(_LATIN.search, text)


def ukrainian(text: str) -> str | None:
    """Drop texts with a letter that exists in Ukrainian but not in Russian."""
    return None if _UKRAINIAN.search(text) else text
