"""Everything that can go wrong with a request, and its one shape on the wire: RFC 9457 problem details.

Problem is the root; each class has its HTTP status.
  MalformedError 400     the body cannot be read at all
  UnknownModelError 404  no model has that name
  UnknownReceiptError 404  no receipt reads like that
  GoneError 410          the poem's model is served no more
  MediaTypeError 415     a body that is not said to be JSON
  InvalidError 422       fields with values that they may not have, each named
  BusyError 503          as many poems are being written as may be at a time
  ModelServerUnavailableError 503          TF-Serving does not answer, or not as it should
    SlowError 503        it does, but the poem was not finished in time
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
    """An error that the caller is told of; `detail` is a sentence for people, without their own words."""

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
        """Return what the reply's head says beside the body."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class MalformedError(Problem):
    """The body or the query cannot be read at all."""

    status, name, title = 400, "malformed", "The request cannot be read"


class UnknownModelError(Problem):
    """No model has that name."""

    status, name, title = 404, "unknown-model", "There is no such model"


class UnknownReceiptError(Problem):
    """No receipt reads like that: it was mistyped, or is not from this service."""

    status, name, title = 404, "unknown-receipt", "There is no such receipt"


class GoneError(Problem):
    """The receipt is sound, but its model is served no more."""

    status, name, title = 410, "model-gone", "The poem's model is served no more"


class MediaTypeError(Problem):
    """The body is not said to be JSON."""

    status, name, title = 415, "media-type", "The body must be JSON"


class BusyError(Problem):
    """As many poems are being written as may be at a time."""

    status, name, title = 503, "busy", "Too many poems are being written"
    retry_after = 2


class ModelServerUnavailableError(Problem):
    """TF-Serving does not answer, or not as it should. It is asked anew with the next request."""

    status, name, title = 503, "away", "The model server is away"
    retry_after = 5


class SlowError(ModelServerUnavailableError):
    """The poem was not finished in time."""

    name, title = "slow", "The poem took too long"
    retry_after = 10

    def __init__(self) -> None:
        super().__init__("The poem was not finished in time. Fewer or shorter ones take less.")


class InvalidError(Problem):
    """Some fields have values that they may not have."""

    status, name, title = 422, "invalid", "Some fields are not as they must be"

    def __init__(self, errors: Sequence[InvalidParameter]) -> None:
        self.errors = [{"field": error.field, "message": error.message} for error in errors]
        super().__init__(". ".join(str(error) for error in errors) + ".")

    def document(self) -> dict[str, Any]:
        """Return the problem details with each field's own message."""
        return {**super().document(), "errors": self.errors}


class VersionGoneError(Exception):
    """TF-Serving does not have the version that was asked for: another one has taken its place."""


def document(status: int, title: str, detail: str, *, type_: str = _BLANK) -> dict[str, Any]:
    """Return problem details; without a type of our own they say no more than the HTTP status does."""
    return {"type": type_, "title": title, "status": status, "detail": detail}


def plain_document(status: int, detail: str) -> dict[str, Any]:
    """Return the problem details of an error that HTTP itself knows."""
    return document(status, HTTPStatus(status).phrase, detail)


def encode(value: object) -> bytes:
    """Return a JSON value as it goes out, in UTF-8; half of a surrogate pair, which a field's name may hold, as `?`."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
