"""The report on a cleaned corpus, for the printed table and for corpus.json."""

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappush, heapreplace
from typing import Any

from model.corpus.texts import Text

BEFORE_CHANGE, EXCERPT = 20, 60  # characters
MAX_SHOWN = 2000  # characters shown of an explained text


@dataclass(frozen=True)
class Example:
    """An example of a step's effect: the first change in a text, or the start of a dropped text (`after` is None)."""

    before: str
    after: str | None


@dataclass
class StepReport:
    """What one step changed and dropped."""

    step: str
    changed: int = 0  # texts
    dropped: int = 0  # texts
    characters: int = 0  # removed, including those of dropped texts
    example: Example | None = None

    def note(self, before: str, after: str | None) -> None:
        """Count the effect on a text. The example is the first change, or the first drop if there is no change."""
        self.characters += len(before) - len(after or "")
        if after is None:
            self.dropped += 1
        else:
            self.changed += 1
        if self.example is None or (self.example.after is None and after is not None):
            self.example = _example(before, after)

    def add(self, other: "StepReport") -> None:
        """Add the counts of the same step for later texts."""
        self.changed += other.changed
        self.dropped += other.dropped
        self.characters += other.characters
        if self.example is None or (self.example.after is None and other.example and other.example.after is not None):
            self.example = other.example


@dataclass
class Explained:
    """A text before and after, truncated, and the steps that changed it. `after` is None if it was dropped."""

    number: int  # its number in the input, from 1
    text: Text
    steps: list[str] = field(default_factory=list)
    after: str | None = None


@dataclass
class Report:
    """The result of `clean`. `before` and `after` count texts, lines, words and characters: see `texts.size`.

    `forgotten` counts the texts that `keep` refused; they are not in `before`.
    """

    steps: list[StepReport]
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    forgotten: int = 0
    bytes: int = 0  # of the input files
    seconds: float = 0.0
    sha256: str = ""  # of the output
    explained: list[Explained] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Return the entry for corpus.json. It has no examples, which could preserve a text that is to be forgotten."""
        steps = [
            {"step": step.step, "changed": step.changed, "dropped": step.dropped, "characters": step.characters}
            for step in self.steps
        ]
        return {
            "counts": dict(self.after),
            "counts_before": dict(self.before),
            "cleaning": steps,
            "sha256": self.sha256,
        }


class ExplainedSample:
    """The texts to explain: those with the smallest hashes, so that a corpus always shows the same ones."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, int]] = []  # negated, so that the largest hash comes first
        self.chosen: dict[int, Explained] = {}

    def offer(self, number: int, text: Text) -> None:
        """Select the text provisionally if its hash is among the smallest so far."""
        if not self._size:
            return
        digest = hashlib.blake2b(text.text.encode(), digest_size=8).digest()
        entry = -int.from_bytes(digest, "big"), -number
        if len(self._heap) < self._size:
            heappush(self._heap, entry)
        elif entry > self._heap[0]:
            del self.chosen[-heapreplace(self._heap, entry)[1]]
        else:
            return
        self.chosen[number] = Explained(number, Text(**vars(text) | {"text": clipped(text.text)}))

    def among(self, numbers: Iterable[int]) -> Iterator[tuple[int, Explained]]:
        """Yield the selected ones among some texts, each with its index among them."""
        if self.chosen:
            yield from ((i, self.chosen[number]) for i, number in enumerate(numbers) if number in self.chosen)


def clipped(text: str) -> str:
    """Truncate a text for display."""
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _example(before: str, after: str | None) -> Example:
    if after is None:
        return Example(_excerpt(before, 0), None)
    same = bisect_left(range(len(before)), x=True, key=lambda i: before[: i + 1] != after[: i + 1])
    start = max(0, same - BEFORE_CHANGE)
    return Example(_excerpt(before, start), _excerpt(after, start))


def _excerpt(text: str, start: int) -> str:
    head, tail = "…" if start else "", "…" if len(text) > start + EXCERPT else ""
    return f"{head}{text[start : start + EXCERPT]}{tail}"
