"""Removal of texts from a corpus, and a search for what was trained on them."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from model.corpus.collection import SUFFIX, open_collection
from model.corpus.forgetting import is_forgotten, mark
from model.corpus.layout import MAX_TEXT
from model.corpus.provenance import entry, forgotten, former, record, writing_in
from model.corpus.texts import Text, from_row, size
from model.errors import ModelError
from model.files.folder import CONFIG, RUN, sha256
from model.files.replacing import replacing


def remove(what: str, corpus: Path) -> int:
    """Remove the texts of a URL or author, record their hashes, and return how many there were.

    The record is written first: if this is interrupted, the corpus stays intact, and the same call completes the work.
    """
    if not corpus.is_file():
        raise ModelError(f"{corpus}: No such file")
    if corpus.suffix not in {SUFFIX, ".jsonl"}:
        raise ModelError(f"{corpus}: only a .jsonl corpus and a collection can forget; `clean` makes a .jsonl")
    with writing_in(corpus.parent):
        return (_from_collection if corpus.suffix == SUFFIX else _from_lines)(mark(what), corpus)


def releases_of(corpus: Path, folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the releases and runs that were trained on this corpus before texts were removed from it."""
    hashes = set(entry(corpus).get("former_sha256", []))
    for folder in folders:
        for path in sorted([*folder.glob(f"*/{CONFIG}"), *folder.glob(f"*/{RUN}")]):
            if _trained_on(path) & hashes:
                yield path.parent


def _from_collection(gone: str, corpus: Path) -> int:
    with open_collection(corpus) as collection:
        hashes = list(map(_hash, collection.marked(gone)))
        _note(corpus, gone, hashes, {})
        collection.forget(gone)
    return len(hashes)


def _from_lines(gone: str, corpus: Path) -> int:
    hashes = [_hash(text.text) for _, text in _lines(corpus) if text and _is_marked(text, gone)]
    _note(corpus, gone, hashes, {"former_sha256": former(entry(corpus), sha256(corpus), keep=True)})
    counts = Counter(texts=0, lines=0, words=0, characters=0)
    with replacing(corpus) as new, new.open("wb") as file:
        for line, text in _lines(corpus):
            if not (text and _is_marked(text, gone)):
                file.write(line)
                counts += size(text.text) if text else Counter()
    digest = sha256(corpus)
    said = {"sha256": digest, "former_sha256": former(entry(corpus), digest), "counts": dict(counts)}
    _note(corpus, gone, [], said)
    return len(hashes)


def _lines(corpus: Path) -> Iterator[tuple[bytes, Text | None]]:
    """Yield each line unchanged, with its text, or None for a blank line."""
    with corpus.open("rb") as file:
        for number, line in enumerate(iter(partial(file.readline, 4 * MAX_TEXT), b""), 1):
            yield line, _text(line, f"{corpus}, line {number}")


def _text(line: bytes, where: str) -> Text | None:
    try:
        return from_row(json.loads(line), where) if line.strip() else None
    except (ValueError, AttributeError, RecursionError):
        raise ModelError(f"{where}: not a JSON object") from None


def _is_marked(text: Text, gone: str) -> bool:
    return is_forgotten(text.url, text.author, {gone})


def _note(corpus: Path, gone: str, hashes: list[str], changed: dict[str, Any]) -> None:
    """Record in corpus.json what is removed, in addition to what was removed under the same mark before."""
    before = {one["mark"]: one for one in forgotten(corpus)}
    known = before.get(gone, {"mark": gone, "date": datetime.now(UTC).date().isoformat(), "texts": []})
    before[gone] = known | {"texts": list(dict.fromkeys([*known["texts"], *hashes]))}
    record(corpus, entry(corpus) | changed | {"forgotten": list(before.values())})


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _trained_on(path: Path) -> set[str]:
    """Return the hashes of the corpora that a release or a run was trained on, as far as its file records them."""
    try:
        recorded = json.loads(path.read_bytes())
        if path.name == RUN:
            further = [corpus["sha256"] for corpus in recorded.get("further_corpora", {}).values()]
            return {recorded["corpus_sha256"], *further}
        return {recorded["data"]["sha256"], *recorded["data"].get("further", {}).values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
