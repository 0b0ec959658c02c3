"""Generation of very many texts into a file, resumable after a kill at any moment."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from model.errors import ModelError
from model.files.locking import lock
from model.files.replacing import replacing

SEPARATOR = "\n" * 11  # the end of a line and ten blank ones, after each text of a .txt file
BETWEEN_SYNCS = 200  # texts
ORIGIN = ".from.json"  # suffix of the file beside it that records what its texts are generated from


# Yields the texts numbered from `first` up to, but not including, `last`, in order.
Write = Callable[[int, int], Iterator[str]]
Wrote = Callable[[int], None]


def write_file(
    path: Path, origin: Mapping[str, Any], seed: int, count: int, write: Write, wrote: Wrote | None = None
) -> int:
    """Extend the file to `count` texts and return how many it held before. `wrote` is called with the count so far.

    A .jsonl file holds one object per line with the seed and the text; a .txt file holds the texts, each followed by
    ten blank lines. ModelError if the file has another `origin`, is not of that form, or another command is writing.
    """
    if path.suffix not in (".jsonl", ".txt"):
        raise ModelError(f"{path}: must end with .jsonl or .txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path) as file:
        _check_origin(path, origin)
        there = (_whole_lines if path.suffix == ".jsonl" else _whole_texts)(path, file, seed)
        for number, text in enumerate(write(there, count) if there < count else (), there):
            _append(file, _record(path, seed + number, text))
            if number % BETWEEN_SYNCS == 0:
                os.fsync(file.fileno())
            if wrote:
                wrote(number + 1)
        os.fsync(file.fileno())
    return there


def _record(path: Path, seed: int, text: str) -> bytes:
    if path.suffix == ".jsonl":
        return (json.dumps({"seed": seed, "text": text}, ensure_ascii=False) + "\n").encode()
    if SEPARATOR in text:
        raise ModelError(f"{path}: a text contains the blank lines that separate texts here; write a .jsonl file")
    return (text + SEPARATOR).encode()


def _append(file: BinaryIO, record: bytes) -> None:
    file.write(record)
    file.flush()


def _check_origin(path: Path, origin: Mapping[str, Any]) -> None:
    """Write the origin beside a new file; check that an existing file's origin is the same."""
    beside = path.with_name(path.name + ORIGIN)
    same = json.loads(json.dumps(origin))
    if not path.stat().st_size:
        with replacing(beside) as new:
            new.write_text(json.dumps(same, ensure_ascii=False, indent=1) + "\n", "utf-8")
        return
    try:
        known = json.loads(beside.read_bytes())
    except FileNotFoundError:
        raise ModelError(f"{path} exists and was not written by this command; choose another name") from None
    except ValueError:
        known = None
    if not isinstance(known, dict):
        raise ModelError(f"{beside} cannot be read; choose another name")
    if known != same:
        differs = sorted(name for name in {**known, **same} if known.get(name) != same.get(name))
        raise ModelError(f"{path} was started with another {', '.join(differs)}; choose another name for these texts")


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    with path.open("a+b") as file:
        lock(file, f"{path}: another command is writing here")
        yield file


def _whole_lines(path: Path, file: BinaryIO, seed: int) -> int:
    """Count the lines, check the seed of each, and remove an incomplete one that a kill left."""
    file.seek(0)
    count = end = 0
    for line in file:
        if not line.endswith(b"\n"):
            break
        try:
            fits = json.loads(line)["seed"] == seed + count
        except (KeyError, TypeError, ValueError):
            fits = False
        if not fits:
            raise ModelError(f"{path}, line {count + 1}: not the text of seed {seed + count}; choose another name")
        count, end = count + 1, end + len(line)
    file.truncate(end)
    return count


def _whole_texts(_path: Path, file: BinaryIO, _seed: int) -> int:
    """Count the texts, and remove an incomplete one that a kill left."""
    file.seek(0)
    mark, line_ends, count, place, end = len(SEPARATOR), 0, 0, 0, 0
    for line in file:
        place += len(line)
        # The separator is the newline that ends a text's last line and those of ten blank lines.
        line_ends = (line_ends if line == b"\n" else 0) + line.endswith(b"\n")
        if line_ends == mark:
            count, end, line_ends = count + 1, place, 0
    file.truncate(end)
    return count
