"""Statistics of a corpus, as JSON and as a page."""

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
    """Compute statistics of a corpus: statistics.json, and report.html for reading."""
    from model.corpus.description.report import HTML, prepare, write
    from model.corpus.description.statistics import survey

    texts = read(options.corpus, form(options))
    first = next(texts, None)
    if first is None:
        raise ModelError(f"{options.corpus}: the corpus is empty")
    prepare(options.out)
    statistics = survey(options.corpus.absolute().name, _with_progress(chain([first], texts)))
    write(statistics, options.out)
    for line in _figures(statistics):
        say(line)
    say(str(options.out / HTML))


def _with_progress(texts: "Iterator[Text]") -> "Iterator[Text]":
    """Report progress, since a large corpus takes minutes."""
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
    repeated = f"repeated texts: {duplicates.exact:,} identical, {duplicates.by_letters:,} with the same letters"
    figures = [
        f"{statistics.lines:,} lines, {statistics.words:,} words, {statistics.characters:,} characters",
        f"{different} (estimated)" if vocabulary.estimated else different,
        f"{repeated} (estimated)" if duplicates.estimated else repeated,
    ]
    if statistics.lines > statistics.texts > 1:
        fours, broken = verse.divisible_by_four, verse.stanza_breaks
        figures.append(f"{fours:.1%} of the texts have a multiple of four lines, {broken:.1%} have stanza breaks")
    return figures
