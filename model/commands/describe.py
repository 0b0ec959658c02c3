"""What a corpus holds, for programs and for people."""

import argparse
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from model.commands.common import add_reading_options, command, form, say
from model.commands.progress import Progress
from model.corpus.reading import read
from model.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.commands.common import Commands
    from model.corpus.description.statistics import Statistics
    from model.corpus.texts import Text


def add(commands: "Commands") -> None:
    """Declare the command."""
    parser = command(commands, describe, "corpus")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the two files")
    add_reading_options(parser)


def describe(options: argparse.Namespace) -> None:
    """Count what a corpus holds: statistics.json, and report.html to look at."""
    from model.corpus.description.report import HTML, prepare, write
    from model.corpus.description.statistics import survey

    texts = read(options.corpus, form(options))
    first = next(texts, None)
    if first is None:
        raise ModelError(f"{options.corpus}: the corpus is empty")
    prepare(options.out)
    statistics = survey(options.corpus.absolute().name, _telling(chain([first], texts)))
    write(statistics, options.out)
    for line in _figures(statistics):
        say(line)
    say(str(options.out / HTML))


def _telling(texts: "Iterator[Text]") -> "Iterator[Text]":
    """Say how far it is, since a large corpus takes minutes."""
    read_so_far = 0
    progress = Progress(lambda: f"texts: {read_so_far:,}")
    for text in texts:
        yield text
        read_so_far += 1
        progress.step()
    progress.end()


def _figures(statistics: "Statistics") -> list[str]:
    vocabulary, duplicates, verse = statistics.vocabulary, statistics.duplicates, statistics.verse
    different = f"{vocabulary.distinct:,} different words, {vocabulary.hapaxes:,} of them once"
    repeated = f"repeated texts: {duplicates.exact:,} exactly, {duplicates.by_letters:,} by their letters"
    told = [
        f"{statistics.lines:,} lines, {statistics.words:,} words, {statistics.characters:,} characters",
        f"{different} (estimated)" if vocabulary.estimated else different,
        f"{repeated} (estimated)" if duplicates.estimated else repeated,
    ]
    if statistics.lines > statistics.texts > 1:
        fours, broken = verse.divisible_by_four, verse.stanza_breaks
        told.append(f"of the texts, {fours:.1%} have lines divisible by four, {broken:.1%} have stanza breaks")
    return told
