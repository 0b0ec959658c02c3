"""Training a network on a corpus, with checkpoints that a killed run resumes from."""

import datetime as dt
import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from model.errors import ModelError
from model.evaluation import Scores, score
from model.preset import Training
from model.replacing import replacing
from model.text.tokens import Tokenizer

CHECKPOINT = "checkpoint.npz"
BEST = "best.weights.h5"
HISTORY = "history.json"


class DenseAdamW(keras.optimizers.AdamW):  # type: ignore[misc]
    """AdamW that takes an Embedding's gradient as a dense tensor.

    On the TensorFlow backend it comes as IndexedSlices, and repeated rows are then treated otherwise than on JAX.
    """

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Apply the gradients, each made dense."""
        super().apply([ops.convert_to_tensor(grad) for grad in grads], trainable_variables)


def windows(rows: Sequence[NDArray[np.int32]], settings: Training, epoch: int) -> Iterator[NDArray[np.int32]]:
    """Give an epoch's batches [batch_size, window + 1] of the shuffled texts laid end to end."""
    random = np.random.default_rng([settings.seed, epoch])
    stream = np.concatenate([rows[i] for i in random.permutation(len(rows))])
    stream = stream[random.integers(min(settings.window, len(stream) - settings.window)) :]
    starts = random.permutation(np.arange(0, len(stream) - settings.window, settings.window))
    for first in range(0, len(starts) - settings.batch_size + 1, settings.batch_size):
        yield np.stack([stream[i : i + settings.window + 1] for i in starts[first : first + settings.batch_size]])


def steps_per_epoch(rows: Sequence[NDArray[np.int32]], settings: Training) -> int:
    """Count the batches that every epoch has, whichever offset it starts from."""
    usable = sum(len(row) for row in rows) - settings.window
    return max(0, (usable - 1) // settings.window) // settings.batch_size


@dataclass
class Progress:
    """Where a run is: what a checkpoint holds beside the variables."""

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def best(self) -> float:
        """The best validation accuracy so far."""
        return max((row["validation_accuracy"] for row in self.history), default=-1.0)

    @property
    def stale(self) -> int:
        """The epochs since the best one."""
        accuracies = [row["validation_accuracy"] for row in self.history]
        return len(accuracies) - 1 - accuracies.index(self.best) if accuracies else 0


class Trainer:
    """One run in one folder: `run` until the validation accuracy no longer rises."""

    def __init__(
        self,
        network: keras.Model,
        tokenizer: Tokenizer,
        settings: Training,
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self.network, self.tokenizer, self.settings, self.folder, self.say = network, tokenizer, settings, folder, say
        self.progress = Progress()

    def run(self, train: Sequence[str], validation: Sequence[str]) -> Progress:
        """Train on `train`, score each epoch on `validation`; the best weights are in the folder's BEST file."""
        encoded = (self.tokenizer.encode_text(self.tokenizer.normalise(text)) for text in train)
        rows = [np.array(row, np.int32) for row in encoded]
        self.steps = steps_per_epoch(rows, self.settings)
        if not self.steps:
            raise ModelError(
                "the corpus is smaller than one batch of windows; lower batch_size or window in the preset"
            )
        self._compile()
        self._restore()
        while self.progress.epoch < self.settings.epochs and self.progress.stale < self.settings.patience:
            logs = self._epoch(rows)
            self._validate(validation, logs)
        return self.progress

    def _compile(self) -> None:
        settings = self.settings
        rate = keras.optimizers.schedules.CosineDecay(
            0.0,
            settings.epochs * self.steps,
            alpha=0.01,
            warmup_target=settings.learning_rate,
            warmup_steps=settings.warmup_steps,
        )
        optimizer = DenseAdamW(rate, weight_decay=settings.weight_decay, global_clipnorm=settings.clip_norm)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.network.compile(optimizer, loss, metrics=["accuracy"], jit_compile=keras.backend.backend() == "jax")
        optimizer.build(self.network.trainable_variables)

    def _epoch(self, rows: Sequence[NDArray[np.int32]]) -> dict[str, float]:
        progress = self.progress
        saved = started = time.monotonic()
        before = (progress.step, progress.seconds)
        self.network.reset_metrics()
        recent = deque[dict[str, float]](maxlen=100)
        for step, batch in enumerate(windows(rows, self.settings, progress.epoch)):
            if step < progress.step or step >= self.steps:
                continue
            recent.append(self.network.train_on_batch(batch[:, :-1], batch[:, 1:], return_dict=True))
            if not np.isfinite(recent[-1]["loss"]):
                raise ModelError(f"the loss is no number any more; {self.folder} holds the last good checkpoint")
            progress.step = step + 1
            now = time.monotonic()
            progress.seconds = before[1] + now - started
            if progress.step % 20 == 0:
                self._report(_mean(recent), (progress.step - before[0]) / (now - started))
            if now - saved >= self.settings.checkpoint_seconds:
                self.save()
                saved = now
        return _mean(recent)

    def _report(self, logs: dict[str, float], rate: float) -> None:
        progress, settings = self.progress, self.settings
        left = (settings.epochs - progress.epoch) * self.steps - progress.step
        left_time = dt.timedelta(seconds=int(left / rate))
        tokens = rate * settings.batch_size * settings.window
        self.say(
            f"epoch {progress.epoch + 1}/{settings.epochs} step {progress.step}/{self.steps} loss {logs['loss']:.3f} "
            f"accuracy {logs['accuracy']:.4f} {tokens:,.0f} tokens/s {left_time} left"
        )

    def _validate(self, texts: Sequence[str], logs: dict[str, float]) -> None:
        progress, best = self.progress, self.progress.best
        scores = score(self.network.predict_on_batch, self.tokenizer, texts)
        scored = {f"validation_{name}": value for name, value in asdict(scores).items()}
        progress.history.append({"epoch": progress.epoch + 1, "seconds": progress.seconds, **logs, **scored})
        if scores.accuracy > best:
            with replacing(self.folder / BEST) as new:
                self.network.save_weights(new)
        progress.epoch, progress.step = progress.epoch + 1, 0
        # Before the checkpoint: a kill between the two then repeats the validation, and nothing is missing.
        with replacing(self.folder / HISTORY) as new:
            new.write_text(json.dumps(progress.history, indent=1), "utf-8")
        self.save()
        self.say(f"validation: {_sentence(scores)}{' (best so far)' if scores.accuracy > best else ''}")

    def save(self) -> None:
        """Write a checkpoint; a kill at any moment leaves the one before it."""
        arrays = {str(i): np.asarray(variable) for i, variable in enumerate(self._variables())}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ModelError(f"a weight is no number any more; {self.folder} holds the last good checkpoint")
        progress = np.array(json.dumps(asdict(self.progress)))
        with replacing(self.folder / CHECKPOINT) as new:
            np.savez(new, allow_pickle=False, progress=progress, **arrays)

    def _restore(self) -> None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        with np.load(path) as file:
            for i, variable in enumerate(self._variables()):
                variable.assign(file[str(i)])
            self.progress = Progress(**json.loads(str(file["progress"])))
        self.say(f"resumed at epoch {self.progress.epoch + 1}, step {self.progress.step}")

    def _variables(self) -> list[Any]:
        # The dropout layers' random state is among the network's variables.
        return [*self.network.variables, *self.network.optimizer.variables]


def _mean(logs: deque[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in logs])) for name in logs[0]} if logs else {}


def _sentence(scores: Scores) -> str:
    quality = f"accuracy {scores.accuracy:.4f}, perplexity {scores.perplexity:.1f}"
    return f"{quality}, {scores.bits_per_char:.4f} bits per character"
