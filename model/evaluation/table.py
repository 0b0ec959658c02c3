"""The comparison as a printed table, with one column per writer."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from model.evaluation.comparison import Row, WrittenTexts
from model.evaluation.novelty import LENGTHS

SHOWN = (5, 10, 15, 20, 30, 40)  # lengths of substrings
COPIED = 100  # characters of a copied run that are shown
NOTHING = "–"


def show(rows: Sequence[Row], notes: Sequence[str], console: Console) -> None:
    """Print the table, the copied runs and the notes, as Markdown unless the output is a terminal."""
    names, cells = [row.name for row in rows], [_cells(row) for row in rows]
    labels = dict.fromkeys(label for column in cells for label in column)
    lines = [[label, *(column.get(label, NOTHING) for column in cells)] for label in labels]
    if console.is_terminal:
        console.print(_table(names, lines))
    else:
        for line in (["", *names], ["---", *["---:"] * len(names)], *lines):
            console.out(f"| {' | '.join(line)} |", highlight=False)
    for note in [*_copied(rows), *(f"{row.name}: {row.note}" for row in rows if row.note), *notes]:
        console.print(note, markup=False, highlight=False, soft_wrap=not console.is_terminal)


def _table(names: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    table = Table("", *(Column(name, justify="right") for name in names), box=SIMPLE_HEAD)
    for line in lines:
        table.add_row(*line)
    return table


def _cells(row: Row) -> dict[str, str]:
    cells = {}
    bits = row.scores.bits_per_char if row.scores else row.bits_per_char
    if bits is not None:
        cells["bits per character"] = f"{bits:.4f}"
    if row.scores:
        cells["perplexity of a token"] = f"{row.scores.perplexity:,.2f}"
        cells["accuracy"] = f"{row.scores.accuracy:.2%}"
        cells["unknown tokens"] = f"{row.scores.unknown:,} of {row.scores.tokens:,}"
        cells["lost characters"] = f"{row.scores.lost:,} of {row.scores.characters:,}"
    return cells | (_of_written(row.written) if row.written else {})


def _of_written(written: WrittenTexts) -> dict[str, str]:
    cells = {
        "texts written": f"{written.texts:,}",
        "their characters": f"{written.characters:,}",
        "distinct words": f"{written.distinct_1:.1%}",
        "distinct pairs of words": f"{written.distinct_2:.1%}",
        "distinct threes of words": f"{written.distinct_3:.1%}",
        "repeated fours of words": f"{written.repetition:.1%}",
    }
    if written.token_entropy is not None:
        cells["entropy of a token, bits"] = f"{written.token_entropy:.2f}"
    if written.novelty:
        new = dict(zip(LENGTHS, written.novelty.new, strict=True))
        shown = {length: share for length in SHOWN if (share := new[length]) is not None}
        cells |= {f"new among {length} characters": f"{share:.1%}" for length, share in shown.items()}
        cells["longest copied run, characters"] = f"{len(written.novelty.longest):,}"
    return cells


def _copied(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row.written and row.written.novelty and (run := row.written.novelty.longest):
            shown = run if len(run) <= COPIED else run[:COPIED] + "…"
            yield f"{row.name}, copied: {shown.replace(chr(10), ' / ')}"
