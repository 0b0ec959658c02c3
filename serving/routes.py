"""Routing by method and raw path. There is no 405: what matches no route is a malformed request."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from serving.errors import invalid
from serving.versions import read_number

_MODEL = r"/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?:(classify|regress|predict)"
_STATUS = r"/v1/models(?:/([^/:]+))?(?:/versions/(\d+)|/labels/([^/:]+))?(?:/(metadata))?"
_FLAGS = re.IGNORECASE | re.ASCII
_PATTERNS = {"POST": re.compile(_MODEL, _FLAGS), "GET": re.compile(_STATUS, _FLAGS)}


@dataclass(frozen=True)
class Route:
    """A parsed path. `action` is classify, regress, predict, metadata or, for the status, empty."""

    action: str
    model: str
    version: int | None
    label: str


def is_api(path: str) -> bool:
    """Return whether the path belongs to the API. Others get an HTML 404."""
    return path.lower().startswith("/v1/")


def match(method: str, path: str) -> Route:
    """Return the route of a method and a raw path; a path with a query string never matches."""
    pattern = _PATTERNS.get(method)
    fit = pattern.fullmatch(path) if pattern else None
    if not fit:
        raise _malformed(method, path)
    name, version, label, action = (group or "" for group in fit.groups())
    number = read_number(version) if version else None
    if version and number is None:
        message = f"Failed to convert version: {version} to numeric."
        raise invalid(message)
    if method == "POST" and action not in (
        "classify",
        "regress",
        "predict",
    ):  # the path ignores case, the verb does not
        raise _malformed(method, path)
    if not name:
        message = "Missing model name in request."
        raise invalid(message)
    return Route(action, _decoded(name), number, _decoded(label))


def _decoded(segment: str) -> str:
    return unquote_to_bytes(segment).decode("utf-8", "surrogateescape")


def _malformed(method: str, path: str) -> Exception:
    return invalid(f"Malformed request: {method} {path}")
