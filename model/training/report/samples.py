"""The samples that a run wrote, in the order in which they appeared."""

from bisect import bisect
from dataclasses import dataclass
from itertools import groupby

from model.training.report.summary import Row


@dataclass(frozen=True)
class ShownSample:
    """A sample at a temperature, with its prompt separated."""

    temperature: str
    prompt: str
    text: str

    @property
    def first_line(self) -> str:
        """The line shown in a list: the first with the network's own words."""
        begun = self.prompt.rpartition("\n")[2] + self.text
        return next((line.strip() for line in begun.splitlines() if line.strip()), "(nothing)")


@dataclass(frozen=True)
class Moment:
    """The samples written at one step."""

    step: str
    loss: str
    samples: list[ShownSample]


@dataclass(frozen=True)
class Shown:
    """All moments, newest first, and the temperatures that occur in them."""

    moments: list[Moment]
    temperatures: list[str]

    @property
    def lead(self) -> str:
        """The temperature shown in a list: the middle one."""
        return self.temperatures[len(self.temperatures) // 2]


def shown(history: Row) -> Shown:
    """Return the samples."""
    between = "\n" if history["preset"].get("prompt_break", True) else ""
    rows = sorted(history["samples"], key=lambda row: (-row["step"], row["temperature"]))
    moments = [
        Moment(f"{step:,}", _loss(history["steps"], step), [_sample(row, between) for row in found])
        for step, found in groupby(rows, key=lambda row: row["step"])
    ]
    return Shown(moments, [f"{warmth:g}" for warmth in sorted({row["temperature"] for row in rows})])


def _loss(steps: list[Row], step: int) -> str:
    """Return the loss of the last row up to a step."""
    upto = bisect(steps, step, key=lambda row: row["step"])
    return f"{steps[upto - 1]['loss']:.2f}" if upto else ""


def _sample(row: Row, between: str) -> ShownSample:
    prompt = f"{row['prompt']}{between}" if row["prompt"] else ""
    return ShownSample(f"{row['temperature']:g}", prompt, row["text"])
