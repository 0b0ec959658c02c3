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
    from model.corpus.split import Part
    from model.release.loading import Release
    from model.training.rank import Rank

MOST_RATE = 10
MOST_STEPS = 100_000


def add(commands: "Commands") -> None:
    """Declare the commands."""
    train_parser = command(commands, train, "corpus")
    train_parser.add_argument(
        "further", type=Path, nargs="*", help="further corpora, which the preset knows by their file's name"
    )
    train_parser.add_argument(
        "--preset", default="neuralpoet", help="a name of model/presets, or a .toml file (default: %(default)s)"
    )
    train_parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    beginning = train_parser.add_mutually_exclusive_group()
    beginning.add_argument("--resume", action="store_true", help="go on from the folder's last checkpoint")
    beginning.add_argument(
        "--init-from", type=Path, metavar="FOLDER", help="begin with the weights and tokenizer of a run or a release"
    )
    beginning.add_argument(
        "--lr-search", nargs="?", const="", metavar="RATES", help="try learning rates, as 0.1,0.01, instead of training"
    )
    train_parser.add_argument("--lr-steps", type=int, default=200, help="steps of each trial (default: %(default)s)")
    train_parser.add_argument(
        "--machines", metavar="HOST:PORT,N,I",
        help="train together with others, on JAX: process I (from 0) of N; process 0 waits for the others at HOST:PORT",
    )  # fmt: skip
    add_reading_options(train_parser)
    release_parser = command(commands, release, "run", "corpus", "out")
    release_parser.add_argument("--weights", type=Path, help="one of the run's snapshots instead of its best weights")
    release_parser.add_argument("--notes", type=Path, help="a Markdown file that the card takes in: what was tried")
    release_parser.add_argument(
        "--test", action="store_true", help="score the test part too: once, when nothing is chosen any more"
    )
    release_parser.add_argument(
        "--preset", help="take the sampling defaults and moods from this preset, not from the run's"
    )
    command(commands, lite, "release")
    command(commands, export, "release", "models")


def train(options: argparse.Namespace) -> None:
    """Train a preset's network on a corpus, in a folder that a later --resume goes on from."""
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
    """Return how a run reports: not at all where another process does."""
    if rank is None or rank.index == 0:
        return None
    say(f"process {rank.index} of {rank.count}; process 0 reports")
    return lambda _: None


def _rates(given: str) -> list[float]:
    from model.training.rate_search import RATES

    try:
        rates = [float(rate) for rate in given.split(",")] if given else list(RATES)
    except ValueError:
        raise ModelError(f"--lr-search {given}: expected numbers with commas between, as 0.1,0.01") from None
    if not all(0 < rate <= MOST_RATE for rate in rates):
        raise ModelError(f"a learning rate must be above 0 and at most {MOST_RATE}")
    return rates


def release(options: argparse.Namespace) -> None:
    """Make a release of a finished run: float16 weights, scores, card, and one file for LiteRT."""
    from model.export.versions import add_lite
    from model.release.making import Choice, release_run

    scored: list[Part] = ["validation", "test"] if options.test else ["validation"]
    choice = Choice(options.preset, options.weights, options.notes, scored)
    made = release_run(options.run, options.corpus, options.out, choice)
    _tell_of(made, add_lite(made))
    say(f"{made.folder}: {json.dumps(made.config['scores'])}")


def lite(options: argparse.Namespace) -> None:
    """Write a release's model.tflite into its folder anew: what it is served from without TensorFlow."""
    from model.export.versions import add_lite
    from model.release.loading import load

    made = load(options.release)
    path = add_lite(made)
    _tell_of(made, path)
    if path is not None:
        say(str(path))


def _tell_of(release: "Release", lite: Path | None) -> None:
    if lite is None:
        kind = release.config["network"]["kind"]
        sys.stderr.write(f"{release.folder}: a {kind} has no form for LiteRT and is served by TensorFlow alone\n")


def export(options: argparse.Namespace) -> None:
    """Write a release as the newest version for TF-Serving; where that is of this release already, it is left alone."""
    from model.files.folder import LITE, up_to_date

    version = up_to_date(options.release, options.models)
    if version is None:
        from model.export.versions import export as export_release
        from model.release.loading import load

        made = load(options.release)
        version = export_release(made, options.models)
        _tell_of(made, version / LITE if (version / LITE).exists() else None)
    say(str(version))
