"""What a release tells about its text: read from the bytes of its config.json and its tokenizer file."""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.text.bpe import BpeTokenizer
from model.text.parameters import Parameters, check
from model.text.sampling import Rules
from model.text.tokens import Tokenizer

# What decides which text comes out; the hash of these is the model's.
HASHED = ("network", "tokenizer", "normalisation", "context", "force_breaks", "capital_lines", "files")


class BadRelease(ValueError):  # noqa: N818  what it is, not where it is raised
    """The parts of a release do not fit together; the message says which."""


@dataclass(frozen=True)
class TextRelease:
    """A release as the one who writes poems with it needs it."""

    name: str
    hash: str
    tokenizer: Tokenizer
    rules: Rules
    capital_lines: bool
    context: int | None  # the tokens that the network looks back on, where it cannot read a whole text
    defaults: Parameters
    moods: dict[str, dict[str, Any]]
    signatures: tuple[str, ...]  # of the SavedModel; without "generate" the loop is left


def config_hash(config: Mapping[str, Any]) -> str:
    """Give the model's hash, hexadecimal SHA-256 of what decides its texts."""
    parts = {name: config[name] for name in HASHED}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def check_config(config: Mapping[str, Any]) -> None:
    """Raise BadRelease where the hash in `config` is not that of its parts."""
    if not isinstance(config, dict):
        raise BadRelease("config.json is no object")
    missing = [name for name in (*HASHED, "name", "hash", "sampling", "moods") if name not in config]
    if missing:
        raise BadRelease(f"config.json lacks {missing[0]!r}")
    if config["hash"] != config_hash(config):
        raise BadRelease("config.json was altered: its hash does not fit")


def read(config_bytes: bytes, tokenizer_bytes: bytes) -> TextRelease:
    """Read a release from its two small files. BadRelease where they do not belong together."""
    try:
        config = json.loads(config_bytes)
        check_config(config)
        check(config["sampling"])
        return _read(config, tokenizer_bytes)
    except BadRelease:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadRelease(f"config.json is not of the form that is wanted: {type(error).__name__}: {error}") from None


def _read(config: Mapping[str, Any], tokenizer_bytes: bytes) -> TextRelease:
    tokenizer = config["tokenizer"]
    if hashlib.sha256(tokenizer_bytes).hexdigest() != config["files"][tokenizer["file"]]:
        raise BadRelease(f"{tokenizer['file']} was altered: its checksum does not fit")
    with tempfile.NamedTemporaryFile(suffix=".model") as file:  # YouTokenToMe reads from a path only
        file.write(tokenizer_bytes)
        file.flush()
        bpe = BpeTokenizer(Path(file.name), config["normalisation"])
    return TextRelease(
        name=config["name"],
        hash=config["hash"],
        tokenizer=bpe,
        rules=Rules(bpe.break_id, config["force_breaks"]),
        capital_lines=config["capital_lines"],
        context=config["context"],
        defaults=Parameters(**config["sampling"]),
        moods=config["moods"],
        signatures=tuple(config.get("signatures", ("serving_default", "release"))),
    )
