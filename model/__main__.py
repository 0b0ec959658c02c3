"""From texts to a SavedModel, a command a step: `python -m model --help`."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from model.errors import ModelError
from model.text.normalise import line_ends

# Keras and TensorFlow read these when they are imported, which the commands do only once they need them.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def train(options: argparse.Namespace) -> None:
    """Train a preset's network on a corpus, in a folder that a later --resume goes on from."""
    from model.run import train_run

    train_run(options.corpus, options.preset, options.out, resume=options.resume, say=_say)


def release(options: argparse.Namespace) -> None:
    """Make a release of a finished run: float16 weights, scores, card."""
    from model.run import release_run

    made = release_run(options.run, options.corpus, options.out, options.preset)
    _say(f"{made.folder}: {json.dumps(made.config['scores'])}")


def evaluate(options: argparse.Namespace) -> None:
    """Score a release on a corpus."""
    from model.corpus.reading import read_corpus
    from model.evaluation import score
    from model.release import load

    texts = [poem.text for poem in read_corpus(options.corpus)]
    loaded = load(options.release)
    _say(json.dumps(asdict(score(loaded.network.predict_on_batch, loaded.text.tokenizer, texts)), indent=1))


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
    _say(write(loaded.network, loaded.text, line_ends(prompt), parameters, seed).text)


def export(options: argparse.Namespace) -> None:
    """Write a release as the newest version for TF-Serving; one that is there already is left alone."""
    from model.folder import up_to_date

    version = up_to_date(options.release, options.models)
    if version is None:
        from model.export import export as export_release
        from model.release import load

        version = export_release(load(options.release), options.models)
    _say(str(version))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  a command's output


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model", description="The language model, from texts to a SavedModel."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: object, *paths: str) -> argparse.ArgumentParser:
        added = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)  # type: ignore[attr-defined]
        added.set_defaults(command=run)
        for path in paths:
            added.add_argument(path, type=Path)
        return added

    train_parser = command(train, "corpus")
    train_parser.add_argument(
        "--preset", default="neuralpoet", help="a name of model/presets, or a .toml file (default: %(default)s)"
    )
    train_parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    train_parser.add_argument("--resume", action="store_true", help="go on from the folder's last checkpoint")
    release_parser = command(release, "run", "corpus", "out")
    release_parser.add_argument("--preset", help="take the sampling defaults from this preset, not from the run's")
    command(evaluate, "release", "corpus")
    sample_parser = command(sample, "release")
    sample_parser.add_argument("--prompt", default="")
    sample_parser.add_argument("--seed", type=int, default=0)
    sample_parser.add_argument("--chaos", type=float)
    sample_parser.add_argument("--temperature", type=float)
    sample_parser.add_argument("--max-lines", type=int)
    command(export, "release", "models")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. What the user can mend ends in a sentence and status 1."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except ModelError as error:
        sys.exit(f"model: {error}")
    except OSError as error:
        sys.exit(f"model: {error.filename or 'the system'}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
