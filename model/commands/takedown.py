"""Removing texts from a corpus permanently."""

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
    parser.add_argument("what", metavar="URL-OR-AUTHOR", help="the URL of a text, or an author's name as printed")
    parser.add_argument("corpora", type=Path, nargs="+", metavar="CORPUS", help="a .jsonl file, or a collection")
    parser.add_argument(
        "--releases", type=Path, action="append", metavar="FOLDER",
        help="folder to search for releases and runs (default: model/releases and runs)",
    )  # fmt: skip


def forget(options: argparse.Namespace) -> None:
    """Remove an author's texts, or the text at a URL, permanently, and list the releases trained on them."""
    folders = options.releases or RELEASES
    for folder in options.releases or []:
        if not folder.is_dir():
            raise ModelError(f"{folder}: no such folder")
    for corpus in options.corpora:
        removed = remove(options.what, corpus)
        found = f"{removed} texts removed" if removed else "no text with this URL or author"
        say(f"{corpus}: {found}; it will not accept such texts again")
        for release in releases_of(corpus, folders):
            say(f"  {release} was trained on this corpus before the removal: retrain it")
