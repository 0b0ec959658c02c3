"""What the commands share: how they are declared, how they speak, how they are told to read a corpus."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from model.corpus.layout import Layout
from model.corpus.reading import Form
from model.corpus.texts import FIELDS
from model.errors import ModelError

if TYPE_CHECKING:
    # At run time argparse's own class is no generic one.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  argparse has no public name for it


def command(commands: "Commands", run: Callable[[argparse.Namespace], None], *paths: str) -> argparse.ArgumentParser:
    """Declare a command that takes paths. Its name and help are the function's."""
    added = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
    added.set_defaults(command=run)
    for path in paths:
        added.add_argument(path, type=Path)
    return added


def say(line: str) -> None:
    """Print a line of a command's output."""
    print(line, flush=True)  # noqa: T201  a command's output


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Let the user say how the texts lie in the input."""
    reading = parser.add_argument_group(
        "reading",
        "A .jsonl file has an object a line, a .csv or .tsv file a row, a .sqlite file is what `collect` makes; all "
        "but the last may be compressed, as NAME.jsonl.xz. Of any other file, and each .txt file of a folder, the "
        "whole is one text, unless:",
    )
    add_layout_options(reading)
    reading.add_argument("--encoding", default="utf-8", help="such as windows-1251 (default: %(default)s)")
    reading.add_argument(
        "--column", action="append", default=[], metavar="FIELD=NAME",
        help=f"which column, or key, holds a field, by name or number from 1; the fields are {', '.join(FIELDS)}",
    )  # fmt: skip
    reading.add_argument("--no-header", action="store_true", help="the first row of a table is a text already")


def add_layout_options(group: argparse._ArgumentGroup, prefix: str = "") -> None:
    """Let the user say what parts the texts of a plain text file."""
    parted = group.add_mutually_exclusive_group()
    parted.add_argument(f"--{prefix}lines", action="store_true", help="each line is a text")
    parted.add_argument(f"--{prefix}blank-lines", type=int, default=0, metavar="N", help="N blank lines part the texts")
    parted.add_argument(
        f"--{prefix}separator", default="", metavar="LINE", help="a line that holds only this parts texts"
    )
    group.add_argument(
        f"--{prefix}line-mark", default="", metavar="MARK", help="a line that holds only this parts lines: @"
    )


def layout(options: argparse.Namespace, prefix: str = "") -> Layout:
    """Return the layout that the options describe."""
    lines, blank_lines, separator, line_mark = (
        getattr(options, prefix + name) for name in ("lines", "blank_lines", "separator", "line_mark")
    )
    if blank_lines < 0:
        raise ModelError("the number of blank lines must be 0 or more")
    return Layout(lines, blank_lines, separator, line_mark)


def form(options: argparse.Namespace) -> Form:
    """Return the form that the reading options describe."""
    columns = dict(_column(given) for given in options.column)
    if columns and "text" not in columns:
        raise ModelError("--column must say which column holds the text: --column text=NAME")
    return Form(options.encoding, layout(options), columns, not options.no_header)


def _column(given: str) -> tuple[str, str]:
    name, _, column = given.partition("=")
    if name not in FIELDS or not column:
        raise ModelError(f"--column {given}: expected FIELD=NAME with a field of {', '.join(FIELDS)}")
    return name, column
