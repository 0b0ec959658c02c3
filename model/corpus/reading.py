"""Reading texts one at a time from JSON lines, CSV, TSV or plain text, each optionally .xz, collections and folders."""

import codecs
import csv
import hashlib
import json
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from model.corpus.collection import SUFFIX, read_collection
from model.corpus.layout import MAX_TEXT, Layout, TooLongError
from model.corpus.texts import FIELDS, Text, from_row
from model.errors import ModelError
from model.files.folder import sha256

DELIMITERS = {".csv": ",", ".tsv": "\t"}
COMPRESSED = ".xz"
_PIECE = 2**16  # bytes


@dataclass(frozen=True)
class Form:
    """How to read a corpus. Its name determines its kind: .jsonl, .csv, .tsv, .sqlite, a folder, or plain text.

    All except collections and folders may be compressed, with .xz appended to the name.
    """

    encoding: str = "utf-8"
    layout: Layout = field(default_factory=Layout)
    columns: Mapping[str, str] = field(default_factory=dict)  # field of Text -> name, or number from 1, of its column
    header: bool = True


def read(path: Path, form: Form = Form()) -> Iterator[Text]:
    """Yield the texts one by one. ModelError gives the file and the position of anything that cannot be read."""
    if path.suffix == SUFFIX:
        yield from read_collection(path)
    else:
        for file in files_of(path):
            yield from _read_file(file, form)


def files_of(path: Path) -> list[Path]:
    """Return the files of a corpus: the file itself, or the .txt files of a folder."""
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*.txt") if not file.name.startswith("."))
    if not files:
        raise ModelError(f"{path}: there is no .txt file in this folder")
    return files


def digest(path: Path) -> str:
    """Return the SHA-256 of a corpus: of its file, or of the names and hashes of a folder's files."""
    if not path.is_dir():
        return sha256(path)
    listing = "".join(f"{file.relative_to(path)} {sha256(file)}\n" for file in files_of(path))
    return hashlib.sha256(listing.encode()).hexdigest()


def read_corpus(path: Path, form: Form = Form()) -> list[Text]:
    """Read all texts into memory, for training. ModelError if there are none."""
    texts = list(read_cleaned(path, form))
    if not texts:
        raise ModelError(f"{path}: the corpus is empty")
    return texts


def read_cleaned(path: Path, form: Form = Form()) -> Iterator[Text]:
    """Return the texts of a corpus one by one, for training. ModelError for a collection, which is not cleaned."""
    if path.suffix == SUFFIX:
        raise ModelError(f"{path}: a collection must be cleaned before training: python -m model clean")
    return read(path, form)


def _read_file(path: Path, form: Form) -> Iterator[Text]:
    name = _unpacked_name(path)
    parse = {".jsonl": _json_lines, ".csv": _table, ".tsv": _table}.get(name.suffix.lower(), _plain)
    try:
        # The csv module must see the line endings itself: a quoted cell may contain some.
        newline = "" if parse is _table else None
        encoding = _with_mark(form.encoding)
        with _open(path) as raw, TextIOWrapper(raw, encoding=encoding, newline=newline) as file:
            yield from parse(path, file, form)
    except UnicodeDecodeError:
        raise ModelError(_undecodable(path, form.encoding)) from None
    except UnicodeError as error:
        raise ModelError(f"{path}: not {form.encoding}: {error}") from None
    except LookupError:
        raise ModelError(f"there is no encoding {form.encoding!r}") from None
    except (lzma.LZMAError, EOFError):
        raise ModelError(f"{path}: damaged or truncated; copy or compress the file again") from None


