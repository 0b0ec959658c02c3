"""What the commands share: how they are declared, how they print, and the options for reading a corpus."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from model.corpus.layout import Layout
from model.corpus.reading import Form
from model.corpus.texts import FIELDS
from model.errors import ModelError

if TYPE_CHECKING:
    # At run time argparse's class is not generic.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  argparse has no public name for it


def command(commands: "Commands", run: Callable[[argparse.Namespace], None], *paths: str) -> argparse.ArgumentParser:
    """Declare a command that takes paths. Its name and help are those of the function."""
    added = commands.add_parser(run.__name__.replace("_", "-"), help=run.__doc__, description=run.__doc__)
    added.set_defaults(command=run)
    for path in paths:
        added.add_argument(path, type=Path)
    return added


def say(line: str) -> None:
    """Print a line of output."""
    print(line, flush=True)  # noqa: T201  a command's output


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say how the input separates its texts."""
    reading = parser.add_argument_group(
        "reading",
        "A .jsonl file holds one JSON object per line, a .csv or .tsv file one text per row; a .sqlite file comes from "
        "`collect`. All but the last may be compressed, as NAME.jsonl.xz. Any other file, and each .txt file of a "
        "folder, is one text, unless:",
    )
    add_layout_options(reading)
    reading.add_argument("--encoding", default="utf-8", help="such as windows-1251 (default: %(default)s)")
    reading.add_argument(
        "--column", action="append", default=[], metavar="FIELD=NAME",
        help=f"the column or key that holds a field, by name or by number from 1; the fields are {', '.join(FIELDS)}",
    )  # fmt: skip
    reading.add_argument("--no-header", action="store_true", help="the first row of a table is a text, not a header")


def add_layout_options(group: argparse._ArgumentGroup, prefix: str = "") -> None:
    """Declare the options that say how a plain text file separates its texts."""
    parts = group.add_mutually_exclusive_group()
    parts.add_argument(f"--{prefix}lines", action="store_true", help="each line is a text")
    parts.add_argument(f"--{prefix}blank-lines", type=int, default=0, metavar="N", help="N blank lines separate texts")
    parts.add_argument(
        f"--{prefix}separator", default="", metavar="LINE", help="a line with only this text separates texts"
    )
    group.add_argument(
        f"--{prefix}line-mark", default="", metavar="MARK", help="a line with only this text, as @, separates lines"
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
        raise ModelError("--column must name the column that holds the text: --column text=NAME")
    return Form(options.encoding, layout(options), columns, not options.no_header)


def _column(given: str) -> tuple[str, str]:
    name, _, column = given.partition("=")
    if name not in FIELDS or not column:
        raise ModelError(f"--column {given}: expected FIELD=NAME, where FIELD is one of {', '.join(FIELDS)}")
    return name, column
