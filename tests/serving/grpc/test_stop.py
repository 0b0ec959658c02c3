"""gRPC's start, its time limits and its end."""

import json
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.processes import accepts, free_port, wait_until
from tests.serving.base_paths import ConfiguredModels
from tests.serving.conftest import Api, launch, launch_configured
from tests.serving.grpc.rpc import Rpc, connected, model_list, request, rpc_serving, spec

SECONDS = 60.0


def gate(started: Path, awaited: Path) -> Any:
    """Return a request that writes the one file and then waits for the other."""
    return request(spec(signature="gate"), {"started": [str(started)], "awaited": [str(awaited)]})


def test_a_run_beyond_the_deadline_is_cancelled(saved_models: Path, tmp_path: Path) -> None:
    with rpc_serving(launch, saved_models / "sampler", "--grpc_max_threads=1") as (rpc, _):
        never = gate(tmp_path / "started", tmp_path / "never")
        rpc.refusal("DEADLINE_EXCEEDED", lambda: rpc.send(never, seconds=1))
        assert (tmp_path / "started").exists()
        assert rpc.predict(x=[1.0])["y"] == [2.5]  # by the one thread there is


def test_runs_are_concurrent(rpc: Rpc, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    calls = [rpc.start(gate(one, other)), rpc.start(gate(other, one))]
    assert [call.result().outputs["passed"].bool_val for call in calls] == [[True], [True]]


def test_the_ports_open_when_a_version_is_loaded_and_sigterm_lets_calls_finish(
    saved_models: Path, tmp_path: Path
) -> None:
    base_path, rest_port, port = tmp_path / "m", free_port(), free_port()
    running = launch(base_path, rest_port, f"--port={port}")
    try:
        wait_until(lambda: "Could not find base path" in running.text(), SECONDS, running.text)
        assert not accepts(port)
        base_path.symlink_to(saved_models / "sampler")
        running.wait_for_port(port)
        running.wait_for_port(rest_port)
        text = running.text()
        assert text.index("Running gRPC ModelServer at") < text.index("Exporting HTTP/REST API at")
        rest = json.dumps(
            {"signature_name": "gate", "inputs": {"started": [f"{tmp_path}/b"], "awaited": [f"{tmp_path}/c"]}}
        )
        with connected(f"127.0.0.1:{port}") as rpc, ThreadPoolExecutor(1) as pool:
            call = rpc.start(gate(tmp_path / "a", tmp_path / "c"))
            asked = pool.submit(Api(f"http://127.0.0.1:{rest_port}").post, "/v1/models/m:predict", rest)
            wait_until(lambda: (tmp_path / "a").exists() and (tmp_path / "b").exists(), SECONDS)
            running.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not accepts(port) and not accepts(rest_port), SECONDS)
            assert running.is_running()
            rpc.refusal("UNAVAILABLE", lambda: rpc.predict(x=[1.0]))
            (tmp_path / "c").touch()
            assert call.result().outputs["passed"].bool_val == [True]
            assert asked.result().json() == {"outputs": [True]}
        assert running.wait() == 0
        assert "Traceback" not in running.text()
    finally:
        running.stop()


def test_a_run_without_a_deadline_does_not_block_the_shutdown(saved_models: Path, tmp_path: Path) -> None:
    with rpc_serving(launch, saved_models / "sampler", "--rest_api_timeout_in_ms=1") as (rpc, running):
        call = rpc.start(gate(tmp_path / "started", tmp_path / "never"), seconds=None)
        wait_until((tmp_path / "started").exists, SECONDS)
        assert running.stop() == 0
        assert call.code().name in ("CANCELLED", "UNAVAILABLE")
        assert "Abandoning the calls still in progress" in running.text()


def test_a_reload_in_progress_is_answered_at_shutdown(configured: ConfiguredModels) -> None:
    configured.add("m", 1)
    configured.configure(configured.entry("m"))
    with rpc_serving(launch_configured, configured) as (rpc, running), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(rpc.reload, model_list(configured, "m", "nowhere"), SECONDS)
        wait_until(lambda: "Serving the models: m, nowhere" in running.text(), SECONDS)
        running.process.send_signal(signal.SIGTERM)
        assert rpc.refusal("UNAVAILABLE", asked.result) == "The server is stopping."
        assert running.wait() == 0


@pytest.mark.slow
def test_a_port_in_use_ends_the_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = launch(tmp_path, free_port(), f"--port={port}")
        assert running.wait(SECONDS) == 1
    expected = f"Failed to start server. Error: cannot listen on 127.0.0.1:{port}: Address already in use"
    assert running.text().splitlines() == [expected]


def test_a_socket_that_cannot_be_made_ends_the_server(saved_models: Path, tmp_path: Path) -> None:
    running = launch(saved_models / "sampler", free_port(), f"--grpc_socket_path={tmp_path}/none/socket")
    assert running.wait(SECONDS) == 1
    expected = f"Failed to start server. Error: gRPC cannot listen on unix:{tmp_path}/none/socket"
    assert running.text().splitlines()[-1] == expected
    assert "Traceback" not in running.text()
