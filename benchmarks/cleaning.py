"""Speed of cleaning a corpus, compared with the same steps in plain pandas, and its memory on a large corpus.

python -m benchmarks.cleaning poems.jsonl [--rounds 5]
python -m benchmarks.cleaning --gigabytes 2 [--folder DIR]
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]

from benchmarks.table import machine, percentile, print_table
from model.corpus.cleaning.pipeline import clean
from model.corpus.cleaning.workers import cores
from model.corpus.reading import Form, read
from model.presets.preset import cleaning_steps

GIGABYTE = 10**9
DISK = 4  # multiple of the corpus size: input, temporary files between two passes, hashes, output
SAMPLE_SECONDS = 0.25


def plain_pandas(source: Path, out: Path) -> None:
    """Clean as the preset `stihi` does, column by column, in the style of the original notebook."""
    frame = pd.read_json(source, lines=True, dtype=False)
    frame["text"] = frame["text"].str.findall(r"\w+-\w+|[\w']+|\n").apply(" ".join).str.lower()
    frame = frame[~frame["text"].str.contains("[іїєґ]")]
    frame["text"] = frame["text"].str.split("\n")
    for step in (single_spaces, lines_without_links, lines_without_digits):
        frame["text"] = frame["text"].apply(step)
    frame = frame[~frame["text"].apply("".join).str.contains("[a-zß-öø-ɏḁ-ỿ]")]
    frame["text"] = frame["text"].apply(long_lines)
    frame["line_count"] = frame["text"].apply(len)
    frame = frame[frame["line_count"] > 1]
    frame = frame[frame["line_count"] < frame["line_count"].quantile(0.85)]
    frame["words"] = frame["text"].apply(lambda lines: max(len(line.split()) for line in lines))
    frame = frame[frame["words"].between(2, 13)]
    frame["text"] = frame["text"].str.join("\n").str.replace("ё", "е")
    frame.drop(columns=["line_count", "words"]).to_json(out, orient="records", lines=True, force_ascii=False)


def single_spaces(lines: list[str]) -> list[str]:
    """Reduce spaces between words to one."""
    return [" ".join(line.split()) for line in lines]


def lines_without_links(lines: list[str]) -> list[str]:
    """Drop lines with a link."""
    return [line for line in lines if "http" not in line]


def lines_without_digits(lines: list[str]) -> list[str]:
    """Drop lines with a digit."""
    return [line for line in lines if not any(char in "0123456789" for char in line)]


def long_lines(lines: list[str]) -> list[str]:
    """Drop lines of at most a quarter of the mean length."""
    limit = sum(len(line) for line in lines) / len(lines) // 4 if lines else 0
    return [line for line in lines if len(line) > limit]


def compare(corpus: Path, rounds: int, folder: Path) -> None:
    """Clean the corpus in several ways, in turn, and print a table."""
    steps = cleaning_steps("stihi")
    ways: dict[str, Callable[[Path], object]] = {
        f"clean, {cores()} jobs": lambda out: clean(corpus, Form(), out, steps, jobs=cores()),
        "clean, 1 job": lambda out: clean(corpus, Form(), out, steps),
        "plain pandas": partial(plain_pandas, corpus),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    outs = {name: folder / f"{number}.jsonl" for number, name in enumerate(ways)}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way(outs[name])
            times[name].append(time.perf_counter() - started)
    medians = {name: percentile(taken, 0.5) for name, taken in times.items()}
    megabytes = corpus.stat().st_size / 1e6
    rows = [
        [name, f"{taken:.2f}", f"{megabytes / taken:.1f}", f"{medians['plain pandas'] / taken:.2f}"]
        for name, taken in medians.items()
    ]
    print_table(["preset stihi", "seconds", "MB/s", "speed relative to pandas"], rows)
    results = {tuple(text.text for text in read(out)) for out in outs.values()}
    same = "all wrote the same texts" if len(results) == 1 else "THE RESULTS DIFFER"
    print(f"\n{megabytes:.1f} MB, median of {rounds} turns, without imports; {same}; {machine()}")


def generate(path: Path, size: int) -> None:
    """Generate verse of made-up words: 1 text in 20 repeats an earlier one, another 1 in 20 nearly does."""
    dice = random.Random(1)  # noqa: S311  no secret
    words = [
        "".join(dice.choices(["ка", "ло", "ми", "ре", "ту", "вё", "сть", "он"], k=dice.randint(1, 4)))
        for _ in range(3000)
    ]
    halves = [" ".join(dice.choices(words, k=dice.randint(2, 3))) for _ in range(40_000)]
    recent = [["начало"]]
    written = 0
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            lines = [f"{a.capitalize()}, {b}." for a, b in _pairs(dice, halves, dice.randint(4, 60))]
            chance = dice.random()
            if chance < 0.1:  # noqa: PLR2004
                old = dice.choice(recent)
                lines = old if chance < 0.05 else old[: len(old) * 3 // 4] + lines[: len(old) // 4]  # noqa: PLR2004
            if chance > 0.97:  # noqa: PLR2004
                lines = [*lines, "12 мая 1913 года", "http://example.org/poem"]
            recent = [*recent[-999:], lines]
            written += len(("".join(lines)).encode()) + 30
            file.write(json.dumps({"author": "Никто", "text": "\n".join(lines)}, ensure_ascii=False) + "\n")


def _pairs(dice: random.Random, halves: list[str], count: int) -> Iterator[tuple[str, str]]:
    return zip(dice.choices(halves, k=count), dice.choices(halves, k=count), strict=True)


def session_megabytes(session: int) -> tuple[int, int, int]:
    """Return the number of processes in a session, their resident memory, and their proportional set size."""
    count = resident = shared_out = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int((process / "stat").read_text("utf-8").rpartition(")")[2].split()[3]) == session:
                lines = (process / "smaps_rollup").read_text("utf-8").splitlines()
                sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
                count, resident, shared_out = count + 1, resident + sizes["Rss"], shared_out + sizes["Pss"]
        except OSError:
            continue  # it has ended, or is ending
    return count, resident * 1024 // 10**6, shared_out * 1024 // 10**6


def large(gigabytes: float, preset: str, folder: Path) -> None:
    """Clean a generated corpus with the command, and print the resources used."""
    size = int(gigabytes * GIGABYTE)
    free = shutil.disk_usage(folder).free
    if free < DISK * size:
        sys.exit(f"{folder}: {DISK * size / GIGABYTE:.0f} GB of disk are needed, {free / GIGABYTE:.0f} are free")
    corpus = folder / "generated.jsonl"
    generate(corpus, size)
    command = [sys.executable, "-m", "model", "clean", str(corpus), str(folder / "out.jsonl"), "--preset", preset]
    started = time.perf_counter()
    process = subprocess.Popen(command, start_new_session=True)
    samples = []
    while process.poll() is None:
        samples.append(session_megabytes(process.pid))
        time.sleep(SAMPLE_SECONDS)
    taken = time.perf_counter() - started
    peaks = [str(max(column)) for column in zip(*samples, strict=True)]
    megabytes = corpus.stat().st_size / 1e6
    row = [f"{megabytes:.0f}", f"{taken:.0f}", f"{megabytes / taken:.1f}", *peaks, str(process.returncode)]
    heads = ["MB", "seconds", "MB/s", "processes", "peak RSS, MB, all", "peak PSS, MB, all", "status"]
    print_table(heads, [row])
    print(f"\npreset {preset}; {len(samples)} samples; {machine()}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?", help="a .jsonl file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gigabytes", type=float)
    parser.add_argument("--preset", default="neuralpoet", help="preset for the large corpus (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where to put temporary files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.corpus:
            compare(options.corpus, options.rounds, Path(folder))
        if options.gigabytes:
            large(options.gigabytes, options.preset, Path(folder))


if __name__ == "__main__":
    main()
