"""The whole way for the tests: the tiny model behind the embedded server and the backend."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.conftest import Trained
from tests.processes import Running, free_port, start, wait_until


@dataclass
class Stack:
    """The addresses of running services, and the processes behind them."""

    serving_url: str
    backend_url: str
    serving: Running
    backend: Running

    def poems(self, **fields: object) -> list[dict[str, str]]:
        """Ask for poems; fail on anything but 200."""
        reply = requests.post(f"{self.backend_url}/generate", json=fields, timeout=60)
        assert reply.status_code == 200, reply.text
        poems: list[dict[str, str]] = reply.json()["poems"]
        return poems

    def texts(self, **fields: object) -> list[str]:
        """Ask for poems and give their texts."""
        return [poem["poem"] for poem in self.poems(**fields)]


def start_serving(models: Path, port: int, name: str = "tiny") -> Running:
    """Start the embedded server with one of the exported models."""
    flags = [f"--rest_api_port={port}", f"--model_name={name}", f"--model_base_path={models / name}"]
    return start([sys.executable, "-m", "serving", *flags])


def is_ready(url: str) -> bool:
    """Return whether the backend can write a poem."""
    try:
        return requests.get(f"{url}/readyz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


@contextmanager
def started(models: Path, name: str) -> Iterator[Stack]:
    """Start the services for one of the exported models, and stop them."""
    serving_port, backend_port = free_port(), free_port()
    serving_url, backend_url = (f"http://127.0.0.1:{port}" for port in (serving_port, backend_port))
    serving = start_serving(models, serving_port, name)
    environment = {"MODELS": name, "SERVING_URL": serving_url, "BACKEND_PORT": str(backend_port)}
    backend = start([sys.executable, "-m", "backend"], env=environment)
    try:
        wait_until(lambda: is_ready(backend_url), 90, serving.text)
        yield Stack(serving_url, backend_url, serving, backend)
    finally:
        backend.stop()
        serving.stop()


@pytest.fixture(scope="session")
def stack(trained: Trained) -> Iterator[Stack]:
    """Start the services once for all tests that leave them as they were."""
    with started(trained.models, "tiny") as stack:
        yield stack
