"""One training run in one folder: started, stopped at any moment, and gone on with as if it had never been."""

import json
import resource
import time
from collections.abc import Sequence
from dataclasses import asdict
from math import ceil, log
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from model.errors import ModelError
from model.evaluation.scoring import Scores, predictor, score
from model.networks.network import Network
from model.preset import Preset
from model.replacing import replacing
from model.text.tokens import Tokenizer
from model.training import checkpoints
from model.training.batches import Batch, Batches
from model.training.history import MOST_ROWS, Progress
from model.training.interrupts import Interrupts, noted
from model.training.optimizer import compiled
from model.training.rates import learning_rate
from model.training.samples import Sampler
from model.training_report.console import Console
from model.training_report.report import write_report
from model.training_report.tensorboard import EventLog

HISTORY = "history.json"
REPORT = "report.html"
EVENTS = "tensorboard"


class Trainer:
    """Trains `network`; `view` is the same network as it is scored and kept: in plain float32, its weights averaged."""

    def __init__(
        self, preset: Preset, network: Network, view: Network, sampler: Sampler, folder: Path, console: Console
    ) -> None:
        self.preset, self.settings, self.network, self.view = preset, preset.training, network, view
        self.sampler, self.folder, self.console = sampler, folder, console
        self.optimizer = compiled(network, self.settings, labelled=getattr(preset.sizes, "labels", 0) > 0)
        self.progress = Progress()

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the run."""
        return self.sampler.tokenizer

    @property
    def step(self) -> int:
        """The steps since the run's beginning."""
        return self.progress.epoch * self.batches.steps + self.progress.step

    def run(self, batches: Batches, validation: Sequence[str]) -> Progress:
        """Train until the epochs are over, or the validation accuracy has not risen for as many as `patience` says.

        KeyboardInterrupt after SIGINT or SIGTERM, once all is saved; ModelError where it cannot go on.
        """
        self.batches, settings = batches, self.settings
        self.every = ceil(settings.epochs * batches.steps / MOST_ROWS)  # steps between two rows of the history
        self.restore()
        self.events = EventLog(self.folder / EVENTS, self.step, self.console.say)
        self.console.begin(self.progress, batches.steps)
        try:
            with noted() as interrupts:
                while not self.finished:
                    self._epoch(interrupts)
                    self._validate(validation)
        finally:
            self.console.end()
            self.events.close()
        return self.progress

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        stale = self.settings.patience and self.progress.stale >= self.settings.patience
        return bool(stale) or self.progress.epoch >= self.settings.epochs

    def _epoch(self, interrupts: Interrupts) -> None:
        progress, settings = self.progress, self.settings
        self.network.reset_metrics()
        if settings.carry and not progress.step:
            self.network.reset_states()
        self.clock = time.monotonic() - progress.seconds
        self.saved = self.reported = progress.seconds
        for number, batch in enumerate(self.batches.epoch(progress.epoch)):
            if number < progress.step:
                continue
            self._train(batch)
            self._keep()
            if interrupts.wanted:
                self.save()
                raise KeyboardInterrupt

    def _train(self, batch: Batch) -> None:
        progress = self.progress
        self.optimizer.learning_rate = learning_rate(self.settings, self.step, self.batches.steps, progress.losses)
        due = (self.step + 1) % self.every == 0
        before = self._weights() if due else []
        logs = _short(self.network.train_on_batch(*inputs(batch), return_dict=True))
        logs["learning_rate"] = float(ops.convert_to_numpy(self.optimizer.learning_rate))
        if not np.isfinite(logs["loss"]):
            best = f"; the best weights so far are in {self.folder / checkpoints.BEST}" if progress.epochs else ""
            raise ModelError(f"the loss is no number any more at step {self.step + 1}: try a lower learning_rate{best}")
        progress.step += 1
        progress.seconds = time.monotonic() - self.clock
        self.console.step(progress, logs)
        if due:
            self._note(logs, before, batch.tokens.size)

    def _note(self, logs: dict[str, float], before: list[Any], tokens: int) -> None:
        """Add a row to the history, of the steps since the last one."""
        progress = self.progress
        row = {
            "step": self.step,
            "epoch": progress.epoch + 1,
            "seconds": progress.seconds,
            **logs,
            "tokens_per_second": tokens * self.every / max(1e-9, progress.seconds - self.reported),
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "updates": self._updates(before),
        }
        progress.steps.append(row)
        self.events.scalars(self.step, {f"train/{name}": value for name, value in logs.items()})
        self.reported = progress.seconds
        self.network.reset_metrics()

    def _weights(self) -> list[Any]:
        return [ops.convert_to_numpy(variable).copy() for variable in self.network.trainable_variables]

    def _updates(self, before: list[Any]) -> dict[str, float]:
        """Give for each layer the norm of the step over the norm of its weights."""
        sums: dict[str, list[float]] = {}
        for variable, old in zip(self.network.trainable_variables, before, strict=True):
            layer = variable.path.split("/")[1]
            moved = ops.convert_to_numpy(variable) - old
            sums.setdefault(layer, [0.0, 0.0])
            sums[layer][0] += float(np.square(moved, dtype=np.float64).sum())
            sums[layer][1] += float(np.square(old, dtype=np.float64).sum())
        return {layer: (moved / max(whole, 1e-30)) ** 0.5 for layer, (moved, whole) in sums.items()}

    def _keep(self) -> None:
        """Sample and save where it is time to."""
        settings, step, seconds = self.settings, self.step, self.progress.seconds
        if settings.sample_steps and step % settings.sample_steps == 0:
            self._look()
        if settings.snapshot_steps and step % settings.snapshot_steps == 0:
            self._sync()
            checkpoints.save_snapshot(self.view, self.folder, step, settings.snapshots)
        by_steps = settings.checkpoint_steps and step % settings.checkpoint_steps == 0
        if by_steps or (settings.checkpoint_seconds and seconds - self.saved >= settings.checkpoint_seconds):
            self.save()

    def _look(self) -> None:
        """Let the network write, and see whether it has collapsed."""
        self._sync()
        samples, found = self.sampler.samples(self.view, self.step), self.sampler.collapse(self.view, self.step)
        self.progress.samples += samples
        self.progress.collapse.append(found)
        for sample in samples:
            self.console.say(f"at temperature {sample['temperature']:g}: {_shown(sample, self.preset.prompt_break)}")
            self.events.text(self.step, f"temperature {sample['temperature']:g}", sample["text"])
        if found["warning"]:
            self.console.say(f"warning: {found['warning']}")

    def _validate(self, texts: Sequence[str]) -> None:
        progress, best = self.progress, self.progress.best
        self._look()
        scores = score(predictor(self.view), self.tokenizer, texts, capital_lines=self.preset.capital_lines)
        better = scores.accuracy > best
        progress.epochs.append({**self._account(), **_scored(scores), "best": better})
        if better:
            checkpoints.save_weights(self.view, self.folder / checkpoints.BEST)
        self.events.scalars(self.step, {f"validation/{name}": value for name, value in _scored(scores).items()})
        self.console.say(f"validation: {_sentence(scores)}{' (best so far)' if better else ''}")
        progress.epoch, progress.step = progress.epoch + 1, 0
        self.save()
        if progress.collapse[-1]["warning"] and self.settings.stop_on_collapse:
            raise ModelError(f"stopped: {progress.collapse[-1]['warning']}")

    def _account(self) -> dict[str, Any]:
        """Give what an epoch's row says of the training itself."""
        rows = [row for row in self.progress.steps if row["epoch"] == self.progress.epoch + 1]
        means = {name: float(np.mean([row[name] for row in rows])) for name in ("loss", "accuracy") if rows}
        return {"epoch": self.progress.epoch + 1, "step": self.step, "seconds": self.progress.seconds, **means}

    def _sync(self) -> None:
        """Give the view the network's weights, or their running average where the preset wants it."""
        for mine, theirs in zip(self.view.trainable_variables, self.network.trainable_variables, strict=True):
            mine.assign(ops.cast(theirs, mine.dtype))
        self.optimizer.finalize_variable_values(self.view.trainable_variables)

    def save(self) -> None:
        """Write the history, the report and, last, the checkpoint: a kill between them repeats a little."""
        self.saved = self.progress.seconds
        history = self._history()
        with replacing(self.folder / HISTORY) as new:
            new.write_text(json.dumps(history, ensure_ascii=False, indent=1), "utf-8")
        write_report(history, self.folder / REPORT)
        checkpoints.save(self.folder, self._variables(), self.progress)

    def _history(self) -> dict[str, Any]:
        batch = next(self.batches.epoch(0))
        return {
            "name": self.preset.name,
            "preset": asdict(self.preset),
            "parameters": self.view.count_params(),
            "steps_per_epoch": self.batches.steps,
            "tokens_per_step": batch.tokens.size,
            "finished": self.finished,
            **asdict(self.progress),
        }

    def restore(self) -> bool:
        """Go on from the folder's checkpoint; False where there is none."""
        progress = checkpoints.restore(self.folder, self._variables())
        if progress is not None:
            self.progress = progress
            self.console.say(f"resumed at epoch {progress.epoch + 1}, step {progress.step}")
        return progress is not None

    def _variables(self) -> list[Any]:
        # The dropout layers' random state is among the network's variables, and a carried state too.
        return [*self.network.variables, *self.optimizer.variables]


