"""Taking texts out of a corpus for good."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.commands.common import command, say
from model.corpus.takedown import releases_of, remove
from model.errors import ModelError

if TYPE_CHECKING:
    from model.commands.common import Commands

RELEASES = [Path("model/releases"), Path("runs")]


def add(commands: "Commands") -> None:
    """Declare the command."""
    parser = command(commands, forget)
    parser.add_argument("what", metavar="URL-OR-AUTHOR", help="the address of a text, or an author's name as printed")
    parser.add_argument("corpora", type=Path, nargs="+", metavar="CORPUS", help="a .jsonl file, or a collection")
    parser.add_argument(
        "--releases", type=Path, action="append", metavar="FOLDER",
        help="where to look for releases and runs (default: model/releases and runs)",
    )  # fmt: skip


def forget(options: argparse.Namespace) -> None:
    """Remove an author's texts, or the text of an address, for good, and list the releases trained with them."""
    folders = options.releases or RELEASES
    for folder in options.releases or []:
        if not folder.is_dir():
            raise ModelError(f"{folder}: no such folder")
    for corpus in options.corpora:
        removed = remove(options.what, corpus)
        found = f"{removed} texts removed" if removed else "no text of this address or author is here"
        say(f"{corpus}: {found}; it takes in no such text from now on")
        for release in releases_of(corpus, folders):
            say(f"  {release} was trained on this corpus as it was before: train it anew")
