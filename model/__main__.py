"""From texts to a SavedModel, one command per step: `python -m model --help`."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from model.commands import (
    clean,
    collect,
    convert,
    describe,
    evaluation,
    sampling,
    takedown,
    training,
    verse,
    verse_report,
)
from model.errors import ModelError

# Keras and TensorFlow read these when they are imported, which commands do only when they need them.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # whatever matters is raised as an exception too
FAMILIES = [clean, collect, convert, describe, evaluation, sampling, takedown, training, verse, verse_report]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model", description="The language model, from texts to a SavedModel."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for family in FAMILIES:
        family.add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. An error that the user can fix prints a sentence and exits with 1; an interrupt, with 130."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: shells make background jobs ignore it
        signal.signal(number, signal.default_int_handler)
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
