"""Cleaning a corpus with a preset's steps."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.commands.common import add_reading_options, command, form
from model.commands.progress import Progress
from model.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from model.commands.common import Commands
    from model.corpus.cleaning.report import Explained, Report, StepReport
    from model.corpus.cleaning.steps import Step
    from model.corpus.texts import Text

MAX_EXPLAINED = 1000
WIDTH = 160  # columns, if the output is not a terminal


def add(commands: "Commands") -> None:
    """Declare the command."""
    parser = command(commands, clean, "corpus", "out")
    parser.add_argument(
        "--preset", required=True, help="the preset whose steps to run: a name from model/presets, or a .toml file"
    )
    parser.add_argument("--explain", type=int, default=0, metavar="N", help="show N texts before and after")
    parser.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: one per core)")
    parser.add_argument(
        "--source", action="append", default=[], metavar="NAME", help="source of the texts, recorded in corpus.json"
    )
    parser.add_argument(
        "--licence", action="append", default=[], metavar="TERMS", help="licence of each --source, in the same order"
    )
    add_reading_options(parser)


def clean(options: argparse.Namespace) -> None:
    """Clean a corpus into a .jsonl file, and show what each step changed and dropped."""
    from model.corpus.provenance import forgotten, made, record, sources, writing_in
    from model.presets.preset import cleaning_steps

    steps, origin = cleaning_steps(options.preset), _given_sources(options) or sources(options.corpus)
    while True:
        gone = forgotten(options.corpus, options.out)
        report = _clean(options, steps, {one["mark"] for one in gone})
        with writing_in(options.out.parent):
            if forgotten(options.corpus, options.out) == gone:  # otherwise a text was added to the list meanwhile
                how = {"preset": options.preset, **report.summary()}
                record(options.out, made(options.out, options.corpus, origin, gone, how))
                break
    _print(report, options.out)


def _clean(options: argparse.Namespace, steps: "Sequence[Step]", gone: set[str]) -> "Report":
    """Clean all texts except those to be forgotten."""
    from model.corpus.cleaning.pipeline import clean as clean_corpus
    from model.corpus.cleaning.workers import cores
    from model.corpus.forgetting import is_forgotten

    jobs = cores() if options.jobs is None else options.jobs
    for name, value, least, most in (("jobs", jobs, 1, 512), ("explain", options.explain, 0, MAX_EXPLAINED)):
        if not least <= value <= most:
            raise ModelError(f"--{name} must be from {least} to {most}")
    read_so_far = 0
    progress = Progress(lambda: f"texts read: {read_so_far:,}")

    def keep(text: "Text") -> bool:
        nonlocal read_so_far
        read_so_far += 1
        progress.step()
        return not is_forgotten(text.url, text.author, gone)

    report = clean_corpus(
        options.corpus, form(options), options.out, steps, jobs=jobs, explain=options.explain, keep=keep
    )
    progress.end()
    return report


def _print(report: "Report", out: Path) -> None:
    """Print the explained texts and the table."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDTH
    for explained in report.explained:
        _show_explained(console, explained)
    _show(console, report, out)


def _given_sources(options: argparse.Namespace) -> list[dict[str, str]]:
    """Return the sources given on the command line."""
    if len(options.source) != len(options.licence):
        raise ModelError("each --source needs a --licence")
    return [{"source": name, "licence": terms} for name, terms in zip(options.source, options.licence, strict=True)]


def _show(console: "Console", report: "Report", out: Path) -> None:
    """Print the table and the totals."""
    from rich.table import Table

    table = Table("step")
    for name in ("changed", "dropped", "characters removed"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("example", overflow="fold")
    for step in report.steps:
        numbers = (f"{number:,}" for number in (step.changed, step.dropped, step.characters))
        table.add_row(step.step, *numbers, _example(step))
    console.print(table)
    if report.forgotten:
        console.print(f"{report.forgotten:,} texts were left out because they are to be forgotten")
    for name, size in (("in ", report.before), ("out", report.after)):
        counts = ", ".join(f"{size[unit]:,} {unit}" for unit in ("texts", "lines", "words", "characters"))
        console.print(f"{name}  {counts}")
    speed = report.bytes / 1e6 / report.seconds
    console.print(
        f"{report.seconds:.1f} s, {speed:.1f} MB/s. {out}: sha256 {report.sha256}", soft_wrap=True, markup=False
    )


def _example(step: "StepReport") -> str:
    from rich.markup import escape

    example = step.example
    if example is None:
        return ""
    after = "(dropped)" if example.after is None else _on_one_line(example.after)
    return escape(f"- {_on_one_line(example.before)}\n+ {after}")


def _show_explained(console: "Console", explained: "Explained") -> None:
    """Print a text before and after cleaning."""
    from rich.markup import escape

    text = explained.text
    names = ", ".join(filter(None, (text.author, text.title, text.url)))
    console.rule(escape(_on_one_line(f"text {explained.number} {names}")), align="left")
    after = "(dropped)" if explained.after is None else explained.after
    body = f"{text.text}\n\n--- {', '.join(explained.steps) or 'no step changed it'} --->\n\n{after}\n"
    console.print("\n".join(map(_printable, body.split("\n"))), markup=False, soft_wrap=True)


def _on_one_line(text: str) -> str:
    return " / ".join(map(_printable, text.split("\n")))


def _printable(line: str) -> str:
    """Replace unprintable characters by dots: a text may contain terminal control sequences."""
    return "".join(char if char.isprintable() else "·" for char in line)
