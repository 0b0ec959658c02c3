"""Measuring the quality of a release."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from model.commands.common import add_reading_options, command, form, say
from model.corpus.reading import read
from model.errors import ModelError

if TYPE_CHECKING:
    from model.commands.common import Commands
    from model.corpus.reading import Form
    from model.release.loading import Release

PARTS = ("all", "validation", "test")
MAX_TEXTS = 10_000


def add(commands: "Commands") -> None:
    """Declare the command."""
    parser = command(commands, evaluate, "release", "texts")
    parser.add_argument(
        "--part", choices=PARTS, default="all",
        help="score this part of the texts, split as for training, or all of them (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--train", type=Path, metavar="CORPUS",
        help="the corpus that the release was trained on: measures how much of the generated text is new, and trains a "
        "Markov chain and a Kneser-Ney model on its training part for comparison",
    )  # fmt: skip
    parser.add_argument(
        "--texts", dest="count", type=int, default=20, metavar="N",
        help="number of texts that each model writes, with seeds from 0 (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON, with all lengths and the copied texts")
    add_reading_options(parser)


def evaluate(options: argparse.Namespace) -> None:
    """Measure how well a release predicts texts, and how varied and how new the texts are that it writes."""
    if not 0 <= options.count <= MAX_TEXTS:
        raise ModelError(f"--texts must be between 0 and {MAX_TEXTS:,}")
    reading = form(options)
    texts = _texts(options.texts, reading, options.part)
    train = None if options.train is None else _texts(options.train, reading, "train")

    from rich.console import Console

    from model.evaluation.comparison import Task
    from model.release.loading import load

    release = load(options.release)
    notes = _notes(release, texts, options.train, train)
    with Console(stderr=True).status("") as status:
        rows = Task(release, texts, train, options.count, status.update).rows()
    if options.json:
        result = {"name": release.text.name, "hash": release.text.hash, "part": options.part, "notes": notes}
        say(json.dumps(result | {"rows": [asdict(row) for row in rows]}, ensure_ascii=False, indent=1))
        return
    from model.evaluation.table import show

    show(rows, notes, Console())


def _texts(path: Path, reading: "Form", part: str) -> list[str]:
    """Read the texts of a part. ModelError if there are none."""
    texts = list(read(path, reading))
    if texts and part != "all":
        from model.corpus.split import split

        texts = next(chosen for name, chosen in split(texts).items() if name == part)
    if not texts:
        raise ModelError(f"{path}: there are no texts" + (f" in the {part} part" if part != "all" else ""))
    return [text.text for text in texts]


def _notes(release: "Release", texts: list[str], corpus: Path | None, train: list[str] | None) -> list[str]:
    """Return warnings about what limits the meaning of the figures."""
    notes = []
    if corpus is not None and train is not None:
        from model.corpus.split import letters
        from model.files.folder import sha256

        trained_on = release.config.get("data", {}).get("sha256")
        if trained_on is None or not corpus.is_file():
            notes.append(f"it is unknown whether the release was trained on {corpus.name}")
        elif trained_on != sha256(corpus):
            notes.append(f"{corpus.name} is not the corpus that the release was trained on")
        known = {letters(text) or text for text in train}
        if seen := sum((letters(text) or text) in known for text in texts):
            notes.append(f"{seen:,} of the {len(texts):,} scored texts are in the training part")
    return notes
