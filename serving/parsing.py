"""Parsing of request bodies: JSON as TF-Serving reads it, with NaN and Inf, ignoring text after the value."""

import json
import re
from itertools import islice
from typing import Any

from serving.errors import invalid

_QUOTED_BYTES = 256
# An unterminated string extends to the end of the text: searching within it would take quadratic time.
_STRING_OR_INF = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|\bInf\b', re.DOTALL)
_GROWTH = len("Infinity") - len("Inf")
_START = re.compile("\ufeff?[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_QUOTER = json.JSONEncoder(indent=4, ensure_ascii=False)


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object at the start of the body; raise ServingError for anything else."""
    if not body:
        message = "JSON Parse error: The document is empty"
        raise invalid(message)
    # Bytes that are not UTF-8 pass unchanged, as in TF-Serving: a string tensor may hold them.
    document = _decode(body.decode("utf-8", "surrogateescape"))
    if not isinstance(document, dict):
        message = f"JSON Value: {quote(document)} Is not object"
        raise invalid(message)
    return document


def quote(value: object) -> str:
    """Return a JSON value for an error message: pretty-printed, cut at 256 bytes."""
    pieces = "".join(islice(_QUOTER.iterencode(value), _QUOTED_BYTES))
    cut = pieces.encode("utf-8", "surrogatepass")[:_QUOTED_BYTES]
    return cut.decode("utf-8", "ignore") if len(cut) == _QUOTED_BYTES else pieces


def _decode(text: str) -> Any:
    start = _start(text)
    try:
        try:
            return _DECODER.raw_decode(text, start)[0]
        except json.JSONDecodeError:
            if "Inf" not in text:
                raise
            return _DECODER.raw_decode(_STRING_OR_INF.sub(_spell_out, text), start)[0]
    except json.JSONDecodeError as error:
        what = "The document is empty." if start == len(text) else "Invalid value."
        message = f"JSON Parse error: {what} at offset: {_offset(text, error)}"
        raise invalid(message) from error
    except RecursionError as error:
        message = "JSON Parse error: The document is nested too deeply."
        raise invalid(message) from error
    except ValueError as error:  # an integer of thousands of digits
        message = "JSON Parse error: Number too big to be stored in double."
        raise invalid(message) from error


def _start(text: str) -> int:
    """Return the position of the first value."""
    match = _START.match(text)
    return match.end() if match else 0


def _spell_out(match: re.Match[str]) -> str:
    return "Infinity" if match[0] == "Inf" else match[0]


def _offset(text: str, error: json.JSONDecodeError) -> int:
    """Return the error's offset in the request's bytes; it may refer to the text with Inf spelled out."""
    position = error.pos
    if error.doc is not text:
        infs = (match.start() for match in _STRING_OR_INF.finditer(text) if match[0] == "Inf")
        position -= _GROWTH * sum(start + _GROWTH * i < error.pos for i, start in enumerate(infs))
    return len(text[:position].encode("utf-8", "surrogateescape"))
