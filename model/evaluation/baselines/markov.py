"""A Markov chain of words."""

import random
import re
from collections.abc import Iterator, Sequence

import markovify  # type: ignore[import-untyped]

STATE = 2  # words that the next one depends on
MAX_WORDS = 2_000_000  # to learn from: more would take more memory than anything else here

_WORD = re.compile(r"\n|\S+")


class MarkovChain:
    """Learned from texts. It writes only: what it has not seen it holds for impossible, so no text of others has bits.

    Line ends are words. Of a large corpus it learns the first MAX_WORDS words.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._chain = markovify.Chain(_runs(texts), STATE)

    def write(self, seed: int, length: int) -> str:
        """Write a text of at most `length` characters."""
        before = random.getstate()  # the library draws from the one stream of the process
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
