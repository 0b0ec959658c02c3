"""Start, refusal to start, stop, time limits."""

import json
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes import accepts, free_port, start, wait_until
from tests.serving.conftest import Api, error_of, launch

SECONDS = 60.0
SERVE = [sys.executable, "-m", "serving"]


def gate(started: Path, awaited: Path) -> str:
    """Return a request that writes the one file and then waits for the other."""
    return json.dumps({"signature_name": "gate", "instances": [{"started": str(started), "awaited": str(awaited)}]})


@pytest.fixture(scope="module")
def hasty(saved_models: Path) -> Iterator[Api]:
    """A server that gives a run one second and has two threads."""
    port = free_port()
    running = launch(saved_models / "sampler", port, "--rest_api_timeout_in_ms", "1000", "--rest_api_num_threads=2")
    try:
        running.wait_for_port(port)
        yield Api(f"http://127.0.0.1:{port}")
        assert running.stop(signal.SIGINT) == 0
        assert "Traceback" not in running.text()
        assert " tensorflow/" not in running.text()
    finally:
        running.stop()


def test_a_run_beyond_the_time_limit_is_cancelled(hasty: Api, tmp_path: Path) -> None:
    response = hasty.post("/v1/models/m:predict", gate(tmp_path / "started", tmp_path / "never"))
    assert error_of(response, 504) == "Timed out waiting for notification"
    assert hasty.predictions("", [1.0]) == [2.5]


def test_runs_are_concurrent(api: Api, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with ThreadPoolExecutor(2) as pool:
        replies = list(
            pool.map(lambda body: api.post("/v1/models/m:predict", body), [gate(one, other), gate(other, one)])
        )
    assert [reply.json() for reply in replies] == [{"predictions": [True]}] * 2


def test_the_port_opens_when_a_version_is_loaded_and_sigterm_lets_requests_finish(
    saved_models: Path, tmp_path: Path
) -> None:
    base_path, port = tmp_path / "m", free_port()
    flags = ("--model_name=m", "--max_num_load_retries=100000", "--load_retry_interval_micros=100000")
    running = start([*SERVE, f"--rest_api_port={port}", f"--model_base_path={base_path}", *flags])
    try:
        wait_until(lambda: "Could not find base path" in running.text(), SECONDS, running.text)
        base_path.mkdir()
        wait_until(lambda: "Did you forget to name your leaf directory as a number" in running.text(), SECONDS)
        (base_path / "1").mkdir()
        wait_until(lambda: "failed (try 2 of 100001)" in running.text(), SECONDS, running.text)
        assert not accepts(port)
        shutil.copytree(saved_models / "constant" / "1", base_path / "staged")
        (base_path / "staged").rename(base_path / "1")  # over the empty directory
        running.wait_for_port(port)
        api = Api(f"http://127.0.0.1:{port}")
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(api.post, "/v1/models/m:predict", gate(tmp_path / "started", tmp_path / "awaited"))
            wait_until((tmp_path / "started").exists, SECONDS)
            running.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not accepts(port), SECONDS)
            assert running.is_running()
            (tmp_path / "awaited").touch()
            assert slow.result().json() == {"predictions": [True]}
        assert running.wait() == 0
        assert "Traceback" not in running.text()
    finally:
        running.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_tensorflow_is_imported_ends_the_server(saved_models: Path, number: signal.Signals) -> None:
    running = start([*SERVE, f"--rest_api_port={free_port()}", f"--model_base_path={saved_models / 'sampler'}"])
    maps = Path(f"/proc/{running.process.pid}/maps")
    try:
        wait_until(lambda: "libtensorflow" in maps.read_text(), SECONDS, running.text)
        assert running.stop(number) == 0
        assert "Traceback" not in running.text()
    finally:
        running.stop()


def test_a_failed_run_is_answered_and_not_logged(hasty: Api, tmp_path: Path) -> None:
    message = error_of(hasty.post("/v1/models/m:predict", gate(Path("/dev/null/x"), tmp_path)), 400)
    assert "Not a directory" in message


@pytest.mark.slow
def test_a_first_version_that_cannot_load_ends_the_server(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    running = launch(tmp_path, free_port())
    assert running.wait(SECONDS) == 1
    last = running.text().splitlines()[-1]
    start = "Failed to start server. Error: UNKNOWN: 1 servable(s) did not become available: "
    assert last.startswith(start + "{{{name: m version: 1} due to error: ")
    assert last.endswith("}, }")
    assert "Traceback" not in running.text()


@pytest.mark.slow
def test_a_port_in_use_ends_the_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = launch(tmp_path, port)
        assert running.wait(SECONDS) == 1
    expected = f"Failed to start server. Error: cannot listen on 127.0.0.1:{port}: Address already in use"
    assert running.text().splitlines()[-1] == expected
    assert "Traceback" not in running.text()


def test_a_bad_flag_is_one_sentence_and_status_2() -> None:
    running = start(SERVE)
    assert running.wait(SECONDS) == 2
    sentence = "the following arguments are required: --rest_api_port; see --help"
    assert running.text() == f"python -m serving: {sentence}\n"
