"""A Markov chain over words."""

import random
import re
from collections.abc import Iterator, Sequence

import markovify  # type: ignore[import-untyped]

STATE = 2  # words that the next one depends on
MAX_WORDS = 2_000_000  # used for learning: more would need more memory than anything else here

_WORD = re.compile(r"\n|\S+")


class MarkovChain:
    """A chain learned from texts. It only generates: unseen words have probability 0, so it cannot score other texts.

    Line ends are words. Of a large corpus it uses the first MAX_WORDS words.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._chain = markovify.Chain(_runs(texts), STATE)

    def write(self, seed: int, length: int) -> str:
        """Generate a text of at most `length` characters."""
        before = random.getstate()  # the library uses the global random generator
        random.seed(seed)
        try:
            return self._written(length)
        finally:
            random.setstate(before)

    def _written(self, length: int) -> str:
        text = ""
        for word in self._chain.gen():
            text += word if word == "\n" or not text or text.endswith("\n") else f" {word}"
            if len(text) >= length:
                break
        return text[:length]


def _runs(texts: Sequence[str]) -> Iterator[list[str]]:
    left = MAX_WORDS
    for text in texts:
        words = _WORD.findall(text)[:left]
        left -= len(words)
        if words:
            yield words
