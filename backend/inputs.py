"""Input validation: a body or a query string to checked fields."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from backend.errors import InvalidError, MalformedError, MediaTypeError
from model.text.parameters import InvalidParameter, check, from_text

MAX_BODY_BYTES = 64 * 1024  # a prompt of 2000 characters is at most 24 kB, each written as two \\u escapes
_MAX_FIELDS = 100
_MAX_NAME = 50  # characters of an unknown field's name that an error repeats
_MAX_ERRORS = 20
_MAX_DIGITS = 30  # of an integer in JSON; no bound has more than 10


def from_body(body: bytes, mimetype: str) -> dict[str, Any]:
    """Return the checked fields of a JSON body; an empty body counts as an empty object."""
    is_json = mimetype == "application/json" or (mimetype.startswith("application/") and mimetype.endswith("+json"))
    if (body or mimetype) and not is_json:
        raise MediaTypeError("Send the body as JSON, with the header Content-Type: application/json.")
    if not body:
        return {}
    try:
        value = json.loads(body.decode(), object_pairs_hook=_without_duplicates, parse_int=_integer)
    except (ValueError, RecursionError):
        raise MalformedError("The body is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise MalformedError("The body must be a JSON object.")
    return checked(value)


def from_query(query: bytes, allowed: Iterable[str] | None = None) -> dict[str, Any]:
    """Return the checked fields of a query string; `allowed` names the fields of this route, None allows all."""
    try:
        pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise MalformedError("The query is not UTF-8, or has too many fields.") from None
    fields = _without_duplicates([(name, from_text(name, text)) for name, text in pairs])
    if allowed is not None and (others := fields.keys() - allowed):
        raise InvalidError([InvalidParameter(_cut(name), "is not allowed at this URL") for name in sorted(others)])
    return checked(fields)


def checked(fields: Mapping[str, object]) -> dict[str, Any]:
    """Return the fields, each within its bounds; raise InvalidError that names up to 20 that are not."""
    good: dict[str, Any] = {}
    errors: list[InvalidParameter] = []
    for name, value in fields.items():
        try:
            good |= check({name: value})
        except InvalidParameter as error:
            errors.append(InvalidParameter(_cut(name), error.message))
    if errors:
        raise InvalidError(errors[:_MAX_ERRORS])
    return good


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the pairs as a dictionary; raise InvalidError for a duplicate name, which is ambiguous."""
    fields: dict[str, object] = {}
    for name, value in pairs:
        if name in fields:
            raise InvalidError([InvalidParameter(_cut(name), "is given more than once")])
        fields[name] = value
    return fields


def _integer(digits: str) -> int:
    """Return a JSON integer; of one too long for Python the first digits already exceed every bound."""
    return int(digits[:_MAX_DIGITS])


def _cut(name: str) -> str:
    return name if len(name) <= _MAX_NAME else name[:_MAX_NAME] + "…"
