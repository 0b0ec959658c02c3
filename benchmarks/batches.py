"""Several poems in one batch, in process, by each form of the release."""

from collections.abc import Callable
from pathlib import Path

from backend.decoders import Predict, graph
from benchmarks.shipped import TOKENS, Shipped, floor, in_process
from benchmarks.table import in_turns, print_table

BATCHES = (1, 8, 32)
TURNS = 3
FLOOR = "floor"


def measure(release: Path, version: Path, threads: int) -> None:
    """Print the table."""
    shipped = Shipped.at(release, version)
    inside = in_process(shipped, threads)
    seeds = shipped.long_seeds(inside["SavedModel"], max(BATCHES))

    def poems(predict: Predict, batch: int) -> Callable[[int], int]:
        return lambda _: shipped.write(graph, predict, seeds[:batch])

    ways: dict[str, Callable[[int], int]] = {}
    for batch in BATCHES:
        ways |= {f"{engine} {batch}": poems(predict, batch) for engine, predict in inside.items()}
        ways[f"{FLOOR} {batch}"] = floor(shipped, batch)
    found = in_turns(ways, TURNS)
    rows = []
    for name in (*inside, FLOOR):
        for batch in BATCHES:
            each, one, bare = (found[key] for key in (f"{name} {batch}", f"{name} 1", f"{FLOOR} {batch}"))
            figures = [f"{batch * each:.2f}", f"{1000 / each:.0f}", f"{one / each:.2f}", f"{each / bare:.2f}"]
            rows.append([name, batch, *figures])
    print_table(
        ["in process", "batch", "ms per step", "tokens per second", "relative to batch 1", "relative to the floor"],
        rows,
    )
    print(f"\nMedian of {TURNS} runs of {TOKENS} tokens per poem; threads: {threads} for the model, 1 for the floor.")
