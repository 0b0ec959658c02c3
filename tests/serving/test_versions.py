"""Versions come and go while requests run. One server; each test begins where version 1 alone is served."""

import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.processes import free_port, wait_until
from tests.serving.base_paths import BasePath
from tests.serving.conftest import Api, error_of, launch

SECONDS = 30.0


@pytest.fixture(scope="module")
def base(saved_models: Path, tmp_path_factory: pytest.TempPathFactory) -> BasePath:
    base = BasePath(saved_models, tmp_path_factory.mktemp("versions"))
    base.put(1)
    return base


@pytest.fixture(scope="module")
def server(base: BasePath) -> Iterator[Api]:
    port = free_port()
    running = launch(base.path, port)
    try:
        running.wait_for_port(port)
        yield Api(f"http://127.0.0.1:{port}")
    finally:
        running.stop()


@pytest.fixture
def swapped(server: Api, base: BasePath) -> Iterator[Api]:
    """The server; afterwards everything but version 1 is taken away."""
    yield server
    for child in base.path.iterdir():
        if child.name != "1":
            shutil.rmtree(child)
    wait_for_state(server, "1", "AVAILABLE")
    wait_until(lambda: list(server.states().values()).count("AVAILABLE") == 1, SECONDS)


def wait_for_state(server: Api, version: str, state: str) -> None:
    wait_until(lambda: server.states().get(version) == state, SECONDS, lambda: str(server.states()))


def test_a_higher_version_takes_over_and_no_request_fails(swapped: Api, base: BasePath) -> None:
    answers: list[list[list[float]]] = [[], []]  # by thread: between two, an old answer may be noted after a new one
    stop = threading.Event()

    def ask(mine: list[list[float]]) -> None:
        with requests.Session() as session:
            while not stop.is_set():
                response = session.post(f"{swapped.url}/v1/models/m:predict", data='{"inputs": [0]}', timeout=SECONDS)
                assert response.status_code == 200, response.text
                mine.append(response.json()["outputs"])

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask, mine) for mine in answers]
        wait_until(lambda: all([1.0] in mine for mine in answers), SECONDS)
        base.put(2)
        wait_until(lambda: all([2.0] in mine for mine in answers) or any(one.done() for one in asking), SECONDS)
        wait_for_state(swapped, "1", "END")
        stop.set()
        for one in asking:
            one.result()
    assert answers == [sorted(mine) for mine in answers]
    message = error_of(swapped.post("/v1/models/m/versions/1:predict", '{"inputs": [0]}'), 404)
    assert message == "Servable not found for request: Specific(m, 1)"


def test_deleting_the_newest_brings_the_previous_back(swapped: Api, base: BasePath) -> None:
    base.put(3)
    wait_for_state(swapped, "3", "AVAILABLE")
    assert swapped.outputs("", [0]) == [3.0]
    base.remove(3)
    wait_for_state(swapped, "3", "END")
    assert swapped.states()["1"] == "AVAILABLE"
    assert swapped.outputs("", [0]) == [1.0]


def test_a_broken_version_ends_with_an_error_and_the_old_one_serves_on(swapped: Api, base: BasePath) -> None:
    base.put_broken(7)
    wait_for_state(swapped, "7", "END")
    (entry,) = swapped.get("/v1/models/m/versions/7").json()["model_version_status"]
    assert entry["status"]["error_code"] != "OK"
    assert "SavedModel" in entry["status"]["error_message"]
    assert swapped.states()["1"] == "AVAILABLE"
    assert swapped.outputs("", [0]) == [1.0]
    base.put(2, "8")
    wait_for_state(swapped, "8", "AVAILABLE")
    assert swapped.outputs("", [0]) == [2.0]


def test_a_version_that_was_broken_is_tried_again_when_it_comes_back(swapped: Api, base: BasePath) -> None:
    base.put_broken(9)
    wait_for_state(swapped, "9", "END")
    base.remove(9)
    base.put(2)
    wait_for_state(swapped, "2", "AVAILABLE")
    base.put(3, "9")
    wait_for_state(swapped, "9", "AVAILABLE")
    assert swapped.outputs("", [0]) == [3.0]


def test_only_numeric_names_are_versions_and_zeros_before_them_do_not_count(swapped: Api, base: BasePath) -> None:
    base.put(3, "9-draft")
    base.put(2, "00000123")
    wait_for_state(swapped, "123", "AVAILABLE")
    assert set(swapped.states().values()) <= {"AVAILABLE", "UNLOADING", "END"}
    assert "9" not in {version for version, state in swapped.states().items() if state == "AVAILABLE"}
    assert swapped.outputs("", [0]) == [2.0]


def test_a_version_is_unloaded_only_when_its_requests_are_done(swapped: Api, base: BasePath, tmp_path: Path) -> None:
    started, awaited = tmp_path / "started", tmp_path / "awaited"
    request = {"signature_name": "gate", "instances": [{"started": str(started), "awaited": str(awaited)}]}
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(swapped.post, "/v1/models/m/versions/1:predict", json.dumps(request))
        wait_until(started.exists, SECONDS)
        base.put(2)
        wait_for_state(swapped, "1", "UNLOADING")
        assert swapped.outputs("", [0]) == [2.0]
        assert error_of(swapped.post("/v1/models/m/versions/1:predict", '{"inputs": [0]}'), 404)
        awaited.touch()
        assert slow.result().json() == {"predictions": [True]}
    wait_for_state(swapped, "1", "END")
