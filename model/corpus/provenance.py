"""corpus.json: what lies beside a corpus and says where it comes from, how it was made, and what was taken out."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.corpus.collection import SUFFIX, read_forgotten, read_source
from model.errors import ModelError
from model.folder import sha256
from model.replacing import replacing

NAME = "corpus.json"
ACCOUNT = "SOURCES.md"  # a person's own account of where the texts come from
UNLICENSED = "none known; the rights are the authors'"


def entry(corpus: Path) -> dict[str, Any]:
    """Give what corpus.json says of a corpus; nothing where it says nothing."""
    return dict(_entries(corpus).get(corpus.name, {}))


def record(corpus: Path, said: Mapping[str, Any]) -> None:
    """Say this of a corpus, and leave alone what is said of others in the same folder."""
    table = {"corpora": _entries(corpus) | {corpus.name: said}}
    with replacing(corpus.parent / NAME) as new:
        new.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", "utf-8")


def made(corpus: Path, source: Path, told: list[dict[str, str]], how: Mapping[str, Any]) -> dict[str, Any]:
    """Give the entry of a corpus just made of `source`: `how` joins it, and what was forgotten stays forgotten."""
    before, digest = entry(corpus), sha256(corpus)
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "input": {"name": source.name} | ({"sha256": sha256(source)} if source.is_file() else {}),
        "sources": told or sources(source),
        **how,
        "sha256": digest,
        "former_sha256": former(before, digest),
        "forgotten": forgotten(source, corpus),
    }


def former(before: Mapping[str, Any], digest: str) -> list[str]:
    """Give the hashes that the corpus had before this one, oldest first: releases know their corpus by them."""
    known = [*before.get("former_sha256", []), *([before["sha256"]] if "sha256" in before else [])]
    return [one for one in dict.fromkeys(known) if one != digest]


def forgotten(*corpora: Path) -> list[dict[str, Any]]:
    """Give what was ever forgotten in one of these corpora: the mark of each, and when."""
    found = {gone["mark"]: gone for corpus in corpora for gone in entry(corpus).get("forgotten", [])}
    return list(found.values())


def marks(*corpora: Path) -> set[str]:
    """Give the hashes of what these corpora are not to take in."""
    collected = (read_forgotten(corpus) for corpus in corpora if corpus.suffix == SUFFIX and corpus.exists())
    return {gone["mark"] for gone in forgotten(*corpora)}.union(*collected)


def sources(corpus: Path) -> list[dict[str, str]]:
    """Give sources and licences: as corpus.json or the collection has them, or as SOURCES.md beside it tells."""
    if said := entry(corpus).get("sources"):
        return list(said)
    if corpus.suffix == SUFFIX:
        return [{"source": json.dumps(read_source(corpus), ensure_ascii=False), "licence": UNLICENSED}]
    account = (corpus if corpus.is_dir() else corpus.parent) / ACCOUNT
    if account.is_file():
        return [{"source": ACCOUNT, "licence": "as the account says", "account": account.read_text("utf-8")}]
    return []


def _entries(corpus: Path) -> dict[str, Any]:
    path = corpus.parent / NAME
    try:
        return dict(json.loads(path.read_bytes())["corpora"])
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise ModelError(f"{path}: not what this program wrote; mend it or move it away") from None
