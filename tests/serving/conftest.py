"""Servers for the tests: the embedded one, in a process of its own, or for `api` the one at TF_SERVING_URL."""

import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.forks import Forks
from tests.processes import Running, free_port
from tests.serving.base_paths import ConfiguredModels
from tests.serving.grpc.rpc import Rpc, rpc_serving
from tests.sharing import shared_folder

ELSEWHERE = os.environ.get("TF_SERVING_URL", "")
"""The URL of a server that is up already and that the tests are to look at; empty: they start the embedded one."""

FORKS = Forks(
    "serving.server",
    "serving.grpc.server",
    "serving.lite_model",
    "serving.saved_model",
    "tensorflow_serving.config.model_server_config_pb2",
    "tests.serving.hurry",
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "embedded: what the embedded server alone does, or does in its own way")


def pytest_unconfigure() -> None:
    FORKS.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, where the server is another, what starts servers of its own and what TF-Serving does otherwise."""
    for item in items if ELSEWHERE else ():
        if not item.path.is_relative_to(Path(__file__).parent):
            continue
        if "api" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=f"{item.name} starts a server of its own, not TF_SERVING_URL's"))
        elif item.get_closest_marker("embedded"):
            item.add_marker(pytest.mark.skip(reason=f"{item.name} is of the embedded server alone"))


@dataclass(frozen=True)
class Api:
    """A running server's REST API for the model `m`."""

    url: str

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=30)

    def post(self, path: str, body: str | bytes, **options: Any) -> requests.Response:
        return requests.post(self.url + path, data=body, timeout=60, **options)

    def predict(self, **request: Any) -> requests.Response:
        return self.post("/v1/models/m:predict", json.dumps(request))

    def predictions(self, signature: str, instances: list[Any]) -> Any:
        return _value(self.predict(signature_name=signature, instances=instances), "predictions")

    def outputs(self, signature: str, inputs: Any) -> Any:
        return _value(self.predict(signature_name=signature, inputs=inputs), "outputs")

    def refusal(self, signature: str = "", **request: Any) -> str:
        """Return the message of a request that must be answered 400."""
        return error_of(self.predict(signature_name=signature, **request), 400)

    def states(self, model: str = "m") -> dict[str, str]:
        """Return the states by version; none for a model that is not known."""
        entries = self.get(f"/v1/models/{model}").json().get("model_version_status", [])
        return {entry["version"]: entry["state"] for entry in entries}

    def available(self, model: str) -> set[int]:
        return {int(version) for version, state in self.states(model).items() if state == "AVAILABLE"}

    def ask(self, path: str) -> requests.Response:
        """Ask a model, or one of its versions or labels, that answers its version's number."""
        return self.post(f"/v1/models/{path}:predict", '{"inputs": [0]}')

    def answer(self, path: str) -> int:
        (number,) = _value(self.ask(path), "outputs")
        return int(number)


def _value(response: requests.Response, key: str) -> Any:
    assert response.status_code == 200, response.text
    assert list(response.json()) == [key]
    return response.json()[key]


def error_of(response: requests.Response, status: int) -> str:
    """Return the error text of a reply, checking its status and form."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    assert list(body) == ["error"]
    return str(body["error"])


def launch(base_path: Path, port: int, *flags: str) -> Running:
    """Start the embedded server for the model `m`, failing at once on a version that cannot be loaded."""
    return _launch(port, "--model_name=m", f"--model_base_path={base_path}", "--max_num_load_retries=0", *flags)


def refusal(base_path: Path, *flags: str) -> str:
    """Return the one sentence of a server that cannot start."""
    running = launch(base_path, free_port(), *flags)
    assert running.wait(60) == 1
    (sentence,) = running.text().splitlines()
    return sentence


def launch_configured(configured: ConfiguredModels, port: int, *flags: str) -> Running:
    """Start the embedded server for configured models, reading its configuration again and again."""
    config = (f"--model_config_file={configured.config_file}", "--model_config_file_poll_wait_seconds=1")
    return _launch(port, *config, "--max_num_load_retries=0", *flags)


def serving(configured: ConfiguredModels, *flags: str) -> AbstractContextManager[tuple[Api, Running]]:
    """Serve configured models and check that the server ends well."""
    port = free_port()
    return supervised(launch_configured(configured, port, *flags), port)


def serving_model(base_path: Path, *flags: str) -> AbstractContextManager[tuple[Api, Running]]:
    """Serve the versions of a base path as the model `m`; check afterwards that the server ends well."""
    port = free_port()
    return supervised(launch(base_path, port, *flags), port)


@contextmanager
def supervised(running: Running, port: int) -> Iterator[tuple[Api, Running]]:
    """Wait for a server's port; check afterwards that it ends well."""
    try:
        running.wait_for_port(port)
        yield Api(f"http://127.0.0.1:{port}"), running
        assert running.stop() == 0
        assert "Traceback" not in running.text()
    finally:
        running.stop()


def _launch(port: int, *flags: str) -> Running:
    return FORKS.start("serving", [f"--rest_api_port={port}", *flags])


@pytest.fixture(scope="session")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with `sampler/1` and `constant/1` to `constant/3`, to be copied and not changed."""
    from tests.serving.models import save_all

    return shared_folder(tmp_path_factory, "saved-models", save_all)


@pytest.fixture(scope="module")
def configured(saved_models: Path, tmp_path_factory: pytest.TempPathFactory) -> ConfiguredModels:
    """Return the module's own set of configured models, still empty."""
    return ConfiguredModels(saved_models, tmp_path_factory.mktemp("configured"))


@pytest.fixture(scope="session")
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """Serve the sampler as version 1 of the model `m`, or use the server that does so already."""
    if ELSEWHERE:
        yield Api(ELSEWHERE.rstrip("/"))
        return
    with serving_model(request.getfixturevalue("saved_models") / "sampler") as (api, _):
        yield api


@pytest.fixture(scope="session")
def rpc(saved_models: Path) -> Iterator[Rpc]:
    """Serve the sampler as version 1 of the model `m` over gRPC."""
    with rpc_serving(launch, saved_models / "sampler") as (api, _):
        yield api
