"""A client for the part of TF-Serving's REST API that writing poems needs."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from backend.errors import ModelServerUnavailableError, SlowError, VersionGoneError
from backend.settings import BackendSettings

log = logging.getLogger(__name__)

_LOGGED = 300  # bytes of TF-Serving's error message
_CHUNK = 65536  # bytes


@dataclass(frozen=True)
class Deadline:
    """The time.monotonic() by which all calls of one request must have finished."""

    moment: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds left; raise SlowError if there are none."""
        seconds = self.moment - time.monotonic()
        if seconds <= 0:
            raise SlowError
        return seconds


@dataclass(frozen=True)
class _Reply:
    """A reply that was read completely."""

    status: int
    body: bytes


class ServingClient:
    """One session for the life of the process; all threads share its connection pool."""

    def __init__(self, settings: BackendSettings) -> None:
        self._url = settings.serving_url
        self._connect_seconds, self._read_seconds = settings.serving_connect_timeout, settings.serving_read_timeout
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy in the environment is not meant for our own network
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=settings.threads)
        self._session.mount(self._url, adapter)

    def available(self, model: str, deadline: Deadline) -> list[int]:
        """Return the AVAILABLE versions; raise ModelServerUnavailableError if there are none or the server is down."""
        reply = self._request("GET", f"/v1/models/{model}", None, deadline)
        if reply.status == requests.codes.not_found:
            raise ModelServerUnavailableError("The model server does not know this model.")
        with well_formed():
            entries = _document(reply)["model_version_status"]
            versions = [int(entry["version"]) for entry in entries if entry["state"] == "AVAILABLE"]
        if not versions:
            raise ModelServerUnavailableError("The model server has not loaded this model yet.")
        return versions

    def predict(self, model: str, version: int, body: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Return the reply to a predict request; raise VersionGoneError if that version is not served (any more)."""
        reply = self._request("POST", f"/v1/models/{model}/versions/{version}:predict", body, deadline)
        if reply.status == requests.codes.not_found:
            raise VersionGoneError
        return _document(reply)

    def _request(
        self, method: str, path: str, body: dict[str, Any] | None, deadline: Deadline, *, again: bool = True
    ) -> _Reply:
        """Send a request, and retry once if a kept-alive connection turns out to be closed."""
        left = deadline.left()
        timeout = min(self._connect_seconds, left), min(self._read_seconds, left)
        try:
            with self._session.request(
                method, self._url + path, json=body, timeout=timeout, allow_redirects=False, stream=True
            ) as response:
                return _Reply(response.status_code, _body(response, deadline))
        except (requests.ReadTimeout, ReadTimeoutError) as error:
            raise SlowError from error
        except requests.ConnectionError as error:
            if again and _was_closed(error):
                return self._request(method, path, body, deadline, again=False)
            raise ModelServerUnavailableError("The model server cannot be reached.") from error
        except (requests.RequestException, HTTPError) as error:
            raise ModelServerUnavailableError("The model server broke off its reply.") from error


@contextmanager
def well_formed() -> Iterator[None]:
    """Turn the errors of parsing a reply inside the block into ModelServerUnavailableError."""
    try:
        yield
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise ModelServerUnavailableError("The model server's reply cannot be read.") from error


def _was_closed(error: requests.ConnectionError) -> bool:
    """Return whether the connection broke before the reply began: only then is a retry safe."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, ProtocolError) and isinstance(cause.args[-1], ConnectionError)


def _body(response: requests.Response, deadline: Deadline) -> bytes:
    """Return the body, read in chunks so that a slow one cannot outlast the deadline."""
    parts = []
    while part := response.raw.read1(_CHUNK, decode_content=True):
        parts.append(part)
        deadline.left()
    return b"".join(parts)


def _document(reply: _Reply) -> dict[str, Any]:
    if reply.status != requests.codes.ok:
        words = reply.body[:_LOGGED].decode(errors="replace")
        # TF-Serving's messages about a request's JSON quote it, and so the prompt's tokens.
        log.warning("status %d: %s", reply.status, "(about our JSON)" if "JSON" in words else words)
        raise ModelServerUnavailableError(f"The model server answered with status {reply.status}.")
    with well_formed():
        document = json.loads(reply.body)
    if not isinstance(document, dict):
        raise ModelServerUnavailableError("The model server's reply cannot be read.")
    return document
