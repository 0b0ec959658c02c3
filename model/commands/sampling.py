"""Writing without a server: a poem, a file of very many, one with a person's help, or a grid to choose settings by."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from model.commands.common import command, say
from model.commands.progress import Progress
from model.errors import ModelError
from model.text.parameters import BOUNDS, Parameters, from_text

if TYPE_CHECKING:
    from model.commands.common import Commands
    from model.release import Release

GRID_TEXTS = 3  # in each cell, unless the user says otherwise


def add(commands: "Commands") -> None:
    """Declare the command."""
    parser = command(commands, sample, "release")
    parser.add_argument("--prompt", default="", help="what the text begins with")
    parser.add_argument("-n", type=int, metavar="N", help="how many texts; the i-th has --seed + i (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="decides what is written (default: %(default)s)")
    parser.add_argument(
        "--length", type=int, metavar="TOKENS", help="the most tokens of a text, which may have any number of lines"
    )
    parser.add_argument("--go-on", action="store_true", help="where a text ends go on with another, up to --length")
    parser.add_argument("--whole-vocabulary", action="store_true", help="draw from all tokens, not from pools")
    _add_parameters(parser)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--to-file", type=Path, metavar="FILE",
        help="a .jsonl (seed and text) or .txt file (ten blank lines between); the same command goes on with it",
    )  # fmt: skip
    mode.add_argument("--interactive", action="store_true", help="pick every token from a menu")
    mode.add_argument(
        "--grid", nargs="?", const="-", metavar="FILE.md",
        help="texts of every choice of --top-k, --chaos and --temperature (lists), named so as to be judged blindly",
    )  # fmt: skip
    parser.add_argument("--top-n", type=int, default=10, metavar="N", help="tokens of the menu (default: %(default)s)")


def _add_parameters(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("parameters", "In place of the release's own.")
    for name in Parameters.names():
        option = f"--{name.replace('_', '-')}"
        if name == "temperature":
            told = "one, or T1,T2,... that take turns, a token each; 0: the most likely; null: equal chances"
            group.add_argument(option, metavar="T", help=told)
        else:
            group.add_argument(option, metavar="X", help=f"{BOUNDS[name].minimum:g} to {BOUNDS[name].maximum:g}")


def sample(options: argparse.Namespace) -> None:
    """Write texts without a server."""
    from model.release import load

    loaded = load(options.release)
    if options.grid is not None:
        _grid(loaded, options)
    elif options.interactive:
        _interact(loaded, options)
    elif options.to_file is not None:
        _write_file(loaded, options)
    else:
        _print(loaded, options)


def _given(options: argparse.Namespace, *without: str) -> dict[str, object]:
    """Give the parameters that the user names, but for some."""
    named = {name: getattr(options, name) for name in Parameters.names() if name not in without}
    return {name: from_text(name, value) for name, value in named.items() if value is not None}


def _request(release: "Release", options: argparse.Namespace, count: int) -> Any:
    from model.generation.request import request

    turns = None if options.temperature is None else _values(options, "temperature")
    given = _given(options, "temperature")
    if turns == [None]:
        turns, given = None, {**given, "temperature": None}
    return request(
        release, given, prompt=options.prompt, seed=options.seed, count=count, temperature=turns,
        length=options.length, go_on=options.go_on, whole_vocabulary=options.whole_vocabulary,
    )  # fmt: skip


def _values(options: argparse.Namespace, name: str) -> list[Any]:
    return [from_text(name, part) for part in getattr(options, name).split(",")]


def _print(release: "Release", options: argparse.Namespace) -> None:
    count = 1 if options.n is None else options.n
    for number, poem in enumerate(_request(release, options, count).poems(release, 0, count)):
        if number:
            say("\n---\n")
        say(poem.text)


def _write_file(release: "Release", options: argparse.Namespace) -> None:
    from model.generation.files import write_file

    count = 1 if options.n is None else options.n
    asked = _request(release, options, count)
    began, first, done = monotonic(), None, 0

    def line() -> str:
        rate = (done - (first or 0)) / max(monotonic() - began, 1e-9) * 60
        left = f", {(count - done) / rate:.0f} min left" if rate and done < count else ""
        return f"{done:,} of {count:,} texts, {rate:,.0f} texts a minute{left}"

    progress = Progress(line)

    def write(start: int, end: int) -> Iterator[str]:
        nonlocal first, done
        first = done = start
        return (poem.text for poem in asked.poems(release, start, end))

    def wrote(number: int) -> None:
        nonlocal done
        done = number
        progress.step()

    there = write_file(options.to_file, asked.account(release), options.seed, count, write, wrote)
    if there >= count:
        say(f"{options.to_file}: {there:,} texts are there already")
    else:
        progress.end()


def _interact(release: "Release", options: argparse.Namespace) -> None:
    from model.generation.interactive import Session, interact
    from model.generation.text_generator import read_line

    if options.n is not None:
        raise ModelError("--interactive writes one text; leave out -n")
    asked = _request(release, options, 1)
    say("\n" + interact(Session(release.network, release.text, asked.prompt, options.top_n), read_line, say))


def _grid(release: "Release", options: argparse.Namespace) -> None:
    from model.generation.grid import DIALS, USUAL, cells, markdown
    from model.replacing import replacing

    if options.go_on or options.whole_vocabulary:
        raise ModelError("--grid goes without --go-on and --whole-vocabulary")
    values = {name: USUAL[name] if getattr(options, name) is None else _values(options, name) for name in DIALS}
    grid = list(
        cells(
            release, values, _given(options, *DIALS), prompt=options.prompt, seed=options.seed,
            count=GRID_TEXTS if options.n is None else options.n, length=options.length,
        )
    )  # fmt: skip
    text = markdown(f"{release.text.name}, seed {options.seed}", grid)
    if options.grid == "-":
        say(text.rstrip("\n"))
        return
    with replacing(Path(options.grid)) as new:
        new.write_text(text, "utf-8")
    say(f"{options.grid}: {len(grid)} cells")
