"""TF-Serving's REST API, as far as writing poems needs it."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from backend.errors import AwayError, VersionGoneError
from backend.settings import Settings

log = logging.getLogger(__name__)

_LOGGED = 300  # characters of TF-Serving's own error


@dataclass(frozen=True)
class Deadline:
    """A moment of time.monotonic() by which all the calls of one request must be over."""

    moment: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline that is so many seconds away."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds left; AwayError when there are none."""
        seconds = self.moment - time.monotonic()
        if seconds <= 0:
            raise AwayError("The model server took too long over the poem.")
        return seconds


class Serving:
    """One session for the life of the process: its connections are kept and shared by all threads."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.serving_url
        self._connect_seconds, self._read_seconds = settings.connect_seconds, settings.read_seconds
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy in the environment is not there for our own network
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=settings.threads)
        self._session.mount(self._url, adapter)

    def available(self, model: str, deadline: Deadline) -> list[int]:
        """Return the versions that serve now; AwayError when there is none or nobody to ask."""
        response = self._request("GET", f"/v1/models/{model}", None, deadline)
        if response.status_code == requests.codes.not_found:
            raise AwayError("The model server does not know this model.")
        with well_formed():
            entries = _document(response)["model_version_status"]
            versions = [int(entry["version"]) for entry in entries if entry["state"] == "AVAILABLE"]
        if not versions:
            raise AwayError("The model server has not loaded this model yet.")
        return versions

    def predict(self, model: str, version: int, body: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Return the reply to a predict request; VersionGoneError when that version is not there (any more)."""
        response = self._request("POST", f"/v1/models/{model}/versions/{version}:predict", body, deadline)
        if response.status_code == requests.codes.not_found:
            raise VersionGoneError
        return _document(response)

    def _request(
        self, method: str, path: str, body: dict[str, Any] | None, deadline: Deadline, *, again: bool = True
    ) -> requests.Response:
        """Send one request. None of ours changes anything, so a kept connection that has closed is tried anew, once."""
        left = deadline.left()
        timeout = min(self._connect_seconds, left), min(self._read_seconds, left)
        try:
            return self._session.request(method, self._url + path, json=body, timeout=timeout, allow_redirects=False)
        except requests.Timeout as error:
            raise AwayError("The model server did not answer in time.") from error
        except requests.ConnectionError as error:
            if again:
                return self._request(method, path, body, deadline, again=False)
            raise AwayError("The model server cannot be reached.") from error
        except requests.RequestException as error:
            raise AwayError("The model server broke off its answer.") from error


@contextmanager
def well_formed() -> Iterator[None]:
    """Make the errors of taking an answer apart AwayErrors: it is not what it must be."""
    try:
        yield
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise AwayError("The model server's answer cannot be read.") from error


def _document(response: requests.Response) -> dict[str, Any]:
    if response.status_code != requests.codes.ok:
        words = response.text[:_LOGGED]
        # What TF-Serving says of a request's JSON quotes it, and with it the prompt's tokens.
        log.warning("status %d: %s", response.status_code, "about our JSON" if "JSON" in words else words)
        raise AwayError(f"The model server answered with status {response.status_code}.")
    with well_formed():
        document = json.loads(response.content)
    if not isinstance(document, dict):
        raise AwayError("The model server's answer cannot be read.")
    return document
