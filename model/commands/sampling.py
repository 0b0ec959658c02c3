"""Generating without a server: a poem, a file of many, one chosen token by token, or a grid to choose settings from."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from model.commands.common import command, say
from model.commands.progress import Progress
from model.errors import ModelError
from model.files.replacing import replacing
from model.text.parameters import BOUNDS, Parameters, from_text

if TYPE_CHECKING:
    from model.commands.common import Commands
    from model.release.loading import Release

GRID_TEXTS = 3  # in each cell, unless the user says otherwise
MENU = 10  # tokens


def add(commands: "Commands") -> None:
    """Declare the command."""
    parser = command(commands, sample, "release")
    parser.add_argument("--prompt", default="", help="the beginning of the text")
    parser.add_argument("-n", type=int, metavar="N", help="number of texts; text i has seed --seed + i (default: 1)")
    parser.add_argument("--seed", type=int, help="random seed (default: 0)")
    parser.add_argument(
        "--length", type=int, metavar="TOKENS", help="most tokens in a text, which may then have any number of lines"
    )
    parser.add_argument("--go-on", action="store_true", help="when a text ends, continue with another, up to --length")
    parser.add_argument("--whole-vocabulary", action="store_true", help="sample from all tokens instead of from pools")
    _add_parameters(parser)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--to-file", type=Path, metavar="FILE",
        help="a .jsonl (seed and text) or .txt file (ten blank lines between texts); the same command resumes it",
    )  # fmt: skip
    mode.add_argument("--interactive", action="store_true", help="pick every token from a menu")
    mode.add_argument(
        "--grid", type=Path, metavar="FILE.md",
        help="texts for every combination of --top-k, --chaos and --temperature (lists), labelled with letters for "
        "blind comparison; FILE.key.md explains the letters",
    )  # fmt: skip
    parser.add_argument("--top-n", type=int, metavar="N", help=f"number of tokens in the menu (default: {MENU})")


def _add_parameters(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("parameters", "Override those of the release.")
    for name in Parameters.plain_names():
        option = _option(name)
        if name == "temperature":
            text = "one, or T1,T2,... used in turn, one per token; 0: the most likely token; null: uniform sampling"
            group.add_argument(option, metavar="T", help=text)
        else:
            group.add_argument(option, metavar="X", help=f"{BOUNDS[name].minimum:g} to {BOUNDS[name].maximum:g}")


def sample(options: argparse.Namespace) -> None:
    """Write texts without a server."""
    from model.release.loading import load

    if options.interactive:
        _refuse(options, "--interactive", "n", "seed", "length", "go_on", "whole_vocabulary", *Parameters.plain_names())
    elif options.top_n is not None:
        raise ModelError("--top-n is for --interactive")
    if options.grid is not None:
        _refuse(options, "--grid", "go_on", "whole_vocabulary")
    loaded = load(options.release)
    if options.grid is not None:
        _grid(loaded, options)
    elif options.interactive:
        _interact(loaded, options)
    elif options.to_file is not None:
        _write_file(loaded, options)
    else:
        _print(loaded, options)


def _refuse(options: argparse.Namespace, mode: str, *names: str) -> None:
    """Raise ModelError if the user gives options that the mode does not use."""
    named = [name for name in names if getattr(options, name) is not None and getattr(options, name) is not False]
    if named:
        raise ModelError(f"{mode} cannot be combined with {', '.join(map(_option, named))}")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}" if len(name) > 1 else f"-{name}"


def _given(options: argparse.Namespace, *without: str) -> dict[str, object]:
    """Return the parameters that the user gives, except for some."""
    named = {name: getattr(options, name) for name in Parameters.plain_names() if name not in without}
    return {name: from_text(name, value) for name, value in named.items() if value is not None}


def _request(release: "Release", options: argparse.Namespace, count: int) -> Any:
    from model.generation.request import request

    return request(
        release, _given(options, "temperature"), prompt=options.prompt, seed=options.seed or 0, count=count,
        temperature=None if options.temperature is None else _values(options, "temperature"),
        length=options.length, go_on=options.go_on, whole_vocabulary=options.whole_vocabulary,
    )  # fmt: skip


def _values(options: argparse.Namespace, name: str) -> list[Any]:
    return [from_text(name, part) for part in getattr(options, name).split(",") if part]


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

    there = write_file(options.to_file, asked.origin(release), asked.seed, count, write, wrote)
    if there >= count:
        say(f"{options.to_file}: already has {there:,} texts")
    else:
        progress.end()


def _interact(release: "Release", options: argparse.Namespace) -> None:
    from model.generation.interactive import Session, interact

    asked = _request(release, options, 1)
    top_n = MENU if options.top_n is None else options.top_n
    say("\n" + interact(Session(release.network, release.text, asked.prompt, top_n), input, say))


def _grid(release: "Release", options: argparse.Namespace) -> None:
    from model.evaluation.grid import DIALS, USUAL, cells, key, poems

    values = {name: USUAL[name] if getattr(options, name) is None else _values(options, name) for name in DIALS}
    grid = list(
        cells(
            release, values, _given(options, *DIALS), prompt=options.prompt, seed=options.seed or 0,
            count=GRID_TEXTS if options.n is None else options.n, length=options.length,
        )
    )  # fmt: skip
    path, title = options.grid, f"{release.text.name}, seed {options.seed or 0}"
    beside = path.with_name(f"{path.stem}.key{path.suffix}")
    for file, text in ((path, poems(title, grid)), (beside, key(title, grid))):
        with replacing(file) as new:
            new.write_text(text, "utf-8")
    say(f"{path}: {len(grid)} cells; {beside} explains the letters")