def _unpacked_name(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() == COMPRESSED else path


def _open(path: Path) -> BinaryIO:
    """Open a file for reading bytes, decompressed if necessary."""
    return cast("BinaryIO", lzma.open(path)) if path != _unpacked_name(path) else path.open("rb")


def _with_mark(encoding: str) -> str:
    """Accept a byte order mark before UTF-8."""
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


def _undecodable(path: Path, encoding: str) -> str:
    """Return a message with the position of the first undecodable byte, which TextIOWrapper does not report."""
    decoder = codecs.getincrementaldecoder(encoding)()
    passed = lines = 0
    with _open(path) as file:
        while piece := file.read(_PIECE):
            try:
                lines += decoder.decode(piece).count("\n")
                passed += len(piece)
            except UnicodeDecodeError as error:
                lines += error.object[: error.start].decode(encoding, "replace").count("\n")
                at = passed + len(piece) - len(error.object) + error.start
                return f"{path}, line {lines + 1}: not {encoding} at byte {at + 1} of the file ({error.reason})"
    at = passed - len(decoder.getstate()[0])
    return f"{path}, line {lines + 1}: not {encoding} at byte {at + 1} of the file (it ends within a character)"


def _lines(path: Path, file: TextIO) -> Iterator[str]:
    """Return the lines without their line endings."""
    return (line.removesuffix("\n") for line in _whole_lines(path, file))


def _whole_lines(path: Path, file: TextIO) -> Iterator[str]:
    number = 0
    while line := file.readline(MAX_TEXT + 1):
        number += 1
        if len(line) > MAX_TEXT:
            raise ModelError(f"{path}, line {number}: longer than {MAX_TEXT:,} characters")
        yield line


def _json_lines(path: Path, file: TextIO, form: Form) -> Iterator[Text]:
    for number, line in enumerate(_lines(path, file), 1):
        if line.strip():
            where = f"{path}, line {number}"
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ModelError(f"{where}: not JSON: {error}") from None
            except RecursionError:
                raise ModelError(f"{where}: not a corpus: the JSON is nested too deeply") from None
            if not isinstance(row, dict):
                raise ModelError(f'{where}: expected an object whose "text" is a string that is not empty')
            yield from_row(row | {name: row.get(column) for name, column in form.columns.items()}, where)


def _plain(path: Path, file: TextIO, form: Form) -> Iterator[Text]:
    title = _unpacked_name(path).stem if form.layout.whole() else ""
    try:
        for number, text in enumerate(form.layout.parse(_lines(path, file)), 1):
            yield from_row({"text": text, "title": title}, f"{path}, text {number}")
    except TooLongError as error:
        raise ModelError(f"{path}: {error}") from None


def _table(path: Path, file: TextIO, form: Form) -> Iterator[Text]:
    csv.field_size_limit(MAX_TEXT)
    rows = csv.reader(_whole_lines(path, file), delimiter=DELIMITERS[_unpacked_name(path).suffix.lower()], strict=True)
    try:
        first = next(rows, None)
        if first is None:
            return
        columns = _columns(path, first, form)
        if not form.header:
            yield from _row(path, rows.line_num, first, columns)
        for row in rows:
            yield from _row(path, rows.line_num, row, columns)
    except csv.Error as error:
        raise ModelError(f"{path}, line {rows.line_num}: {error}") from None


def _columns(path: Path, first: list[str], form: Form) -> dict[str, int]:
    """Return the column index of each field: as chosen, by the header's names, or else the text and then a label."""
    names = [name.strip().lower() for name in first] if form.header else []
    places = {str(i): i - 1 for i in range(1, len(first) + 1)} | {name: i for i, name in enumerate(names)}
    chosen = {name: column.strip().lower() for name, column in form.columns.items()}
    for column in chosen.values():
        if column not in places:
            raise ModelError(f"{path}: there is no column {column!r}; there are: {', '.join(places)}")
    if chosen:
        return {name: places[column] for name, column in chosen.items()}
    if "text" in names:
        return {name: places[name] for name in FIELDS if name in names}
    if len(first) > 2:  # noqa: PLR2004  text and label
        raise ModelError(
            f"{path}: name the column that holds the text, as in --column text=2; there are: {', '.join(places)}"
        )
    return {"text": 0, "label": 1} if len(first) == 2 else {"text": 0}  # noqa: PLR2004


def _row(path: Path, number: int, row: list[str], columns: Mapping[str, int]) -> Iterator[Text]:
    """Yield the row's text, or nothing if its cell is blank."""
    if row and len(row) <= max(columns.values()):
        raise ModelError(f"{path}, line {number}: {len(row)} cells, fewer than the first row has")
    if row and row[columns["text"]].strip():
        yield from_row({name: row[place] for name, place in columns.items()}, f"{path}, line {number}")
