"""The errors of the API and their one shape on the wire: RFC 9457 problem details.

Problem is the root; each class carries its HTTP status.
  MalformedError 400               the body or the query string cannot be parsed
  UnknownModelError 404            there is no model of that name
  UnknownReceiptError 404          the receipt is not valid
  GoneError 410                    the receipt's model is no longer served
  MediaTypeError 415               the body's media type is not JSON
  InvalidError 422                 fields are unknown or out of bounds, each named
  BusyError 503                    the limit on concurrent poems is reached
  ModelServerUnavailableError 503  TF-Serving does not answer, or answers wrongly
    SlowError 503                  TF-Serving did not finish the poem in time
"""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from model.text.parameters import InvalidParameter

CONTENT_TYPE = "application/problem+json"
_BLANK = "about:blank"
_PREFIX = "urn:problem-type:neuralpoet:"


class Problem(Exception):  # noqa: N818 (RFC 9457's own name)
    """An error reported to the client; `detail` is one sentence that never quotes the client's text."""

    status: ClassVar[int]
    name: ClassVar[str]
    title: ClassVar[str]
    retry_after: ClassVar[int | None] = None  # seconds

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def document(self) -> dict[str, Any]:
        """Return the problem details."""
        return document(self.status, self.title, self.detail, type_=_PREFIX + self.name)

    def headers(self) -> dict[str, str]:
        """Return the additional HTTP headers of the reply."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class MalformedError(Problem):
    """The body or the query string cannot be parsed."""

    status, name, title = 400, "malformed", "The request cannot be read"


class UnknownModelError(Problem):
    """There is no model of that name."""

    status, name, title = 404, "unknown-model", "There is no such model"


class UnknownReceiptError(Problem):
    """The receipt is not valid: it was mistyped, or is not from this service."""

    status, name, title = 404, "unknown-receipt", "There is no such receipt"


class GoneError(Problem):
    """The receipt is valid, but its model is no longer served."""

    status, name, title = 410, "model-gone", "The poem's model is no longer served"


class MediaTypeError(Problem):
    """The body's media type is not JSON."""

    status, name, title = 415, "media-type", "The body must be JSON"


class BusyError(Problem):
    """The limit on concurrent poems is reached."""

    status, name, title = 503, "busy", "Too many poems are being written"
    retry_after = 2


class ModelServerUnavailableError(Problem):
    """TF-Serving does not answer, or answers wrongly. The next request tries again."""

    status, name, title = 503, "away", "The model server is unavailable"
    retry_after = 5


class SlowError(ModelServerUnavailableError):
    """The deadline passed before the poem was finished."""

    name, title = "slow", "The poem took too long"
    retry_after = 10

    def __init__(self) -> None:
        super().__init__("The poem was not finished in time. Fewer or shorter ones take less.")


class InvalidError(Problem):
    """Some fields are unknown or out of bounds."""

    status, name, title = 422, "invalid", "Some fields are not valid"

    def __init__(self, errors: Sequence[InvalidParameter]) -> None:
        self.errors = [{"field": error.field, "message": error.message} for error in errors]
        super().__init__(". ".join(str(error) for error in errors) + ".")

    def document(self) -> dict[str, Any]:
        """Return the problem details with a message for each field."""
        return {**super().document(), "errors": self.errors}


class VersionGoneError(Exception):
    """TF-Serving no longer serves the requested version: a newer one has replaced it."""


def document(status: int, title: str, detail: str, *, type_: str = _BLANK) -> dict[str, Any]:
    """Return problem details; with the default type they mean no more than the HTTP status."""
    return {"type": type_, "title": title, "status": status, "detail": detail}


def plain_document(status: int, detail: str) -> dict[str, Any]:
    """Return the problem details of a plain HTTP error."""
    return document(status, HTTPStatus(status).phrase, detail)


def encode(value: object) -> bytes:
    """Return a value as JSON in UTF-8; a lone surrogate, which a field's name may hold, becomes `?`."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
