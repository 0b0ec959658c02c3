"""Batched generation of many texts. A finished row is replaced by the next text, so that no step is wasted."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError
from model.generation.reader import Reader
from model.networks.network import Network
from model.text.parameters import BOUNDS, Bound, InvalidParameter, Parameters
from model.text.sampling import Pools, Rules, Stop
from model.text.tokens import BOS, EOS, PAD
from model.text.writing import Dial, Writing

MAX_LENGTH = 100_000  # tokens
TEMPERATURE = replace(BOUNDS["temperature"], multiple_of=None)
MAX_TEMPERATURES = 100  # in one sequence
WIDTHS = (1, 8, 32, 64)  # rows in a batch: few shapes, because each is compiled


Temperatures = Sequence[float | None] | None  # alternate token by token; None: the parameters' own


@dataclass(frozen=True)
class Generated:
    """The generated tokens, including the one that ended the text, and why it ended."""

    tokens: list[int]
    stop: Stop


def generate_rows(
    network: Network,
    rules: Rules,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    parameters: Parameters,
    *,
    temperatures: Temperatures = None,
    length: int | None = None,
    go_on: bool = False,
) -> list[Generated]:
    """Generate a text for each prompt, each with its own seed: the same text as if it were generated alone.

    This holds up to rounding: a batch of another width may swap two tokens with almost equal logits. `temperatures`
    override the parameters' own and alternate token by token, where 0 is greedy and None makes all tokens of a pool
    equally likely; `length` overrides `max_tokens`, up to MAX_LENGTH. InvalidParameter if they are out of bounds. With
    `go_on` no text ends at EOS: another one follows it, as in the corpus.
    """
    rows = stream_rows(
        network, rules, prompts, seeds, parameters, temperatures=temperatures, length=length, go_on=go_on
    )
    return list(rows)


def stream_rows(
    network: Network,
    rules: Rules,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    parameters: Parameters,
    *,
    temperatures: Temperatures = None,
    length: int | None = None,
    go_on: bool = False,
) -> Iterator[Generated]:
    """Return an iterator over the results of `generate_rows`, each as soon as it and all earlier ones are finished."""
    if len(prompts) != len(seeds) or not all(prompts):
        raise ValueError("each prompt needs a seed and a first token")
    alone = network.context is not None  # such a network was trained on each text separately
    pen = _Pen(rules, parameters, dials(parameters, temperatures), check_length(length, parameters), go_on, alone)
    return _Slots(Reader(network), pen, zip(prompts, seeds, strict=True), len(seeds)).texts()


def dials(parameters: Parameters, temperatures: Temperatures) -> list[Dial]:
    """Return the dials that alternate token by token. InvalidParameter if a temperature is out of bounds."""
    turns = [parameters.temperature] if temperatures is None else temperatures
    if not 1 <= len(turns) <= MAX_TEMPERATURES:
        raise InvalidParameter("temperature", f"must be 1 to {MAX_TEMPERATURES} values used in turn")
    return [_dial(parameters, temperature) for temperature in turns]


def _dial(parameters: Parameters, temperature: float | None) -> Dial:
    if temperature == 0:
        return Dial(Pools(1, 1, 1), np.float32(0))
    checked = TEMPERATURE.check("temperature", temperature)
    return Dial(parameters.pools, np.float32(1 / checked if checked else 0))


def check_length(length: int | None, parameters: Parameters) -> int:
    """Return the most tokens that a text may have. InvalidParameter if `length` is out of bounds."""
    if length is None:
        return parameters.max_tokens
    return int(Bound("integer", 1, MAX_LENGTH).check("length", length))


@dataclass
class _Row:
    """A text in a slot. `unread` holds the tokens of prompt and text that the network has not read yet."""

    writing: Writing
    unread: deque[int]
    fresh: bool = True
    tokens: list[int] = field(default_factory=list)

    def next(self) -> tuple[int, bool]:
        """Return the token that the network reads next, and whether the row must be reset first."""
        token, fresh = self.unread.popleft(), self.fresh
        self.fresh = False
        return token, fresh

    def close(self) -> None:
        """Free what a finished text no longer needs: it may wait long for earlier ones."""
        self.writing.noise, self.writing.chaos = self.writing.noise[:0].copy(), self.writing.chaos[:0].copy()
        self.unread.clear()


@dataclass(frozen=True)
class _Pen:
    """What all rows share: how they are generated, their length, and whether they continue after EOS."""

    rules: Rules
    parameters: Parameters
    dials: list[Dial]
    length: int
    go_on: bool
    alone: bool

    def begin(self, prompt: Sequence[int], seed: int) -> _Row:
        """Return a new row that has read nothing yet."""
        writing = Writing.after(prompt, seed, self.rules, self.parameters, dials=self.dials, max_tokens=self.length)
        return _Row(writing, deque(prompt))

    def write(self, row: _Row, logits: NDArray[np.float32]) -> None:
        """Choose a row's next token by its logits [vocabulary] and add it."""
        token = row.writing.write(logits)
        row.writing.choices.clear()  # keep only the tokens, as texts may be long
        row.tokens.append(token)
        row.unread.append(token)
        if self.go_on and token == EOS:
            self._begin_another(row)
        if row.writing.stop is not None:
            row.close()

    def _begin_another(self, row: _Row) -> None:
        writing = row.writing
        writing.state = replace(
            writing.state, position=replace(writing.state.position, breaks=1), lines=writing.state.lines + 1
        )
        writing.stop = writing.state.stop(BOS, writing.max_lines, writing.max_tokens)
        row.unread, row.fresh = deque([BOS] if self.alone else [EOS, BOS]), self.alone


