"""Training speed of each network, relative to Keras's `fit` on the same batches: python -m benchmarks.training CORPUS.

Both use the same optimizer and alternate in one process; the ratio is what matters. Ours are the steps of a real run,
with its rows and checkpoints. The same number of steps runs first, to compile.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from benchmarks.table import machine, print_table
from model.corpus.reading import read_corpus
from model.corpus.texts import Text
from model.files.folder import TOKENIZER
from model.presets.preset import Preset, Training, load
from model.tokenizers.learning import learn
from model.training.batches import Batches
from model.training.history import Progress
from model.training.plan import Plan, Stage
from model.training.report.console import Console
from model.training.run import batches_of, prepared
from model.training.trainer import Trainer

NETWORKS = {"poet": "neuralpoet", "charrnn": "neurobugurt", "textgenrnn": "textgenrnn"}
TEXTS = 1500
Way = Callable[[Trainer, Batches, int], float]


class EnoughError(Exception):
    """All steps to be measured are done."""


class Watch(Console):
    """Prints nothing, records the end of each step, and stops the run."""

    def __init__(self, settings: Training, most: int) -> None:
        super().__init__(settings, say=lambda _: None)
        self.most, self.ends = most, list[float]()

    def step(self, progress: Progress, logs: Mapping[str, float]) -> None:
        """Record a finished step."""
        super().step(progress, logs)
        self.ends.append(time.monotonic())
        if len(self.ends) == self.most:
            raise EnoughError


def ours(trainer: Trainer, batches: Batches, steps: int) -> float:
    """Return the seconds that `steps` steps of a run take."""
    trainer.console = watch = Watch(trainer.settings, 2 * steps)
    with suppress(EnoughError):
        trainer.run(Plan([Stage(trainer.settings, batches, trainer.settings.epochs)]), [])
    return watch.ends[-1] - watch.ends[steps - 1]


def fit(trainer: Trainer, batches: Batches, steps: int) -> float:
    """Return the seconds that `steps` steps of `fit` take."""
    marks: list[float] = []
    mark = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: marks.append(time.monotonic()))
    given = _without_none(batch.inputs for batch in batches.epoch(0))
    trainer.network.fit(given, epochs=2, steps_per_epoch=steps, verbose=0, callbacks=[mark])
    return time.monotonic() - marks[1]


def _without_none(batches: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        yield tuple(part for part in batch if part is not None)


def measure(name: str, preset: Preset, texts: list[Text], steps: int, turns: int) -> list[str]:
    """Return the table row of a network."""
    seconds: dict[Way, list[float]] = {ours: [], fit: []}
    seen = [text.text for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / TOKENIZER
        tokenizer = learn(preset.tokenizer, seen, path, preset.sizes.vocabulary, preset.normalisation)
        for way in list(seconds) * turns:
            with tempfile.TemporaryDirectory(dir=folder) as run:
                trainer = prepared(preset, tokenizer, seen, Path(run), Console(preset.training))
                batches = batches_of(trainer.network, tokenizer, preset.training, texts)
                seconds[way].append(way(trainer, batches, steps))
    tokens = steps * next(batches.epoch(0)).tokens.size
    mine, plain = (tokens / median(seconds[way]) for way in (ours, fit))
    return [name, f"{trainer.view.count_params() / 1e6:.2f} M", f"{mine:,.0f}", f"{plain:,.0f}", f"x{mine / plain:.2f}"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    texts = read_corpus(options.corpus)[:TEXTS]
    rows = [measure(name, load(preset), texts, options.steps, options.turns) for name, preset in NETWORKS.items()]
    print_table(["network", "parameters", "tokens/s", "plain fit, tokens/s", "ratio"], rows)
    print(machine())


if __name__ == "__main__":
    main()
