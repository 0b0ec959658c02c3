"""Reading a corpus of poems: one JSON object a line, with `author`, `title` and `text`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from model.errors import ModelError


@dataclass(frozen=True)
class Poem:
    """One text of the corpus, its lines separated by newlines, its stanzas by a blank line."""

    author: str
    title: str
    text: str


def read_poems(path: Path) -> list[Poem]:
    """Read every poem. ModelError names the line of the first one that cannot be read."""
    try:
        with path.open("rb") as file:
            poems = list(_poems(path, file))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None
    if not poems:
        raise ModelError(f"{path}: the corpus is empty")
    return poems


def _poems(path: Path, file: BinaryIO) -> Iterator[Poem]:
    for number, line in enumerate(file, 1):
        if line.strip():
            yield _poem(line, f"{path}, line {number}")


def _poem(line: bytes, where: str) -> Poem:
    try:
        # Decoded strictly first: YouTokenToMe ends the whole process on invalid UTF-8.
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ModelError(f"{where}: not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ModelError(f"{where}: not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not row["text"].strip():
        raise ModelError(f'{where}: expected an object whose "text" is a string that is not empty')
    try:
        row["text"].encode()
    except UnicodeEncodeError:
        raise ModelError(f"{where}: the text holds half of a surrogate pair") from None
    return Poem(str(row.get("author") or ""), str(row.get("title") or ""), row["text"])
