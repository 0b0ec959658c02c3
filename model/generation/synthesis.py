"""Texts that several models write by turns: each goes on with what is there until a stop token, a space by default.

The models may have different tokenizers: what they share is the text.
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
from model.generation.files import write_file
from model.generation.reader import Reader
from model.generation.request import Request, Temperature, check_count, given, request
from model.generation.steps import dials
from model.text.normalise import line_ends
from model.text.sampling import Place, chaos_vector, choose, noise_vector
from model.text.tokens import BOS, EOS, UNK

if TYPE_CHECKING:
    from model.generation.text_generator import TextGenerator
    from model.release import Release

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
    """Write `n` texts, the i-th with `seed` + i, each in an order of the models that its seed shuffles; print or give.

    A stop token is a character; without any the models take turns at every token. A model that the list holds more
    than once has more turns. ModelError where something is out of bounds.
    """
    asked = _Synthesis(_releases(generators), prefix, temperature, max_gen_length, tuple(stop_tokens), seed)
    return given(asked.texts(0, n), return_as_list=return_as_list)


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
) -> int:
    """Write what `synthesize` writes into a .jsonl or .txt file, going on where the same call was stopped.

    Give how many texts are new.
    """
    asked = _Synthesis(_releases(generators), prefix, temperature, max_gen_length, tuple(stop_tokens), seed)
    check_count(n, seed)
    return n - min(n, write_file(Path(path), asked.account(), seed, n, asked.texts, lambda _: None))


def _releases(generators: Sequence["TextGenerator"]) -> "list[Release]":
    if not 1 <= len(generators) <= MAX_MODELS:
        raise ModelError(f"there must be from 1 to {MAX_MODELS} models, not {len(generators)}")
    return [generator.release for generator in generators]


@dataclass(frozen=True)
class _Synthesis:
    """What decides which texts come out."""

    releases: "list[Release]"
    prefix: str
    temperature: Temperature
    length: int
    stops: tuple[str, ...]
    seed: int

    def account(self) -> dict[str, Any]:
        models = [release.text.hash for release in self.releases]
        return {"models": models, **{name: value for name, value in vars(self).items() if name != "releases"}}

    def texts(self, first: int, last: int) -> Iterator[str]:
        """Write the texts from number `first` up to but not with `last`. What is asked for is checked at once."""
        if any(len(stop) != 1 for stop in self.stops):
            raise ModelError("a stop token must be one character")
        writers = {id(release): self._writer(release, last - first) for release in self.releases}
        turns = [writers[id(release)] for release in self.releases]
        seeds = range(self.seed + first, self.seed + last)
        return (_write(turns, line_ends(self.prefix), seed, self.stops) for seed in seeds)

    def _writer(self, release: "Release", count: int) -> "Writer":
        asked = request(
            release, {"max_lines": release.text.defaults.max_lines},
            prompt=self.prefix, seed=self.seed, count=count, temperature=self.temperature, length=self.length,
        )  # fmt: skip
        return Writer(release, asked, self.length)


def _write(turns: Sequence["Writer"], prefix: str, seed: int, stops: Sequence[str]) -> str:
    lines = max(writer.asked.parameters.max_lines for writer in turns)
    so_far = Text(prefix, len(prefix.split("\n")) - 1 + lines)
    for writer in turns:
        writer.begin(seed)
    for writer in cycle(Random(seed).sample(turns, len(turns))):  # noqa: S311  a dice, not a secret
        if so_far.ended or so_far.steps >= writer.length:
            return so_far.text.strip("\n")
        writer.turn(so_far, stops)
    raise AssertionError("cycle has no end")


@dataclass
class Text:
    """What all have written so far, in how many tokens; it ends with so many lines, if no model ends it before."""

    text: str
    max_lines: int
    steps: int = 0
    ended: bool = False

    @property
    def place(self) -> Place:
        """Where the next token falls."""
        body = self.text.rstrip("\n")
        return Place(self.steps, len(self.text) - len(body) if body else 1)

    def add(self, text: str) -> None:
        """Write on."""
        self.text += text
        self.ended = sum(map(bool, self.text.split("\n")[:-1])) >= self.max_lines


@dataclass
class Writer:
    """One of the models, and how far it has read."""

    release: "Release"
    asked: Request
    length: int
    read: list[int] = field(default_factory=list)
    opening: dict[int, NDArray[np.bool_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._reader = Reader(self.release.network)
        self._dials = dials(self.asked.parameters, self.asked.temperatures)

    def begin(self, seed: int) -> None:
        """Take up the dice of another text."""
        self.noise = noise_vector(seed, self.length)
        self.chaos = chaos_vector(seed, self.asked.parameters.chaos, self.length)

    def turn(self, so_far: Text, stops: Sequence[str]) -> None:
        """Write until a stop token, which is kept, or the text's end; without stop tokens, one token."""
        tokenizer = self.release.text.tokenizer
        ids, owed = self._ids(so_far.text)
        opening = self._opening(ids[-1]) if owed else True
        while so_far.steps < self.length and not so_far.ended:
            token = self._choose(np.where(opening, self._logits(ids), -np.inf), so_far)
            so_far.steps += 1
            if token == EOS:
                so_far.ended = True
                return
            added = tokenizer.decode([token], ids).removeprefix(owed)
            end = min((i for stop in stops if (i := added.find(stop)) >= 0), default=None)
            so_far.add(added if end is None else added[: end + 1])
            if end is not None or not stops:
                return
            ids, owed, opening = [*ids, token], "", True

    def _choose(self, logits: NDArray[np.float32], so_far: Text) -> int:
        dial = self._dials[so_far.steps % len(self._dials)]
        return choose(
            logits,
            so_far.place,
            self.release.text.rules,
            dial.pools,
            chaotic=bool(self.chaos[so_far.steps]),
            noise=self.noise[so_far.steps],
            inverse_temperature=dial.inverse_temperature,
        ).token

    def _ids(self, text: str) -> tuple[list[int], str]:
        """Give the tokens of a text, and the space at its end where no token tells of it: the next must open a word."""
        tokenizer = self.release.text.tokenizer
        seen = tokenizer.normalise(tokenizer.known(tokenizer.normalise(text)))
        ends = text[len(text.rstrip(" \n")) :] if seen else ""
        ids = [BOS, *(token for token in tokenizer.encode(seen + ends) if token != UNK)]
        return ids, "" if tokenizer.decode(ids).endswith(ends) else " "

    def _opening(self, last: int) -> NDArray[np.bool_]:
        """Say of each token whether it opens a word or a line behind the token `last`, or ends the text."""
        if last not in self.opening:
            tokenizer = self.release.text.tokenizer
            texts = [tokenizer.decode([token], [last]) for token in range(tokenizer.vocabulary_size)]
            self.opening[last] = np.array([text[:1] in (" ", "\n") and text != "" for text in texts])
            self.opening[last][EOS] = True
        return self.opening[last]

    def _logits(self, ids: list[int]) -> NDArray[np.float32]:
        """Read on to `ids`; from the beginning where they are not what was read and something more."""
        new = ids[len(self.read) :]
        if not self.read or not new or ids[: len(self.read)] != self.read:
            logits = self._reader.read([ids])
        else:
            for token in new:
                self._reader.feed([token], [False])
            logits = self._reader.logits()
        self.read = ids
        following: NDArray[np.float32] = logits[0]
        return following
