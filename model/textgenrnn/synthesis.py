"""Texts written by several models in turn: each continues until a stop token, by default a space.

The models may have different tokenizers, since they exchange text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError
from model.generation.files import Wrote, write_file
from model.generation.reader import Reader
from model.generation.request import Request, Temperature, check_count, deliver, request, whole
from model.generation.steps import MAX_LENGTH, dials
from model.text.normalise import line_ends
from model.text.sampling import Position
from model.text.tokens import BOS, EOS, UNK, Tokenizer
from model.text.writing import Writing

if TYPE_CHECKING:
    from model.release.loading import Release
    from model.textgenrnn.text_generator import TextGenerator

STOP_TOKENS = (" ", "\n")
MAX_MODELS = 32


def synthesize(
    generators: Sequence["TextGenerator"],
    n: int = 1,
    *,
    return_as_list: bool = False,
    prefix: str = "",
    temperature: Temperature = None,
    max_gen_length: int = 300,
    stop_tokens: Sequence[str] = STOP_TOKENS,
    seed: int = 0,
) -> list[str] | None:
    """Write `n` texts, text i with seed `seed` + i, which also shuffles the order of the models; print or return them.

    A stop token is a character; without any, the models alternate at every token. A model listed more than once has
    more turns. Models that write lines backwards cannot be mixed with others, and start below the prefix. ModelError
    if something is out of bounds.
    """
    asked = _Synthesis(_releases(generators), prefix, temperature, max_gen_length, tuple(stop_tokens), seed)
    check_count(n, seed)
    return deliver(asked.texts(0, n), return_as_list=return_as_list)


def synthesize_to_file(
    generators: Sequence["TextGenerator"],
    path: Path | str,
    n: int = 1,
    *,
    prefix: str = "",
    temperature: Temperature = None,
    max_gen_length: int = 300,
    stop_tokens: Sequence[str] = STOP_TOKENS,
    seed: int = 0,
    wrote: Wrote | None = None,
) -> int:
    """Write the texts of `synthesize` to a .jsonl or .txt file, resuming where the same call was stopped.

    Return the number of new texts. `wrote` is called after each, with the number so far.
    """
    asked = _Synthesis(_releases(generators), prefix, temperature, max_gen_length, tuple(stop_tokens), seed)
    check_count(n, seed)
    return n - min(n, write_file(Path(path), asked.origin(), seed, n, asked.texts, wrote))


def _releases(generators: Sequence["TextGenerator"]) -> "list[Release]":
    if not 1 <= len(generators) <= MAX_MODELS:
        raise ModelError(f"there must be from 1 to {MAX_MODELS} models, not {len(generators)}")
    return [generator.release for generator in generators]


@dataclass(frozen=True)
class _Synthesis:
    """Everything that determines the texts."""

    releases: "list[Release]"
    prefix: str
    temperature: Temperature
    length: int
    stops: tuple[str, ...]
    seed: int

    def __post_init__(self) -> None:
        if any(len(stop) != 1 for stop in self.stops):
            raise ModelError("a stop token must be one character")
        whole("max_gen_length", self.length, 1, MAX_LENGTH)
        for release in self.releases:
            self._request(release)
        if len({release.text.tokenizer.backwards for release in self.releases}) > 1:
            raise ModelError("some of the models write lines backwards and some do not; use one kind only")

    def origin(self) -> dict[str, Any]:
        models = [release.text.hash for release in self.releases]
        return {"models": models, **{name: value for name, value in vars(self).items() if name != "releases"}}

    def texts(self, first: int, last: int) -> Iterator[str]:
        """Yield the texts numbered from `first` up to, but not including, `last`."""
        writers = {id(release): TurnWriter(release, self._request(release), self.length) for release in self.releases}
        turns = [writers[id(release)] for release in self.releases]
        seeds = range(self.seed + first, self.seed + last)
        return (_write(turns, line_ends(self.prefix), seed, self.stops) for seed in seeds)

    def _request(self, release: "Release") -> Request:
        lines = {"max_lines": release.text.defaults.max_lines}
        return request(release, lines, prompt=self.prefix, temperature=self.temperature, length=self.length)


def _write(turns: Sequence["TurnWriter"], prefix: str, seed: int, stops: Sequence[str]) -> str:
    lines = max(writer.asked.parameters.max_lines for writer in turns)
    tokenizer = turns[0].release.text.tokenizer
    opening = _opening(prefix, tokenizer)
    so_far = Text(opening, _lines(opening) + lines)
    for writer in turns:
        writer.begin(seed)
    for writer in cycle(Random(seed).sample(turns, len(turns))):  # noqa: S311  a dice, not a secret
        if so_far.ended or so_far.steps >= writer.length:
            return _read(so_far.text, tokenizer)
        writer.turn(so_far, stops)
    raise AssertionError("cycle has no end")


def _opening(prefix: str, tokenizer: Tokenizer) -> str:
    """Return the text that the models continue, in writing order. A line written backwards has to be new."""
    ended = not tokenizer.backwards or not prefix or prefix.endswith("\n")
    return tokenizer.turn(prefix if ended else prefix + "\n")


def _read(written: str, tokenizer: Tokenizer) -> str:
    """Return a text in reading order; the space that ends an unfinished line would be at its start there."""
    return tokenizer.turn(written.rstrip(" ") if tokenizer.backwards else written).strip("\n")


def _lines(text: str) -> int:
    """Count the finished lines that are not blank."""
    return sum(map(bool, text.split("\n")[:-1]))


@dataclass
class Text:
    """The text so far and its number of tokens; it ends after a number of lines, unless a model ends it before.

    The text is in writing order.
    """

    text: str
    max_lines: int
    steps: int = 0
    ended: bool = False

    @property
    def position(self) -> Position:
        """The position of the next token."""
        body = self.text.rstrip("\n")
        return Position(self.steps, len(self.text) - len(body) if body else 1)

    def add(self, text: str) -> None:
        """Append text; the trailing space of a turn is dropped if a break follows."""
        self.text = (self.text.rstrip(" ") if text.startswith("\n") else self.text) + text
        self.ended = _lines(self.text) >= self.max_lines


@dataclass
class TurnWriter:
    """One of the models, and what it has read."""

    release: "Release"
    asked: Request
    length: int
    opening: dict[int, NDArray[np.bool_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._reader = Reader(self.release.network)
        self._dials = dials(self.asked.parameters, self.asked.temperatures)

    def begin(self, seed: int) -> None:
        """Reseed for another text."""
        rules, parameters = self.release.text.rules, self.asked.parameters
        self.writing = Writing.after([BOS], seed, rules, parameters, dials=self._dials, max_tokens=self.length)

    def turn(self, so_far: Text, stops: Sequence[str]) -> None:
        """Write until a stop token, which is kept, or the end of the text; without stop tokens, one token."""
        tokenizer = self.release.text.tokenizer
        ids, owed = self._ids(so_far.text)
        opening = self._opening(ids[-1]) if owed else True
        while so_far.steps < self.length and not so_far.ended:
            logits = np.where(opening, self._reader.follow(ids), -np.inf)
            token = self.writing.choose(logits, so_far.position).token
            so_far.steps += 1
            if token == EOS:
                so_far.ended = True
                return
            added = tokenizer.texts([token], ids)[0].removeprefix(owed)
            end = min((i for stop in stops if (i := added.find(stop)) >= 0), default=None)
            so_far.add(added if end is None else added[: end + 1])
            if end is not None or not stops:
                return
            ids, owed, opening = [*ids, token], "", True

    def _ids(self, text: str) -> tuple[list[int], str]:
        """Return the tokens of a text, and its trailing space if no token holds it: the next must then start a word."""
        tokenizer = self.release.text.tokenizer
        read = tokenizer.normalise(tokenizer.known(tokenizer.normalise(tokenizer.turn(text))))
        ends = text[len(text.rstrip(" \n")) :] if read else ""
        seen = tokenizer.turn(tokenizer.turn(read) + ends)
        ids = [BOS, *(token for token in tokenizer.encode(seen) if token != UNK)]
        owed = ends.endswith(" ") and "\n" not in ends and not "".join(tokenizer.texts(ids)).endswith(" ")
        return ids, " " * owed

    def _opening(self, last: int) -> NDArray[np.bool_]:
        """Return for each token whether it starts a word or a line after the token `last`, or ends the text."""
        if last not in self.opening:
            tokenizer = self.release.text.tokenizer
            texts = [tokenizer.texts([token], [last])[0] for token in range(tokenizer.vocabulary_size)]
            self.opening[last] = np.array([text[:1] in (" ", "\n") and text != "" for text in texts])
            self.opening[last][EOS] = True
        return self.opening[last]