def inputs(batch: Batch) -> tuple[Any, Any, Any]:
    """Give what train_on_batch takes: x, y and the weights of y; for a network with labels it has two outputs."""
    if batch.labels is None:
        return batch.tokens, batch.targets, batch.weights
    outputs = ("labelled", "text")
    weights = None if batch.weights is None else dict.fromkeys(outputs, batch.weights)
    return (batch.tokens, batch.labels), dict.fromkeys(outputs, batch.targets), weights


def _short(logs: dict[str, float]) -> dict[str, float]:
    return {"loss": float(logs["loss"]), "accuracy": float(logs.get("accuracy", logs.get("text_accuracy", 0)))}


def _scored(scores: Scores) -> dict[str, float]:
    scored = {f"validation_{name}": value for name, value in asdict(scores).items()}
    return {"validation_loss": log(scores.perplexity), **scored}


def _shown(sample: dict[str, Any], prompt_break: bool) -> str:  # noqa: FBT001
    glue = "\n" if prompt_break else ""
    return f"{sample['prompt']}{glue}{sample['text']}"


def _sentence(scores: Scores) -> str:
    quality = f"accuracy {scores.accuracy:.4f}, perplexity {scores.perplexity:.1f}"
    return f"{quality}, {scores.bits_per_char:.4f} bits per character"
