"""The text side of a release, read from the bytes of its config.json and its tokenizer file."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from model.text.bpe import BpeTokenizer
from model.text.characters import CharacterTokenizer
from model.text.normalise import BACKWARDS, NAMES
from model.text.parameters import Parameters, check
from model.text.sampling import Rules
from model.text.tokens import WINDOW, Tokenizer
from model.text.words import WordTokenizer

# The reader of each kind of tokenizer file; it raises ValueError if the file is broken.
TOKENIZERS: dict[str, Callable[[bytes, Sequence[str]], Tokenizer]] = {
    "bpe": BpeTokenizer.read,
    "characters": CharacterTokenizer.read,
    "words": WordTokenizer.read,
}
# Everything that determines the generated text; the model's hash is the hash of these.
SWITCHES = ("force_breaks", "prompt_break", "capital_lines")
HASHED = ("network", "tokenizer", "normalisation", "context", *SWITCHES, "files")


class BadRelease(ValueError):  # noqa: N818  what it is, not where it is raised
    """The parts of a release do not match; the message says which."""


@dataclass(frozen=True)
class TextRelease:
    """What generating poems with a release requires, apart from the network."""

    name: str
    hash: str
    tokenizer: Tokenizer
    rules: Rules
    prompt_break: bool  # a line break follows the prompt; otherwise the text continues its last line
    capital_lines: bool
    context: int | None  # the tokens that the network sees; None if it reads a whole text
    defaults: Parameters
    moods: dict[str, dict[str, Any]]
    ear: bool  # lines are chosen among candidates, by rhyme and metre
    signatures: tuple[str, ...]  # of the SavedModel; without "generate" only the loop decoder is available


def config_hash(config: Mapping[str, Any]) -> str:
    """Return the model's hash: the hexadecimal SHA-256 of everything that determines its texts.

    That includes the `form`, if the weights are not used as the release has them.
    """
    parts = {name: config[name] for name in (*HASHED, *({"form"} & config.keys()))}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def check_config(config: Mapping[str, Any]) -> None:
    """Raise BadRelease if `config` is incomplete or its hash does not match its contents."""
    if not isinstance(config, dict):
        raise BadRelease("config.json is not an object")
    missing = [name for name in (*HASHED, "name", "hash", "sampling", "moods") if name not in config]
    if missing:
        raise BadRelease(f"config.json lacks {missing[0]!r}")
    for name in (*SWITCHES, "ear"):
        if not isinstance(config.get(name, False), bool):
            raise BadRelease(f"config.json: {name} must be true or false")
    if config["hash"] != config_hash(config):
        raise BadRelease("config.json was altered: its hash does not match")


def read(config_bytes: bytes, tokenizer_bytes: bytes) -> TextRelease:
    """Read a release from its two small files. BadRelease if they are invalid or do not match."""
    try:
        config = json.loads(config_bytes)
        check_config(config)
        for changes in ({}, *config["moods"].values()):
            check(asdict(Parameters(**(config["sampling"] | changes))))
        return _read(config, tokenizer_bytes)
    except BadRelease:
        raise
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise BadRelease(f"config.json is not valid: {type(error).__name__}: {error}") from None


def _read(config: Mapping[str, Any], tokenizer_bytes: bytes) -> TextRelease:
    tokenizer = config["tokenizer"]
    check_normalisation(config["normalisation"], tokenizer["kind"], prompt_break=config["prompt_break"])
    if hashlib.sha256(tokenizer_bytes).hexdigest() != config["files"][tokenizer["file"]]:
        raise BadRelease(f"{tokenizer['file']} was altered: its checksum does not match")
    opened = read_tokenizer(tokenizer["kind"], tokenizer_bytes, config["normalisation"])
    context = config["context"]
    if context is not None and (type(context) is not int or not 1 <= context < WINDOW):
        raise BadRelease(f"config.json: context must be null or from 1 to {WINDOW - 1}")
    return TextRelease(
        name=config["name"],
        hash=config["hash"],
        tokenizer=opened,
        rules=Rules(opened.break_id, config["force_breaks"]),
        prompt_break=config["prompt_break"],
        capital_lines=config["capital_lines"],
        context=context,
        defaults=Parameters(**config["sampling"]),
        moods=config["moods"],
        ear=config.get("ear", False),  # older releases do not say
        signatures=tuple(config.get("signatures", ("serving_default", "release"))),
    )


def check_normalisation(steps: Sequence[str], tokenizer: str, *, prompt_break: bool = True) -> None:
    """Raise BadRelease if a step is unknown or incompatible with the rest of the release."""
    for step in steps:
        if step not in NAMES:
            raise BadRelease(f"normalisation {step!r} is unknown; there are: {', '.join(NAMES)}")
    if BACKWARDS in steps and tokenizer == "words":
        raise BadRelease(
            "normalisation 'backwards' reverses words with their punctuation, which the tokenizer 'words' separates; "
            "use 'bpe' or 'characters'"
        )
    if BACKWARDS in steps and not prompt_break:
        raise BadRelease("normalisation 'backwards' needs prompt_break = true: a line cannot be continued from its end")


def open_tokenizer(kind: str, path: Path, normalisation: Sequence[str]) -> Tokenizer:
    """Open a tokenizer of the given kind. BadRelease if its file is invalid; OSError if it cannot be read."""
    return read_tokenizer(kind, path.read_bytes(), normalisation)


def read_tokenizer(kind: str, data: bytes, normalisation: Sequence[str]) -> Tokenizer:
    """Read a tokenizer of the given kind from the bytes of its file. BadRelease if they are invalid."""
    if kind not in TOKENIZERS:
        raise BadRelease(f"tokenizer {kind!r} is unknown; there are: {', '.join(TOKENIZERS)}")
    check_normalisation(normalisation, kind)
    try:
        return TOKENIZERS[kind](data, normalisation)
    except ValueError as error:
        raise BadRelease(f"the tokenizer cannot be read: {error}") from None
