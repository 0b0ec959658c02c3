"""corpus.json: the file beside a corpus that records its sources, how it was made, and what was removed."""

import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.corpus.collection import SUFFIX, read_source
from model.corpus.forgetting import is_forgotten
from model.corpus.texts import Text
from model.errors import ModelError
from model.files.folder import sha256
from model.files.replacing import replacing

NAME = "corpus.json"
NOTES = "SOURCES.md"  # a handwritten description of where the texts come from
UNLICENSED = "none known; the rights are the authors'"


def entry(corpus: Path) -> dict[str, Any]:
    """Return the entry of a corpus in corpus.json, or an empty one."""
    return dict(_entries(corpus).get(corpus.name, {}))


def record(corpus: Path, said: Mapping[str, Any]) -> None:
    """Set the entry of a corpus, leaving those of other corpora in the same folder unchanged."""
    table = {"corpora": _entries(corpus) | {corpus.name: said}}
    with replacing(corpus.parent / NAME) as new:
        new.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", "utf-8")


@contextmanager
def writing_in(folder: Path) -> Iterator[None]:
    """Lock the corpus.json of this folder for writing, waiting while another process holds the lock."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".corpus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made(
    corpus: Path, source: Path, origin: list[dict[str, str]], gone: list[dict[str, Any]], how: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the entry of a corpus newly made from `source` without the texts of `gone`; `how` must hold its sha256."""
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "input": {"name": source.name} | ({"sha256": sha256(source)} if source.is_file() else {}),
        "sources": origin,
        **how,
        "former_sha256": former(entry(corpus), how["sha256"]),
        "forgotten": gone,
    }


def former(before: Mapping[str, Any], digest: str, *, keep: bool = False) -> list[str]:
    """Return the earlier hashes of the corpus, by which releases identify it; with `keep`, `digest` is added."""
    known = [*before.get("former_sha256", []), *([before["sha256"]] if "sha256" in before else [])]
    return [one for one in dict.fromkeys(known) if one != digest] + [digest] * keep


def forgotten(*corpora: Path) -> list[dict[str, Any]]:
    """Return everything forgotten in these corpora: each mark, its date, and the hashes of its texts."""
    found = {gone["mark"]: gone for corpus in corpora for gone in entry(corpus).get("forgotten", [])}
    return list(found.values())


def admitted(texts: Iterable[Text], gone: Iterable[Mapping[str, Any]]) -> Iterator[Text]:
    """Yield the texts that are not forgotten."""
    marks = {one["mark"] for one in gone}
    return (text for text in texts if not is_forgotten(text.url, text.author, marks))


def sources(corpus: Path) -> list[dict[str, str]]:
    """Return sources and licences from corpus.json, the collection, or a SOURCES.md beside the corpus."""
    if said := entry(corpus).get("sources"):
        return list(said)
    if corpus.suffix == SUFFIX:
        return [{"source": json.dumps(read_source(corpus), ensure_ascii=False), "licence": UNLICENSED}]
    notes = (corpus if corpus.is_dir() else corpus.parent) / NOTES
    try:
        return [{"source": NOTES, "licence": f"see {NOTES}", "account": notes.read_text("utf-8")}]
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise ModelError(f"{notes}: not UTF-8") from None


def _checked(said: Any) -> dict[str, Any]:
    """Return a valid entry. KeyError or TypeError if it is not one."""
    for gone in said.get("forgotten", []):
        gone["mark"], gone["texts"] = str(gone["mark"]), list(gone["texts"])
    list(said.get("former_sha256", [])), list(said.get("sources", []))
    return dict(said)


def _entries(corpus: Path) -> dict[str, Any]:
    path = corpus.parent / NAME
    try:
        return {name: _checked(said) for name, said in json.loads(path.read_bytes())["corpora"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ModelError(f"{path}: not written by this program; repair it or move it away") from None
