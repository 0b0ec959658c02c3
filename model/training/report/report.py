"""A training run's history as one self-contained HTML page, which reloads itself while the run continues."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from model.files.replacing import replacing
from model.html.page import environment
from model.training.history import Progress
from model.training.report import figures, samples, summary

_NOTHING = {
    "name": "a run",
    "preset": {},
    "parameters": 0,
    "steps_per_epoch": [],
    "finished": False,
    **asdict(Progress()),
}


def write_report(history: Mapping[str, Any], path: Path) -> None:
    """Write the page for a history in the format of history.json, atomically."""
    page = render(_NOTHING | dict(history), dt.datetime.now(dt.UTC))
    with replacing(path) as new:
        new.write_text(page, "utf-8")


def render(history: Mapping[str, Any], now: dt.datetime) -> str:
    """Return the page."""
    templates = environment("model.training.report")
    scripts = [templates.get_template(name).render() for name in ("chart.js", "report.js")]
    drawn = figures.sections(history)
    return templates.get_template("report.html").render(
        name=history["name"],
        finished=history["finished"],
        head=summary.head(history),
        epochs=summary.epochs(history),
        collapse=summary.collapse(history),
        settings=summary.settings(history),
        sections=drawn,
        charts={one.chart.name: one.data for section in drawn.values() for one in section},
        samples=samples.shown(history),
        now=now.isoformat(timespec="seconds"),
        scripts=scripts,
    )
