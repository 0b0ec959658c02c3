"""From a corpus to a SavedModel."""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from model.commands.common import command, say
from model.errors import ModelError
from model.text.normalise import line_ends

if TYPE_CHECKING:
    from model.commands.common import Commands


def add(commands: "Commands") -> None:
    """Declare the commands."""
    train_parser = command(commands, train, "corpus")
    train_parser.add_argument(
        "--preset", default="neuralpoet", help="a name of model/presets, or a .toml file (default: %(default)s)"
    )
    train_parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    train_parser.add_argument("--resume", action="store_true", help="go on from the folder's last checkpoint")
    release_parser = command(commands, release, "run", "corpus", "out")
    release_parser.add_argument("--preset", help="take the sampling defaults from this preset, not from the run's")
    command(commands, evaluate, "release", "corpus")
    sample_parser = command(commands, sample, "release")
    sample_parser.add_argument("--prompt", default="")
    sample_parser.add_argument("--seed", type=int, default=0)
    sample_parser.add_argument("--chaos", type=float)
    sample_parser.add_argument("--temperature", type=float)
    sample_parser.add_argument("--max-lines", type=int)
    command(commands, export, "release", "models")


def train(options: argparse.Namespace) -> None:
    """Train a preset's network on a corpus, in a folder that a later --resume goes on from."""
    from model.run import train_run

    train_run(options.corpus, options.preset, options.out, resume=options.resume, say=say)


def release(options: argparse.Namespace) -> None:
    """Make a release of a finished run: float16 weights, scores, card."""
    from model.run import release_run

    made = release_run(options.run, options.corpus, options.out, options.preset)
    say(f"{made.folder}: {json.dumps(made.config['scores'])}")


def evaluate(options: argparse.Namespace) -> None:
    """Score a release on a corpus."""
    from model.corpus.reading import read_corpus
    from model.evaluation import score
    from model.release import load

    texts = [poem.text for poem in read_corpus(options.corpus)]
    loaded = load(options.release)
    say(json.dumps(asdict(score(loaded.network.predict_on_batch, loaded.text.tokenizer, texts)), indent=1))


def sample(options: argparse.Namespace) -> None:
    """Write a poem without a server."""
    from model.generation import write
    from model.release import load
    from model.text.parameters import BOUNDS, InvalidParameter

    loaded = load(options.release)
    given = {name: getattr(options, name) for name in ("chaos", "temperature", "max_lines")}
    try:
        checked = {name: BOUNDS[name].check(name, value) for name, value in given.items() if value is not None}
        prompt, seed = BOUNDS["prompt"].check("prompt", options.prompt), BOUNDS["seed"].check("seed", options.seed)
    except InvalidParameter as error:
        raise ModelError(str(error)) from None
    parameters = replace(loaded.text.defaults, **checked)
    say(write(loaded.network, loaded.text, line_ends(prompt), parameters, seed).text)


def export(options: argparse.Namespace) -> None:
    """Write a release as the newest version for TF-Serving; one that is there already is left alone."""
    from model.folder import up_to_date

    version = up_to_date(options.release, options.models)
    if version is None:
        from model.export import export as export_release
        from model.release import load

        version = export_release(load(options.release), options.models)
    say(str(version))
