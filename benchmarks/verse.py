"""Eight lines of verse beside a plain poem of eight lines, over a server, on one thread."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from backend.decoders import Drafter, graph
from benchmarks.shipped import ENGINES, ONE_THREAD, PROMPT, Server, Shipped, serve
from benchmarks.table import percentile, print_table
from model.verse.writing import verse

TURNS = 5
LINES = 8


def measure(release: Path, version: Path) -> None:
    """Print the table."""
    shipped = Shipped.at(release, version)
    parameters = replace(shipped.text.defaults, max_lines=LINES)
    rows = []
    with ExitStack() as stack:
        for engine in ENGINES:
            server = stack.enter_context(serve(shipped, engine, ONE_THREAD))

            def plain(seed: int, server: Server = server) -> object:
                return graph(server.predict(), shipped.text, shipped.prompt, parameters, [seed])

            def drafted(seed: int, server: Server = server, lines: int = LINES) -> object:
                drafter, asked = Drafter(server.predict(), shipped.text), replace(parameters, max_lines=lines)
                return verse(drafter, shipped.text, PROMPT, shipped.prompt, asked, [seed])

            def first_line(seed: int, drafted: Callable[..., object] = drafted) -> object:
                return drafted(seed, lines=1)

            took = [_median(write) for write in (plain, drafted, first_line)]
            rows.append([engine, *(f"{1000 * seconds:.0f}" for seconds in took), f"{took[1] / took[0]:.1f}"])
    print_table(["model server", "plain, ms", "verse, ms", "its first line, ms", "verse relative to plain"], rows)
    print(f"\nMedian of {TURNS} poems of {LINES} lines or less; the judging of drafts included.")


def _median(write: Callable[[int], object]) -> float:
    """Return the median of the seconds that a poem takes; one before them warms up."""
    seconds = []
    for seed in range(TURNS + 1):
        started = time.perf_counter()
        write(seed)
        seconds.append(time.perf_counter() - started)
    return percentile(seconds[1:], 0.5)
