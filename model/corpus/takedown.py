"""Removing texts from a corpus, and finding what was trained with them."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.corpus.collection import SUFFIX, open_collection
from model.corpus.forgetting import is_forgotten, mark
from model.corpus.provenance import entry, forgotten, former, record
from model.corpus.texts import Text, from_row, size
from model.errors import ModelError
from model.folder import CONFIG, RUN, sha256
from model.replacing import replacing


def remove(what: str, corpus: Path) -> int:
    """Remove the texts of an address or author, and note hashes of what went. Give how many texts that were.

    The mark is written first: if this is cut short, the corpus stays whole and the same call does the rest.
    """
    if not corpus.is_file():
        raise ModelError(f"{corpus}: No such file")
    if corpus.suffix not in {SUFFIX, ".jsonl"}:
        raise ModelError(f"{corpus}: only a .jsonl corpus and a collection can forget; `clean` makes a .jsonl")
    gone: dict[str, Any] = {"mark": mark(what), "date": datetime.now(UTC).date().isoformat(), "texts": []}
    if corpus.suffix == SUFFIX:
        _note(corpus, gone, {})
        with open_collection(corpus) as collection:
            removed = collection.forget(gone["mark"])
        _note(corpus, gone | {"texts": _hashes(removed)}, {})
    else:
        _note(corpus, gone, {"former_sha256": [*former(entry(corpus), ""), sha256(corpus)]})
        removed, counts = _rewrite(corpus, gone["mark"])
        digest = sha256(corpus)
        now = {"sha256": digest, "former_sha256": former(entry(corpus), digest), "counts": dict(counts)}
        _note(corpus, gone | {"texts": _hashes(removed)}, now)
    return len(removed)


def releases_of(corpus: Path, folders: Iterable[Path]) -> Iterator[Path]:
    """Give the releases, and the runs, trained on this corpus as it was before texts were removed from it."""
    hashes = set(entry(corpus).get("former_sha256", []))
    for folder in folders:
        for path in sorted([*folder.glob(f"*/{CONFIG}"), *folder.glob(f"*/{RUN}")]):
            if _trained_on(path) in hashes:
                yield path.parent


def _rewrite(corpus: Path, forgotten_mark: str) -> tuple[list[str], Counter[str]]:
    """Write the corpus without the texts of a mark, its other lines as they are. Give these texts, and what stays."""
    removed: list[str] = []
    counts = Counter(texts=0, lines=0, words=0, characters=0)
    with replacing(corpus) as new, corpus.open("rb") as old, new.open("wb") as file:
        for number, line in enumerate(old, 1):
            text = _text(line, f"{corpus}, line {number}")
            if text and is_forgotten(text.url, text.author, {forgotten_mark}):
                removed.append(text.text)
            else:
                file.write(line)
                counts += size(text.text) if text else Counter()
    return removed, counts


def _text(line: bytes, where: str) -> Text | None:
    try:
        return from_row(json.loads(line), where) if line.strip() else None
    except (ValueError, AttributeError):
        raise ModelError(f"{where}: not a JSON object") from None


def _note(corpus: Path, gone: dict[str, Any], changed: dict[str, Any]) -> None:
    """Write into corpus.json what was removed, beside what was removed under the same mark before."""
    said = entry(corpus)
    before = {one["mark"]: one for one in forgotten(corpus)}
    texts = [*before.get(gone["mark"], gone)["texts"], *gone["texts"]]
    before[gone["mark"]] = gone | {"texts": list(dict.fromkeys(texts))}
    record(corpus, said | changed | {"forgotten": list(before.values())})


def _hashes(texts: Iterable[str]) -> list[str]:
    return [hashlib.sha256(text.encode()).hexdigest() for text in texts]


def _trained_on(path: Path) -> str | None:
    """Give the hash of the corpus that a release's or a run's account names."""
    try:
        account = json.loads(path.read_bytes())
        return str(account["corpus_sha256"] if path.name == RUN else account["data"]["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
