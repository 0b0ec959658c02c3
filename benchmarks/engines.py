"""Memory and start-up time of the model server with each engine."""

from pathlib import Path

from backend.decoders import graph
from benchmarks.shipped import ENGINES, Shipped, serve
from benchmarks.table import percentile, print_table

TURNS = 2
POEMS = 4


def measure(release: Path, version: Path) -> None:
    """Print the table."""
    shipped = Shipped.at(release, version)
    found: dict[str, list[tuple[float, ...]]] = {engine: [] for engine in ENGINES}
    for engine in ENGINES * TURNS:
        with serve(shipped, engine) as server:
            start, idle = server.seconds, megabytes(server.process, "VmRSS")
            for seed in range(POEMS):
                shipped.write(graph, server.predict(), [seed])
            found[engine].append((start, idle, *(megabytes(server.process, what) for what in ("VmRSS", "VmHWM"))))
    rows = []
    for engine, measured in found.items():
        seconds, *sizes = (percentile(column, 0.5) for column in zip(*measured, strict=True))
        rows.append([engine, f"{seconds:.1f}", *(f"{size:.0f}" for size in sizes)])
    heads = ["model server", "seconds to start", "MB when started", f"MB after {POEMS} poems", "peak MB"]
    print_table(heads, rows)
    print(f"\nResident memory of a server without gRPC, median of {TURNS} starts.")


def megabytes(process: int, what: str) -> float:
    """Return a memory figure that Linux reports for a process."""
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith(f"{what}:"))
    return int(kilobytes) * 1024 / 1e6
