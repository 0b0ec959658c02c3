"""Running cleaning steps in a worker. This module imports little, because each worker loads its own copy."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model.corpus.cleaning.report import StepReport
from model.corpus.cleaning.steps import PERCENTILE, Alone, Comparing, Step
from model.corpus.texts import size


@dataclass(frozen=True)
class Stage:
    """Steps that each chunk passes through independently, followed by steps that compare texts."""

    alone: list[Alone] = field(default_factory=list)
    comparing: list[Comparing] = field(default_factory=list)
    counts_before: bool = False
    counts_after: bool = False


@dataclass
class Done:
    """A worker's results for some texts."""

    changes: dict[int, str | None] = field(default_factory=dict)  # by index: the new text, or None if dropped
    reports: list[StepReport] = field(default_factory=list)
    touched: dict[int, list[str]] = field(default_factory=dict)  # by index: the steps that changed or dropped a text
    before: Counter[str] = field(default_factory=Counter)  # the counts of the input, if the stage is to count
    after: Counter[str] = field(default_factory=Counter)
    keys: list[list[Any]] = field(default_factory=list)  # of each remaining text, one per comparing step


def stages(steps: Iterable[Step]) -> list[Stage]:
    """Group the steps into stages, so that a comparing step sees the corpus as the previous steps left it."""
    found = [Stage()]
    for step in steps:
        before = found[-1].comparing
        # Repeats are found among all texts and judged one after another; a percentile is of the texts that remain.
        if before and (isinstance(step, Alone) or step.name == PERCENTILE):
            found.append(Stage())
        if isinstance(step, Alone):
            found[-1].alone.append(step)
        else:
            found[-1].comparing.append(step)
    found[0] = replace(found[0], counts_before=True)
    found[-1] = replace(found[-1], counts_after=True)
    return found


def step_through(stage: Stage, task: tuple[list[str], frozenset[int]]) -> Done:
    """Run a stage's steps on texts, and record which steps changed those at the watched indices."""
    texts, watched = task
    done = Done(reports=[StepReport(step.spec) for step in stage.alone], touched={i: [] for i in watched})
    left = []
    for i, text in enumerate(texts):
        now = _through(stage.alone, text, done.reports, done.touched.get(i, []))
        if now != text:
            done.changes[i] = now
        if now is not None:
            done.keys.append([step.key(now) for step in stage.comparing])
            left.append(now)
    done.before.update(_size(texts) if stage.counts_before else {})
    done.after.update(_size(left) if stage.counts_after else {})
    return done


def _size(texts: Sequence[str]) -> Counter[str]:
    """Count the texts as if they were one, which is faster than one by one."""
    counted = size("\n".join(texts))
    counted.update(texts=len(texts) - 1, characters=-max(len(texts) - 1, 0))
    return counted


def _through(steps: Sequence[Alone], text: str, reports: Sequence[StepReport], touched: list[str]) -> str | None:
    for step, report in zip(steps, reports, strict=True):
        after = step.clean(text)
        if after != text:
            report.note(text, after)
            touched.append(step.spec)
        if after is None:
            return None
        text = after
    return text
