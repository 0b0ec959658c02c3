"""What the benchmarks share: percentiles, rows, and the name of the machine."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that a share of the values lies at or below."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    for cells in (heads, ["---"] * len(heads), *rows):
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


def machine() -> str:
    """Say on what this was measured."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = {line.partition(": ")[2] for line in lines if line.startswith("model name")}
    load = f"load {os.getloadavg()[0]:.1f} at the end"
    return f"{os.cpu_count()} cores, {', '.join(names)}, Python {platform.python_version()}, {load}"
