"""Speed and memory of the shipped poet, in six tables; takes minutes. `make bench` runs it.

python -m benchmarks [poem] [batches] [batches-2-threads] [verse] [users] [engines] [--release DIR]
"""

import argparse
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import batches, engines, poem, users, verse
from benchmarks.table import machine
from deploy.__main__ import RELEASE

TABLES: dict[str, Callable[[Path, Path], None]] = {
    "poem": poem.measure,
    "batches": partial(batches.measure, threads=1),
    "batches-2-threads": partial(batches.measure, threads=2),
    "verse": verse.measure,
    "users": users.measure,
    "engines": engines.measure,
}


def main() -> None:
    """Export the release and print the tables, each from its own process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"one of {', '.join(TABLES)}; default: all")
    parser.add_argument("--release", type=Path, default=RELEASE, metavar="DIR")
    options = parser.parse_args()
    if unknown := set(options.tables) - set(TABLES):
        parser.error(f"there is no table {min(unknown)!r}; there are: {', '.join(TABLES)}")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as models:
        command = [sys.executable, "-m", "model", "export", str(options.release), models]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, encoding="utf-8")
        if done.returncode:
            sys.exit(done.returncode)  # it has printed the reason
        version = Path(done.stdout.strip())
        for name in options.tables or TABLES:
            run(name, options.release, version)
    print(f"\n{machine()}; took {time.monotonic() - started:.0f} s")


def run(name: str, release: Path, version: Path) -> None:
    """Print a table from a new process, so that the threads and memory of one do not affect the next."""
    print(f"\n## {name}\n", flush=True)
    process = multiprocessing.get_context("spawn").Process(target=TABLES[name], args=(release, version))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


if __name__ == "__main__":
    main()
