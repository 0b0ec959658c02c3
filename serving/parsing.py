"""A request body to a Python value: JSON as TF-Serving reads it, with NaN and Inf, text after the value ignored."""

import json
import re
from itertools import islice
from typing import Any

from serving.errors import ServingError, invalid

_QUOTED_BYTES = 256
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_STRING_OR_INF = re.compile(rf"{_STRING.pattern}|\bInf\b", re.DOTALL)
_DECODER = json.JSONDecoder()
_QUOTER = json.JSONEncoder(indent=4, ensure_ascii=False)

# What Python's parser says, and what RapidJSON says in its place.
_MESSAGES = {
    "Expecting value": "Invalid value.",
    "Expecting property name enclosed in double quotes": "Missing a name for object member.",
    "Illegal trailing comma before end of object": "Missing a name for object member.",
    "Illegal trailing comma before end of array": "Invalid value.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Unterminated string starting at": "Missing a closing quotation mark in string.",
    "Invalid \\escape": "Invalid escape character in string.",
    "Invalid \\uXXXX escape": "Incorrect hex digit after \\u escape in string.",
    "Invalid control character at": "Invalid encoding in string.",
}


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that the body begins with; raise ServingError for anything else."""
    if not body:
        message = "JSON Parse error: The document is empty"
        raise invalid(message)
    # Bytes that are not UTF-8 are let through unchanged, as TF-Serving does: a string tensor may hold them.
    document = _decode(body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"))
    if not isinstance(document, dict):
        message = f"JSON Value: {quote(document)} Is not object"
        raise invalid(message)
    return document


def quote(value: object) -> str:
    """Return a JSON value as messages quote it: pretty-printed, cut at 256 bytes."""
    pieces = "".join(islice(_QUOTER.iterencode(value), _QUOTED_BYTES))
    cut = pieces.encode("utf-8", "surrogatepass")[:_QUOTED_BYTES]
    return cut.decode("utf-8", "ignore") if len(cut) == _QUOTED_BYTES else pieces


def _decode(text: str) -> Any:
    start = _space_end(text)
    try:
        try:
            return _DECODER.raw_decode(text, start)[0]
        except json.JSONDecodeError:
            if "Inf" not in text:
                raise
            return _DECODER.raw_decode(_STRING_OR_INF.sub(_spell_out, text), start)[0]
    except json.JSONDecodeError as error:
        raise _parse_error(text, error) from error
    except RecursionError as error:
        message = "JSON Parse error: The document is nested too deeply."
        raise invalid(message) from error
    except ValueError as error:  # an integer of thousands of digits
        message = "JSON Parse error: Number too big to be stored in double."
        raise invalid(message) from error


def _spell_out(match: re.Match[str]) -> str:
    return "Infinity" if match[0] == "Inf" else match[0]


def _space_end(text: str) -> int:
    return len(text) - len(text.lstrip(" \t\n\r"))


def _parse_error(text: str, error: json.JSONDecodeError) -> ServingError:
    if _space_end(text) == len(text):
        what = "The document is empty."
    elif error.msg == "Expecting ',' delimiter":
        what = _missing_comma(text[: error.pos])
    else:
        what = _MESSAGES.get(error.msg, "Unspecific syntax error.")
    offset = len(text[: error.pos].encode("utf-8", "surrogateescape"))
    return invalid(f"JSON Parse error: {what} at offset: {offset}")


def _missing_comma(before: str) -> str:
    """Tell whether the comma is missing in an object or in an array."""
    brackets: list[str] = []
    for bracket in re.findall(r"[{}\[\]]", _STRING.sub("", before)):
        if bracket in "{[":
            brackets.append(bracket)
        else:
            brackets.pop()
    if brackets[-1] == "{":
        return "Missing a comma or } after an object member."
    return "Missing a comma or ] after an array element."
