"""Vocabulary files that list tokens: JSON, validated when it is read."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from model.text.normalise import tidy
from model.text.tokens import SPECIAL

LINE_BREAK = "\n"  # the first token after the special ones
BREAK_ID = len(SPECIAL)


def write_vocabulary(kind: str, tokens: Sequence[str], **more: object) -> bytes:
    """Return the contents of a vocabulary file; `tokens` are those after the special ones."""
    return json.dumps({"kind": kind, "tokens": tokens, **more}, ensure_ascii=False).encode()


def read_vocabulary(data: bytes, kind: str, **kinds: type) -> Mapping[str, Any]:
    """Read a vocabulary file that has, besides its kind and tokens, exactly the keys of `kinds`, of those types.

    ValueError if it is not valid.
    """
    try:
        table = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("the vocabulary is not JSON") from None
    if not isinstance(table, dict) or table.get("kind") != kind:
        raise ValueError(f"the vocabulary is not one of {kind}")
    kinds = {"kind": str, "tokens": list, **kinds}
    if set(table) != set(kinds) or not all(isinstance(table[key], kinds[key]) for key in kinds):
        raise ValueError(f"the vocabulary must have exactly {', '.join(kinds)}")
    return table


def check_tokens(tokens: Sequence[object]) -> None:
    """Raise ValueError unless these are valid, distinct tokens with the line break first."""
    if not tokens or tokens[0] != LINE_BREAK:
        raise ValueError("the first token is not the line break")
    for token in tokens[1:]:
        if not isinstance(token, str) or not token or any("\ud800" <= character <= "\udfff" for character in token):
            raise ValueError(f"{token!r} is not a token")
        if "\n" in token or tidy(f"a{token}a") != f"a{token}a":
            raise ValueError(f"{token!r} is not a token: it cannot occur in a normalised text")
    if len(set(tokens)) != len(tokens):
        raise ValueError("a token occurs twice in the vocabulary")
    if len(tokens) == 1:
        raise ValueError("the vocabulary has only the line break, with which no text can begin")
