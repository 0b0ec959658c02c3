"""A fake TF-Serving and the real backend process in front of it."""

import re
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.backend.fake_serving import FakeServing, Version
from tests.forks import Forks
from tests.model.text.toy import ToyNetwork, ToyRelease, learn
from tests.processes import Running, start, wait_until

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "backend")
MODEL = "toy"
MAX_CONCURRENT = 2
FORKS = Forks("backend.app", "backend.server")
SECONDS = 60  # for anything that takes a moment only


@dataclass(frozen=True)
class Backend:
    """A running backend."""

    url: str
    running: Running

    def get(self, path: str, **arguments: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=SECONDS, **arguments)

    def post(self, body: object = None, **arguments: Any) -> requests.Response:
        return requests.post(f"{self.url}/generate", json=body, timeout=SECONDS, **arguments)

    def raw(self, body: bytes, kind: str = "application/json") -> requests.Response:
        return self.post(data=body, headers={"Content-Type": kind})

    def reply(self, **fields: Any) -> dict[str, Any]:
        """Return the reply to a request that must succeed."""
        response = self.post(fields)
        assert response.status_code == 200, response.text
        reply: dict[str, Any] = response.json()
        return reply

    def poem(self, **fields: Any) -> str:
        """Return the one poem of a request that must succeed."""
        poem: str = self.reply(**fields)["poems"][0]["poem"]
        return poem


def problem(response: requests.Response, status: int) -> dict[str, Any]:
    """Return the problem details of a reply, checking the form common to all errors."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    details: dict[str, Any] = response.json()
    assert details["status"] == status
    assert all(isinstance(details[name], str) and details[name] for name in ("type", "title", "detail"))
    assert "Traceback" not in response.text
    return details


def refused(response: requests.Response) -> set[str]:
    """Return the fields that a 422 names."""
    return {error["field"] for error in problem(response, 422)["errors"]}


def raw_socket(backend: Backend, head: bytes) -> requests.Response:
    """Send bytes as they are and read the whole reply."""
    address = urlsplit(backend.url)
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as connection:
        connection.sendall(head)
        received = b""
        while data := connection.recv(65536):
            received += data
    top, _, body = received.partition(b"\r\n\r\n")
    status, *lines = top.decode().split("\r\n")
    response = requests.Response()
    response.status_code = int(status.split()[1])
    response.headers.update(dict(line.split(": ", 1) for line in lines))
    response._content = body  # there is no other way to make one
    return response


def running_backend(serving_url: str, **environment: str) -> AbstractContextManager[Backend]:
    """Return a backend on a port that the system chooses; it is stopped afterwards."""
    return supervised(FORKS.start("backend", [], env=settings(serving_url) | environment))


def settings(serving_url: str) -> dict[str, str]:
    """Return the environment of a backend in front of a server."""
    return {"BACKEND_PORT": "0", "MODELS": MODEL, "SERVING_URL": serving_url}


@contextmanager
def supervised(running: Running) -> Iterator[Backend]:
    """Wait until a backend listens; stop it afterwards."""
    try:
        wait_until(lambda: "listening on" in running.text() or not running.is_running(), SECONDS, running.text)
        match = re.search(r"listening on (http://\S+)", running.text())
        assert match, running.text()
        yield Backend(match[1], running)
    finally:
        running.stop()


def pytest_unconfigure() -> None:
    FORKS.stop()


def start_with(environment: Mapping[str, str]) -> Running:
    """Start a backend that will exit by itself."""
    return start(COMMAND, env=environment, cwd=ROOT)


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> ToyRelease:
    return learn(Path(tmp_path_factory.mktemp("toy")))


@pytest.fixture(scope="session")
def version(toy: ToyRelease) -> Version:
    return Version(toy, ToyNetwork(toy.tokenizer))


@pytest.fixture(scope="session")
def next_version(toy: ToyRelease) -> Version:
    return Version(toy.changed(files={**toy.config["files"], "weights": "other"}), ToyNetwork(toy.tokenizer, salt=1))


@pytest.fixture(scope="session")
def _serving(version: Version) -> Iterator[FakeServing]:
    fake = FakeServing(MODEL, {1: version})
    yield fake
    fake.stop()


@pytest.fixture
def serving(_serving: FakeServing, version: Version) -> Iterator[FakeServing]:
    """Yield the fake TF-Serving, without faults at the start of a test."""
    yield _serving
    _serving.gate.set()
    _serving.fault = lambda _: None
    _serving.versions = {1: version}
    _serving.asked.clear()
    if _serving.is_away:
        _serving.start()


@pytest.fixture(scope="session")
def _backend(_serving: FakeServing) -> Iterator[Backend]:
    environment = {"MAX_CONCURRENT": str(MAX_CONCURRENT), "BACKEND_THREADS": "8"}
    with running_backend(_serving.url, **environment) as backend:
        yield backend


@pytest.fixture
def backend(_backend: Backend, serving: FakeServing) -> Backend:
    """Return the backend process, shared by all tests, in front of `serving`."""
    assert not serving.is_away
    assert _backend.running.is_running(), _backend.running.text()
    return _backend
