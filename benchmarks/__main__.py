"""Speed and memory of the shipped poet, in four tables; minutes. `make bench` runs it.

python -m benchmarks [poem] [batches] [users] [engines] [--release DIR]
"""

import argparse
import multiprocessing
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import batches, engines, poem, users
from benchmarks.table import machine
from deploy.__main__ import RELEASE

TABLES = {"poem": poem.measure, "batches": batches.measure, "users": users.measure, "engines": engines.measure}


def main() -> None:
    """Export the release and print the tables, each from a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}; all without one")
    parser.add_argument("--release", type=Path, default=RELEASE, metavar="DIR")
    options = parser.parse_args()
    if unknown := set(options.tables) - set(TABLES):
        parser.error(f"there is no table {min(unknown)!r}; there are: {', '.join(TABLES)}")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as models:
        command = [sys.executable, "-m", "model", "export", str(options.release), models]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, encoding="utf-8")
        if done.returncode:
            sys.exit(done.returncode)  # it has said why
        version = Path(done.stdout.strip())
        for name in options.tables or TABLES:
            run(name, options.release, version)
    print(f"\n{machine()}; took {time.monotonic() - started:.0f} s")


def run(name: str, release: Path, version: Path) -> None:
    """Print a table from a process that starts afresh: the threads and the memory of one are not the next one's."""
    print(f"\n## {name}\n", flush=True)
    process = multiprocessing.get_context("spawn").Process(target=TABLES[name], args=(release, version))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


if __name__ == "__main__":
    main()
