"""What is recorded during a run: rows of figures, TensorBoard's files, history.json and the report."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from model.files.replacing import replacing
from model.networks.network import Network
from model.training.history import Progress
from model.training.report.report import write_report
from model.training.report.tensorboard import EventLog

HISTORY = "history.json"
REPORT = "report.html"
EVENTS = "tensorboard"
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Recorder:
    """Records one run in its folder. A file that cannot be written causes a warning and does not stop the run."""

    def __init__(self, folder: Path | None, record: Mapping[str, Any], done: int, say: Callable[[str], None]) -> None:
        """Open the event log. `record` is what history.json holds besides the progress; `done`, the steps so far.

        Without a folder nothing is recorded, because another process does it.
        """
        self.folder, self.record, self.say = folder, record, say
        self.events = EventLog(folder / EVENTS if folder else None, done, say)

    def row(self, progress: Progress, step: int, rate: float, updates: dict[str, float]) -> None:
        """Add a row that summarises the steps since the last one."""
        if self.folder is None:
            return
        tally, means = progress.row, progress.row.means()
        progress.steps.append({
            "step": step,
            "epoch": progress.epoch + 1,
            "seconds": progress.seconds,
            **means,
            "learning_rate": rate,
            "tokens_per_second": tally.tokens / max(tally.seconds, 1e-9),
            "memory_mb": int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE / 2**20,
            "updates": updates,
        })  # fmt: skip
        self.events.scalars(step, {f"train/{name}": value for name, value in means.items()} | {"train/rate": rate})

    def write(self, progress: Progress, *, finished: bool) -> None:
        """Rewrite history.json and the report."""
        if self.folder is None:
            return
        history = {**self.record, "finished": finished, **asdict(progress)}
        try:
            with replacing(self.folder / HISTORY) as new:
                new.write_text(json.dumps(history, ensure_ascii=False, indent=1), "utf-8")
            write_report(history, self.folder / REPORT)
        except OSError as error:
            self.say(f"warning: {self.folder / REPORT} could not be written: {error.strerror}")


def weights(network: Network) -> list[Any]:
    """Return copies of the trainable weights."""
    return [np.array(ops.convert_to_numpy(variable)) for variable in network.trainable_variables]


def updates(network: Network, before: list[Any]) -> dict[str, float]:
    """Return for each layer the norm of a step's update divided by the norm of the weights before it."""
    sums: dict[str, list[float]] = {}
    for variable, old, new in zip(network.trainable_variables, before, weights(network), strict=True):
        layer = sums.setdefault(variable.path.split("/")[1], [0.0, 0.0])
        layer[0] += float(np.square(new - old, dtype=np.float64).sum())
        layer[1] += float(np.square(old, dtype=np.float64).sum())
    return {name: (moved / max(whole, 1e-30)) ** 0.5 for name, (moved, whole) in sums.items()}
