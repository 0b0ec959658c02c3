"""The whole way for the tests: the tiny model behind the embedded server and the backend."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from model.files.folder import LITE
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


def start_serving(models: Path, port: int, *names: str) -> Running:
    """Start the embedded server with some of the exported models."""
    if len(names) == 1:
        flags = [f"--model_name={names[0]}", f"--model_base_path={models / names[0]}"]
    else:
        file = models / "models.config"
        entries = [
            f"config {{ name: '{name}' base_path: '{models / name}' model_platform: 'tensorflow' }}" for name in names
        ]
        file.write_text(f"model_config_list {{ {' '.join(entries)} }}", "utf-8")
        flags = [f"--model_config_file={file}"]
    return start([sys.executable, "-m", "serving", f"--rest_api_port={port}", *flags])


def is_ready(url: str) -> bool:
    """Return whether the backend can write a poem."""
    try:
        return requests.get(f"{url}/readyz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


@contextmanager
def started(models: Path, *names: str) -> Iterator[Stack]:
    """Start the services for some of the exported models, and stop them."""
    serving_port, backend_port = free_port(), free_port()
    serving_url, backend_url = (f"http://127.0.0.1:{port}" for port in (serving_port, backend_port))
    serving = start_serving(models, serving_port, *names)
    environment = {"MODELS": ",".join(names), "SERVING_URL": serving_url, "BACKEND_PORT": str(backend_port)}
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


@pytest.fixture(scope="session")
def lite_models(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of models with the tiny one's form for LiteRT, which is served without TensorFlow."""
    models = tmp_path_factory.mktemp("models")
    (models / "tiny" / "1").mkdir(parents=True)
    shutil.copy(trained.release / LITE, models / "tiny" / "1")
    return models