class _Slots:
    """The active rows, each in its slot, and the queue of jobs waiting for one."""

    def __init__(self, reader: Reader, pen: _Pen, jobs: Iterator[tuple[Sequence[int], int]], count: int) -> None:
        self._reader, self._pen, self._jobs = reader, pen, jobs
        self._slots: list[_Row | None] = [None] * _width(count)
        self._order = deque[_Row]()  # rows not yet yielded
        reader.start(len(self._slots))

    def texts(self) -> Iterator[Generated]:
        """Yield the texts in the order of the jobs."""
        while self._fill():
            self._step()
            while self._order and (stop := self._order[0].writing.stop) is not None:
                yield Generated(self._order.popleft().tokens, stop)

    def _fill(self) -> bool:
        """Fill free slots with waiting jobs, or shrink the batch; return whether any row is active."""
        for i, row in enumerate(self._slots):
            if row is None or row.writing.stop is not None:
                self._slots[i] = self._admit()
        living = [i for i, row in enumerate(self._slots) if row is not None]
        width = _width(len(living))
        if living and width < len(self._slots):
            kept = [*living, *(i for i, row in enumerate(self._slots) if row is None)][:width]
            self._reader.keep(kept)
            self._slots = [self._slots[i] for i in kept]
        return bool(living)

    def _admit(self) -> _Row | None:
        job = next(self._jobs, None)
        if job is None:
            return None
        self._order.append(self._pen.begin(*job))
        return self._order[-1]

    def _step(self) -> None:
        """Let every row read a token, and add a new one to each row whose prompt has been read."""
        self._reader.feed(*zip(*((PAD, True) if row is None else row.next() for row in self._slots), strict=True))
        writing = [(i, row) for i, row in enumerate(self._slots) if row is not None and not row.unread]
        if writing:
            logits = self._reader.logits()
            if not np.isfinite(logits).all():
                raise ModelError("the network's weights are unusable: its logits are NaN or infinite")
            for i, row in writing:
                self._pen.write(row, logits[i])


def _width(rows: int) -> int:
    """Return the smallest width that holds this many rows, or the largest one."""
    return next((width for width in WIDTHS if width >= rows), WIDTHS[-1])
