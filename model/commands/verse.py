"""The ear: what it hears in a text, and packing its data."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from model.commands.common import add_reading_options, command, form, say
from model.corpus.reading import read
from model.errors import ModelError
from model.verse.data import DATA

if TYPE_CHECKING:
    from model.commands.common import Commands
    from model.verse.scan import Scan


def add(commands: "Commands") -> None:
    """Declare the commands."""
    scan_parser = command(commands, scan, "texts")
    scan_parser.add_argument("--json", action="store_true", help="print a JSON object for each text")
    add_reading_options(scan_parser)
    ear_parser = command(commands, ear, "stresses", "corpus")
    ear_parser.add_argument("further", type=Path, nargs="*", help="further corpora, all of whose texts are taken")
    ear_parser.add_argument("--out", type=Path, default=DATA, metavar="DIR", help="folder of the data (default: ours)")


def scan(options: argparse.Namespace) -> None:
    """Say what the ear hears in Russian verse: stresses, metre, feet, rhymes."""
    from model.verse.metre import Ear
    from model.verse.scan import scan as heard
    from model.verse.stress import Stress

    hears = Ear(Stress())
    for text in read(options.texts, form(options)):
        found = heard(hears, text.text)
        say(json.dumps(asdict(found), ensure_ascii=False) if options.json else _shown(found))


def _shown(found: "Scan") -> str:
    """Return a scan for a person: each line behind its letter of the scheme, and the verdict below."""
    letters = iter(found.scheme.replace(" ", ""))
    lines = [f"{next(letters)}  {line}" if line else "" for line in found.stressed.split("\n")]
    feet = f", feet: {found.feet}" if found.feet else ""
    return "\n".join([*lines, "", f"metre: {found.metre}{feet}, scheme: {found.scheme}, score: {found.score}", ""])


def ear(options: argparse.Namespace) -> None:
    """Pack the ear's data: a list of stressed forms, and the words of the corpora's training texts."""
    from model.corpus.reading import read_corpus
    from model.corpus.split import split
    from model.verse import packing

    try:
        forms = packing.read_list(options.stresses)
    except ValueError as error:
        raise ModelError(str(error)) from None
    texts = [text.text for text in split(read_corpus(options.corpus))["train"]]
    texts += [text.text for corpus in options.further for text in read(corpus)]
    for path in packing.pack_all(forms, texts, options.out):
        say(f"{path}: {path.stat().st_size:,} bytes")
