"""From a corpus to a SavedModel."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from model.commands.common import add_reading_options, command, form, say
from model.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.commands.common import Commands
    from model.corpus.reading import Form
    from model.corpus.split import Part
    from model.release.loading import Release
    from model.training.rank import Rank

MOST_RATE = 10
MOST_STEPS = 100_000


def add(commands: "Commands") -> None:
    """Declare the commands."""
    train_parser = command(commands, train, "corpus")
    train_parser.add_argument(
        "further", type=Path, nargs="*", help="further corpora, which the preset refers to by file name"
    )
    train_parser.add_argument(
        "--preset", default="neuralpoet", help="a name from model/presets, or a .toml file (default: %(default)s)"
    )
    train_parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    beginning = train_parser.add_mutually_exclusive_group()
    beginning.add_argument("--resume", action="store_true", help="resume from the last checkpoint in the folder")
    beginning.add_argument(
        "--init-from", type=Path, metavar="FOLDER", help="start from the weights and tokenizer of a run or a release"
    )
    beginning.add_argument(
        "--lr-search", nargs="?", const="", metavar="RATES", help="try learning rates, as 0.1,0.01, instead of training"
    )
    train_parser.add_argument("--lr-steps", type=int, default=200, help="steps of each trial (default: %(default)s)")
    train_parser.add_argument(
        "--machines", metavar="HOST:PORT,N,I",
        help="train on several machines, with JAX: this is process I (from 0) of N; process 0 listens at HOST:PORT",
    )  # fmt: skip
    add_reading_options(train_parser)
    release_parser = command(commands, release, "run", "corpus", "out")
    release_parser.add_argument("--weights", type=Path, help="a snapshot of the run to use instead of its best weights")
    release_parser.add_argument("--notes", type=Path, help="a Markdown file to include in the card: what was tried")
    release_parser.add_argument(
        "--test", action="store_true", help="score the test part too; do this once, after all choices are made"
    )
    release_parser.add_argument(
        "--preset", help="take the sampling defaults and moods from this preset instead of the run's"
    )
    lite_parser = command(commands, lite, "release")
    lite_parser.add_argument(
        "--corpus", type=Path,
        help="the corpus that it was trained on: compare both forms on its validation texts, in the release's card",
    )  # fmt: skip
    add_reading_options(lite_parser)
    command(commands, export, "release", "models")


def train(options: argparse.Namespace) -> None:
    """Train a preset's network on a corpus, in a folder from which --resume continues."""
    from model.presets.preset import load
    from model.training.rank import Rank
    from model.training.report.console import Console
    from model.training.run import search_rates, train_run

    preset, read = load(options.preset), form(options)
    if options.lr_search is not None:
        if not 1 <= options.lr_steps <= MOST_STEPS:
            raise ModelError(f"--lr-steps must be between 1 and {MOST_STEPS}")
        if options.machines is not None:
            raise ModelError("--lr-search runs on one machine; leave out --machines")
        rates = _rates(options.lr_search)
        search_rates(options.corpus, preset, options.out, read, rates, options.lr_steps, say)
        return
    rank = Rank.of_environment(os.environ) if options.machines is None else Rank.read(options.machines)
    train_run(
        options.corpus, preset, options.out, Console(preset.training, _reporting(rank)),
        further=options.further, form=read, resume=options.resume, init_from=options.init_from, rank=rank,
    )  # fmt: skip


def _reporting(rank: "Rank | None") -> "Callable[[str], None] | None":
    """Return the function that prints a run's lines: None for the usual one, or one that prints nothing."""
    if rank is None or rank.index == 0:
        return None
    say(f"process {rank.index} of {rank.count}; process 0 reports")
    return lambda _: None


def _rates(given: str) -> list[float]:
    from model.training.rate_search import RATES

    try:
        rates = [float(rate) for rate in given.split(",")] if given else list(RATES)
    except ValueError:
        raise ModelError(f"--lr-search {given}: expected numbers separated by commas, such as 0.1,0.01") from None
    if not all(0 < rate <= MOST_RATE for rate in rates):
        raise ModelError(f"a learning rate must be above 0 and at most {MOST_RATE}")
    return rates


def release(options: argparse.Namespace) -> None:
    """Make a release of a finished run: float16 weights, scores, a model card, and a LiteRT file."""
    from model.release.making import Choice, release_run
    from model.training.record import form_of

    scored: list[Part] = ["validation", "test"] if options.test else ["validation"]
    choice = Choice(options.preset, options.weights, options.notes, scored)
    made = release_run(options.run, options.corpus, options.out, choice)
    _write_lite(made, options.corpus, form_of(options.run))
    say(f"{made.folder}: {json.dumps(made.config['scores'])}")


def lite(options: argparse.Namespace) -> None:
    """Write a release's model.tflite again: the file that it is served from without TensorFlow."""
    from model.corpus.reading import digest
    from model.files.folder import LITE
    from model.release.loading import load

    made = load(options.release)
    if options.corpus is not None and made.config.get("data", {}).get("sha256") != digest(options.corpus):
        raise ModelError(f"{options.corpus} is not the corpus that {options.release} was trained on")
    if _write_lite(made, options.corpus, form(options)):
        say(str(options.release / LITE))


def _write_lite(release: "Release", corpus: Path | None, reading: "Form") -> bool:
    """Write model.tflite and, given a corpus, the comparison in the card; False if the network cannot be converted."""
    from model.corpus.reading import read_corpus
    from model.corpus.split import split
    from model.export.comparison import compare, write_section
    from model.export.versions import add_lite

    if not add_lite(release):
        kind = release.config["network"]["kind"]
        sys.stderr.write(f"{release.folder}: a {kind} network has no LiteRT form; only TensorFlow serves it\n")
        return False
    if corpus is not None:
        texts = split(read_corpus(corpus, reading))["validation"]
        write_section(release, compare(release, [text.text for text in texts]))
    return True


def export(options: argparse.Namespace) -> None:
    """Export a release as the newest version for TF-Serving, unless the newest version is already of this release."""
    from model.files.folder import up_to_date

    version = up_to_date(options.release, options.models)
    if version is None:
        from model.export.versions import export as export_release
        from model.release.loading import load

        version = export_release(load(options.release), options.models)
    say(str(version))
