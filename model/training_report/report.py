"""A training run's history as one HTML page: it needs no network, and reloads itself while the run goes on."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.html.page import environment
from model.replacing import replacing
from model.training_report import figures, samples, summary

RELOAD_SECONDS = 60


def write_report(history: Mapping[str, Any], path: Path) -> None:
    """Write the page of a run's history, as history.json has it, whole or not at all. What is missing is left out."""
    page = render(history, dt.datetime.now(dt.UTC))
    with replacing(path) as new:
        new.write_text(page, "utf-8")


def render(history: Mapping[str, Any], now: dt.datetime) -> str:
    """Give the page."""
    templates = environment("model.training_report")
    scripts = [templates.get_template(name).render() for name in ("chart.js", "report.js")]
    drawn = figures.sections(history)
    return templates.get_template("report.html").render(
        head=summary.head(history),
        epochs=summary.epochs(history),
        collapse=summary.collapse(history),
        settings=summary.settings(history),
        sections=drawn,
        charts={one.chart.name: one.data for section in drawn.values() for one in section},
        samples=samples.shown(history),
        now=now.isoformat(timespec="seconds"),
        reload_seconds=RELOAD_SECONDS,
        scripts=scripts,
    )
