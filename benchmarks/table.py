"""Shared by the benchmarks: percentiles, tables, and the name of the machine."""

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value at or below which a share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def in_turns(ways: Mapping[str, Callable[[int], int]], turns: int) -> dict[str, float]:
    """Return the milliseconds per token of each method, the median of `turns` turns after a warm-up.

    A method is called with the number of the turn, from 0, and returns the number of tokens that it wrote.
    """
    found: dict[str, list[float]] = {name: [] for name in ways}
    for turn in (0, *range(turns)):
        for name, way in ways.items():
            started = time.perf_counter()
            tokens = way(turn)
            found[name].append(1000 * (time.perf_counter() - started) / tokens)
    return {name: percentile(measured[1:], 0.5) for name, measured in found.items()}


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    for cells in (heads, ["---"] * len(heads), *rows):
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


def machine() -> str:
    """Describe the machine."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = {line.partition(": ")[2] for line in lines if line.startswith("model name")}
    load = f"load {os.getloadavg()[0]:.1f} at the end"
    return f"{os.cpu_count()} cores, {', '.join(names)}, Python {platform.python_version()}, {load}"
