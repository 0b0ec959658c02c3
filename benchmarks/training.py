"""Training speed of each network, beside plain Keras `fit` on the same batches: python -m benchmarks.training CORPUS.

All ways take turns in one process, and the ratio of the two is what counts. The first epoch of each compiles and is
left out.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from benchmarks.table import machine, print_table
from model.corpus.reading import read_corpus
from model.corpus.texts import Text
from model.folder import TOKENIZER
from model.preset import Preset, load
from model.run import batches_of, prepared
from model.tokenizing import learn
from model.training.batches import Batch, Batches
from model.training.trainer import Trainer, inputs
from model.training_report.console import Console

NETWORKS = {"poet": "neuralpoet", "charrnn": "neurobugurt", "textgenrnn": "textgenrnn"}
TEXTS = 1500


@dataclass
class Few:
    """The first batches of every epoch."""

    all: Batches
    steps: int

    def epoch(self, number: int) -> Iterator[Batch]:
        """Give as many as are wanted."""
        for _, batch in zip(range(self.steps), self.all.epoch(number), strict=False):
            yield batch


def ours(trainer: Trainer, batches: Batches, validation: list[str]) -> float:
    """Give the seconds of the second epoch, as a run counts them."""
    trainer.console = Console(trainer.settings, say=lambda _: None)
    epochs = trainer.run(batches, validation).epochs
    return float(epochs[1]["seconds"] - epochs[0]["seconds"])


def fit(trainer: Trainer, batches: Batches) -> float:
    """Give the seconds of the second epoch of `fit`."""
    settings, network = trainer.settings, trainer.network
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.AdamW(settings.learning_rate), loss, weighted_metrics=["accuracy"])
    endless = (inputs(batch) for number in range(10) for batch in batches.epoch(number))
    marks: list[float] = []
    mark = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: marks.append(time.monotonic()))
    network.fit(_without_none(endless), epochs=2, steps_per_epoch=batches.steps, verbose=0, callbacks=[mark])
    return time.monotonic() - marks[1]


def _without_none(batches: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        yield tuple(part for part in batch if part is not None)


def measure(name: str, preset: Preset, texts: list[Text], steps: int, turns: int) -> list[str]:
    """Give the row of a network."""
    preset = replace(preset, training=replace(preset.training, epochs=2, patience=0, sample_steps=0, snapshot_steps=0))
    seconds: dict[str, list[float]] = {"ours": [], "fit": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        seen = [text.text for text in texts]
        tokenizer = learn(preset.tokenizer, seen, path / TOKENIZER, preset.sizes.vocabulary, preset.normalisation)
        for turn in range(turns):
            for way, spent in seconds.items():
                run = path / f"{way}{turn}"
                run.mkdir()
                trainer = prepared(preset, tokenizer, seen, run, Console(preset.training, say=lambda _: None))
                batches = Few(batches_of(trainer.network, trainer.tokenizer, preset.training, texts), steps)
                spent.append(ours(trainer, batches, seen[:1]) if way == "ours" else fit(trainer, batches))
                tokens = steps * next(batches.epoch(0)).tokens.size
                parameters = trainer.view.count_params()
    mine, plain = (tokens / median(seconds[way]) for way in seconds)
    return [name, f"{parameters / 1e6:.2f} M", f"{mine:,.0f}", f"{plain:,.0f}", f"x{mine / plain:.2f}"]


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
