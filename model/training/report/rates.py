"""A learning rate study as one HTML page: the curve of each trial, and the suggested rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.files.replacing import replacing
from model.html.charts import COLOURS, Chart, Points, Series, calm, draw, finite
from model.html.numbers import number
from model.html.page import environment

_LAST = 0.1  # the fraction of a trial whose mean is its final loss
_ALIKE = 0.01  # final losses that differ by less are considered equal


@dataclass(frozen=True)
class Trial:
    """A rate that was tried. `final` is None if it diverged or has no loss."""

    rate: float
    schedule: str
    points: Points
    final: float | None
    diverged: bool

    @property
    def name(self) -> str:
        """What distinguishes it from the others."""
        return f"{number(self.rate)}, {self.schedule}"


@dataclass(frozen=True)
class Suggestion:
    """The trial to follow, and the reasons."""

    trial: Trial
    why: str

    @property
    def sentence(self) -> str:
        """The suggestion in words."""
        return f"{self.trial.name}: {self.why}"


def write_rate_study(trials: Sequence[Mapping[str, Any]], path: Path) -> Suggestion | None:
    """Write the page of trials: {"learning_rate", "schedule", "losses": [[step, loss], ...], "diverged"}.

    Return the suggestion, or None if no trial finished.
    """
    read = sorted(map(_trial, trials), key=lambda trial: (trial.schedule, -trial.rate))
    suggestion = suggest(read)
    page = _render(read, suggestion)
    with replacing(path) as new:
        new.write_text(page, "utf-8")
    return suggestion


def final_loss(losses: Sequence[tuple[int, float]]) -> float | None:
    """Return the mean loss of the last tenth of the steps; None if there are none or the last is not finite."""
    last = [loss for _, loss in losses[-max(1, round(len(losses) * _LAST)) :]]
    return finite(sum(last) / len(last)) if last else None


def suggest(trials: Sequence[Trial]) -> Suggestion | None:
    """Choose the trial with the lowest final loss; None if none finished."""
    ended = [(trial.final, trial) for trial in trials if trial.final is not None]
    if not ended:
        return None
    final, best = min(ended, key=lambda one: one[0])
    why = [f"It has the lowest final loss: {number(final)} nats per token."]
    near = [trial.name for loss, trial in ended if trial is not best and loss < final * (1 + _ALIKE)]
    if near:
        why.append(f"Within 0.01 of it: {'; '.join(near)}.")
    rates = [trial.rate for trial in trials]
    if len(set(rates)) > 1 and best.rate in (min(rates), max(rates)):
        end, beyond = ("largest", "larger") if best.rate == max(rates) else ("smallest", "smaller")
        why.append(f"It is the {end} of the rates tried: a {beyond} one may be even better.")
    diverged = sorted({number(trial.rate) for trial in trials if trial.diverged and trial.rate > best.rate}, key=float)
    if diverged:
        why.append(f"The loss diverged at {', '.join(diverged)}.")
    return Suggestion(best, " ".join(why))


def _trial(given: Mapping[str, Any]) -> Trial:
    points = [(step, finite(loss)) for step, loss in given["losses"]]
    final = None if given["diverged"] else final_loss(given["losses"])
    return Trial(given["learning_rate"], given["schedule"], points, final, given["diverged"])


def _render(trials: Sequence[Trial], suggestion: Suggestion | None) -> str:
    templates = environment("model.training.report")
    scripts = [templates.get_template("chart.js").render()]
    drawings = [draw(_curves(trials)), draw(_ends(trials))]
    return templates.get_template("rates.html").render(
        trials=trials,
        suggestion=suggestion,
        drawings=drawings,
        charts={one.chart.name: one.data for one in drawings},
        scripts=scripts,
    )


def _curves(trials: Sequence[Trial]) -> Chart:
    """Draw each rate in its own colour, and each schedule with its own dashes."""
    rates = list(dict.fromkeys(one.rate for one in trials))
    schedules = list(dict.fromkeys(one.schedule for one in trials))
    looks = [rates.index(one.rate) % COLOURS + COLOURS * schedules.index(one.schedule) for one in trials]
    series = [Series(one.name, calm(one.points), colour=look) for one, look in zip(trials, looks, strict=True)]
    sentence = (
        "A rate that is too high jumps and gets stuck; one that is too low is still falling when the others have "
        "settled. The lines are means of neighbouring steps."
    )
    return Chart("curves", "Loss, step by step", sentence, "nats per token", series)


def _ends(trials: Sequence[Trial]) -> Chart:
    schedules = dict.fromkeys(trial.schedule for trial in trials)
    return Chart(
        "ends",
        "Final loss by rate",
        f"The mean of the last {_LAST:.0%} of each trial. The best rate is at the minimum of the curve.",
        "nats per token",
        [Series(name, _ends_of(trials, name), "dots") for name in schedules],
        "learning rate",
        logarithmic_x=True,
        marks=sorted({(trial.rate, f"{number(trial.rate)} diverged") for trial in trials if trial.diverged}),
        reach=[trial.rate for trial in trials],
        ends=False,
    )


def _ends_of(trials: Sequence[Trial], schedule: str) -> Points:
    found = [(trial.rate, trial.final) for trial in trials if trial.schedule == schedule and trial.final is not None]
    return sorted(found)
