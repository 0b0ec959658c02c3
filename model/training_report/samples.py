"""The texts that a run wrote on its way, so that one sees how they came to sense."""

from collections.abc import Mapping
from dataclasses import dataclass

from model.html.charts import finite
from model.training_report.rows import Row, rows

MOST_STEPS, MOST_PER_STEP, MOST_CHARACTERS = 60, 24, 2000


@dataclass(frozen=True)
class Sample:
    """A text at a temperature, its prompt apart."""

    temperature: str
    prompt: str
    text: str

    @property
    def first_line(self) -> str:
        """The line that a list shows: the one in which the network's own words begin."""
        begun = self.prompt.rpartition("\n")[2] + self.text
        return next((line.strip() for line in begun.splitlines() if line.strip()), "(nothing)")


@dataclass(frozen=True)
class Moment:
    """What was written at a step."""

    step: str
    loss: str
    samples: list[Sample]


@dataclass(frozen=True)
class Shown:
    """The moments, newest first, and the temperatures that are among them."""

    moments: list[Moment]
    all: int  # moments there were
    temperatures: list[str]

    @property
    def lead(self) -> str:
        """The temperature that a list shows: the middle one."""
        return self.temperatures[len(self.temperatures) // 2]


def shown(history: Row) -> Shown:
    """Give the samples: all moments, or as many as a page can hold, spread evenly from the first to the newest."""
    by_step: dict[float, list[Row]] = {}
    for row in rows(history, "samples"):
        by_step.setdefault(float(row["step"]), []).append(row)
    steps = _spread(sorted(by_step, reverse=True))
    preset = history.get("preset")
    between = "" if isinstance(preset, Mapping) and preset.get("prompt_break") is False else "\n"
    losses = [
        (float(row["step"]), loss) for row in rows(history, "steps") if (loss := finite(row.get("loss"))) is not None
    ]
    moments = [_moment(step, by_step[step], losses, between) for step in steps]
    known = {sample.temperature for moment in moments for sample in moment.samples}
    return Shown(moments, len(by_step), sorted(known, key=_warmth))


def _spread(steps: list[float]) -> list[float]:
    if len(steps) <= MOST_STEPS:
        return steps
    return [steps[round(i * (len(steps) - 1) / (MOST_STEPS - 1))] for i in range(MOST_STEPS)]


def _moment(step: float, found: list[Row], losses: list[tuple[float, float]], between: str) -> Moment:
    before = [loss for at, loss in losses if at <= step]
    made = sorted(
        (_sample(row, between) for row in found[:MOST_PER_STEP]), key=lambda sample: _warmth(sample.temperature)
    )
    return Moment(f"{step:,.0f}", f"{before[-1]:.2f}" if before else "", made)


def _sample(row: Mapping[str, object], between: str) -> Sample:
    temperature = finite(row.get("temperature"))
    prompt, text = str(row.get("prompt") or ""), str(row.get("text") or "")
    text = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} …"
    name = "none" if temperature is None else f"{temperature:g}"
    if prompt and text.startswith(prompt):
        return Sample(name, prompt, text.removeprefix(prompt))
    return Sample(name, f"{prompt}{between}" if prompt else "", text)


def _warmth(temperature: str) -> float:
    return -1.0 if temperature == "none" else float(temperature)
