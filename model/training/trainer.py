"""One training run in one folder: started, stopped at any moment, and resumable with identical results."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from math import ceil, isfinite, log
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from keras import ops

from model.errors import ModelError
from model.evaluation.scoring import Scores, predictor, score
from model.networks.network import Network
from model.networks.weights import save_weights
from model.presets.preset import Preset
from model.text.tokens import Tokenizer
from model.training import checkpoints
from model.training.batches import Batch
from model.training.devices import on_one_device
from model.training.history import MOST_ROWS, Progress, Tally
from model.training.interrupts import Interrupts, noted
from model.training.machines import ALONE, Machines
from model.training.optimizer import compiled, figures
from model.training.plan import Epoch, Plan
from model.training.rates import learning_rate
from model.training.recorder import Recorder, updates, weights
from model.training.report.console import Console
from model.training.samples import Sampler


class Trainer:
    """Trains `network`. `view` is the copy that is scored and saved: in float32, with averaged weights if wanted."""

    def __init__(
        self, preset: Preset, network: Network, view: Network, sampler: Sampler, folder: Path, console: Console,
        machines: Machines = ALONE,
    ) -> None:  # fmt: skip
        self.preset, self.settings, self.network, self.view = preset, preset.training, network, view
        self.sampler, self.folder, self.console, self.machines = sampler, folder, console, machines
        self.optimizer = compiled(network, self.settings, labelled=getattr(preset.sizes, "labels", 0) > 0)
        machines.reset_quickly(network)
        self.predict = predictor(view)
        self.progress = Progress()

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the run."""
        return self.sampler.tokenizer

    @property
    def step(self) -> int:
        """The number of steps since the start of the run."""
        return self.plan.steps if self._read_all else self._now.start + self.progress.step

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        stale = self.settings.patience and self.progress.stale(self.plan.training_from) >= self.settings.patience
        return bool(stale) or self._read_all

    @property
    def _read_all(self) -> bool:
        return self.progress.epoch >= len(self.plan.epochs)

    @property
    def _now(self) -> Epoch:
        return self.plan.epochs[self.progress.epoch]

    def run(self, plan: Plan, validation: Sequence[str]) -> Progress:
        """Train until all epochs are done, or the validation accuracy has not improved for `patience` validations.

        KeyboardInterrupt after SIGINT or SIGTERM, once everything is saved; ModelError if training cannot continue.
        """
        self.plan, self.validation = plan, validation
        self.every = ceil(plan.steps / MOST_ROWS)  # steps per row of the history
        restored = self.machines.broadcast((self.folder / checkpoints.CHECKPOINT).exists) and self.restore()
        sizes = plan.sizes
        record = {
            "name": self.preset.name,
            "preset": asdict(self.preset),
            "parameters": self.view.count_params(),
            "steps_per_epoch": [steps for steps, _ in sizes],
        }
        recorded = self.folder if self.machines.first else None
        self.recorder = Recorder(recorded, record, self.step, self.console.say)
        self.console.begin(self.progress, sizes)
        try:
            if not restored:
                self.save()  # so that the initial weights can be resumed from, too
            with noted() as interrupts:
                while not self.finished:
                    self._epoch(interrupts)
                    self._finish_epoch()
            self.machines.broadcast(lambda: self.recorder.write(self.progress, finished=True))
        finally:
            self.console.end()
            self.recorder.events.close()
        return self.progress

    def restore(self) -> bool:
        """Resume from the folder's checkpoint; return False if there is none."""
        progress = checkpoints.restore(self.folder, self._variables())
        if progress is not None:
            self.progress = progress
            self.console.say(f"resumed at epoch {progress.epoch + 1}, step {progress.step}")
        return progress is not None

    def save(self) -> None:
        """Write the checkpoint, then the history and the report."""
        self.saved = self.progress.seconds
        self.machines.broadcast(self._write)

    def _write(self) -> None:
        checkpoints.save(self.folder, self._variables(), self.progress)
        self.recorder.write(self.progress, finished=self.finished)

    def _epoch(self, interrupts: Interrupts) -> None:
        progress = self.progress
        if self.settings.carry and not progress.step:
            self.network.reset_states()
        self.saved = progress.seconds
        for batch in islice(self._now.read(), progress.step, None):
            stop, overdue = self.machines.any(interrupts.wanted, self._overdue())
            if stop or overdue:
                self.save()
            if stop:
                self.console.say("stopped; continue with --resume")
                raise KeyboardInterrupt
            self._train(batch)
            self._keep()

    def _overdue(self) -> bool:
        """Return whether the checkpoint is older than `checkpoint_seconds`, by this process's own clock."""
        seconds = self.settings.checkpoint_seconds
        return seconds > 0 and self.progress.seconds - self.saved >= seconds

    def _train(self, batch: Batch) -> None:
        progress, started = self.progress, monotonic()
        rate = self._rate()
        self.optimizer.learning_rate = self.machines.everywhere(rate)
        due = (self.step + 1) % self.every == 0
        before = weights(self.network) if due else []
        loss, accuracy = figures(self.network.train_on_batch(*self.machines.share(batch).inputs, return_dict=True))
        if not isfinite(loss):
            best = f"; the best weights so far are in {self.folder / checkpoints.BEST}" if progress.epochs else ""
            raise ModelError(f"the loss is NaN or infinite at step {self.step + 1}: try a lower learning_rate{best}")
        progress.step += 1
        self._count(batch.counted, monotonic() - started, loss, accuracy)
        self.console.step(progress, {"loss": loss, "accuracy": accuracy, "learning_rate": rate})
        if due:
            self.recorder.row(progress, self.step, rate, updates(self.network, before))
            progress.row = Tally()

    def _rate(self) -> float:
        """Return the learning rate of the next step, by its phase's schedule."""
        now, progress = self._now, self.progress
        losses = progress.losses(now.phase_epoch)
        step, epoch = self.step - now.phase_start, progress.epoch - now.phase_epoch
        return learning_rate(now.settings, step, now.phase_steps, epoch, losses)

    def _count(self, tokens: int, seconds: float, loss: float, accuracy: float) -> None:
        self.progress.tokens += tokens
        self.progress.seconds += seconds
        for tally in (self.progress.row, self.progress.whole):
            tally.add(tokens, seconds, loss, accuracy)

    def _keep(self) -> None:
        """Write samples, snapshots and the checkpoint when they are due."""
        settings, step = self.settings, self.step
        if settings.sample_steps and step % settings.sample_steps == 0:
            self._sync()
            self._look()
        if settings.snapshot_steps and step % settings.snapshot_steps == 0:
            self._sync()
            self._validate()
            self.machines.broadcast(lambda: checkpoints.save_snapshot(self.view, self.folder, step, settings.snapshots))
        if settings.checkpoint_steps and step % settings.checkpoint_steps == 0:
            self.save()

    def _look(self) -> None:
        """Write samples with the view, unless done at this step, and check for collapse."""
        progress, step = self.progress, self.step
        if progress.collapse and progress.collapse[-1]["step"] == step:
            return
        samples, found = self.machines.broadcast(self._samples)
        progress.look(samples, found)
        for sample in samples:
            glue = "\n" if self.preset.prompt_break else ""
            self.console.say(f"at temperature {sample['temperature']:g}: {sample['prompt']}{glue}{sample['text']}")
            self.recorder.events.text(step, f"temperature {sample['temperature']:g}", sample["text"])
        if found["warning"]:
            self.console.say(f"warning: {found['warning']}")
            if self.settings.stop_on_collapse:
                self._validate()
                self.save()
                raise ModelError(f"stopped: {found['warning']}")

    def _samples(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        with on_one_device():
            return self.sampler.samples(self.view, self.step), self.sampler.collapse(self.view, self.step)

    def _finish_epoch(self) -> None:
        self._sync()
        self._look()
        self._validate()
        self.progress.epoch, self.progress.step, self.progress.whole = self.progress.epoch + 1, 0, Tally()
        self.save()

    def _validate(self) -> None:
        """Score the view, unless done at this step, and save its weights if they are the best so far."""
        progress, step = self.progress, self.step
        if progress.epochs and progress.epochs[-1]["step"] == step:
            return
        progress.epochs.append(self.machines.broadcast(self._scored))

    def _scored(self) -> dict[str, Any]:
        progress, best, step = self.progress, self.progress.best, self.step
        with on_one_device():
            scores = score(self.predict, self.tokenizer, self.validation, capital_lines=self.preset.capital_lines)
        scored = {"validation_loss": log(scores.perplexity)}
        scored |= {f"validation_{name}": value for name, value in asdict(scores).items()}
        better = (scores.accuracy, -scored["validation_loss"]) > best
        if better:
            save_weights(self.view, self.folder / checkpoints.BEST)
        self.recorder.events.scalars(step, {name.replace("_", "/", 1): value for name, value in scored.items()})
        self.console.validated(f"validation: {_sentence(scores)}{' (best so far)' if better else ''}")
        row = {"epoch": progress.epoch + 1, "step": step, "seconds": progress.seconds}
        return {**row, **progress.whole.means(), **scored, "best": better}

    def _sync(self) -> None:
        """Copy the network's weights to the view, or their running average if the preset asks for it."""
        for mine, theirs in zip(self.view.weights, self.network.weights, strict=True):
            mine.assign(ops.cast(theirs, mine.dtype))
        self.optimizer.finalize_variable_values(self.view.trainable_variables)
        for mine in self.view.weights:
            # On JAX the assigned arrays share memory that the next step donates, so copy them.
            mine.assign(np.array(ops.convert_to_numpy(mine)))

    def _variables(self) -> list[Any]:
        # The network's variables include the dropout layers' random state and any carried state.
        return [*self.network.variables, *self.optimizer.variables]


def _sentence(scores: Scores) -> str:
    quality = f"accuracy {scores.accuracy:.4f}, perplexity {scores.perplexity:.1f}"
    return f"{quality}, {scores.bits_per_char:.4f} bits per character"
