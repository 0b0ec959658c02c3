"""The process: its settings, its port, its end."""

import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from backend.settings import BackendSettings
from services.settings import SettingsError
from tests.backend.conftest import ROOT, SECONDS, running_backend, settings, start_with, supervised
from tests.backend.fake_serving import FakeServing
from tests.processes import accepts, free_port, start, wait_until

NOBODY = f"http://127.0.0.1:{free_port()}"


def load(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> BackendSettings:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return BackendSettings.load()


def test_the_defaults_work(monkeypatch: pytest.MonkeyPatch) -> None:
    read = load(monkeypatch, {"BACKEND_PORT": " ", "MODELS": ""})
    assert (read.backend_host, read.backend_port, read.models) == ("127.0.0.1", 5000, ("neuralpoet",))
    assert read.serving_url == "http://127.0.0.1:8501"
    assert read.threads > read.max_concurrent


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {
        "BACKEND_HOST": "0.0.0.0",
        "BACKEND_PORT": "80",
        "SERVING_URL": "http://serving:8501/",
        "MODELS": "neuralpoet, speeches-1.2",
        "MAX_CONCURRENT": "3",
        "BACKEND_THREADS": "5",
        "SERVING_CONNECT_TIMEOUT": "0.5",
        "SERVING_READ_TIMEOUT": "7",
        "POEM_TIMEOUT": "9",
    }
    assert load(monkeypatch, environ).model_dump() == {
        "backend_host": "0.0.0.0",
        "backend_port": 80,
        "serving_url": "http://serving:8501",
        "models": ("neuralpoet", "speeches-1.2"),
        "max_concurrent": 3,
        "backend_threads": 5,
        "serving_connect_timeout": 0.5,
        "serving_read_timeout": 7,
        "poem_timeout": 9,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKEND_PORT", "65536"), ("BACKEND_PORT", "-1"), ("BACKEND_PORT", "http"), ("BACKEND_PORT", "٣"),
        ("BACKEND_PORT", "9" * 5000), ("BACKEND_THREADS", "9"), ("BACKEND_THREADS", "0"), ("MAX_CONCURRENT", "0"),
        ("MAX_CONCURRENT", "257"), ("SERVING_URL", "127.0.0.1:8501"), ("SERVING_URL", "ftp://a"),
        ("SERVING_URL", "http://a:b"), ("SERVING_URL", "http://"), ("SERVING_URL", "http://a?b=c"), ("MODELS", "a,,b"),
        ("MODELS", "a,a"), ("MODELS", "a/b"), ("MODELS", ".."), ("MODELS", "a:b"), ("MODELS", "поэт"),
        ("POEM_TIMEOUT", "0"), ("POEM_TIMEOUT", "nan"), ("SERVING_READ_TIMEOUT", "soon"),
        ("SERVING_CONNECT_TIMEOUT", "3601"),
    ],
)  # fmt: skip
def test_an_invalid_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=name):
        load(monkeypatch, {name: value})


def test_the_help_lists_every_variable_with_its_default() -> None:
    running = start([sys.executable, "-m", "backend", "--help"], cwd=ROOT)
    assert running.wait(SECONDS) == 0
    for name in BackendSettings.model_fields:
        assert name.upper() in running.text()
    assert "(http://127.0.0.1:8501)" in running.text()


def test_an_invalid_setting_ends_the_process_with_one_sentence() -> None:
    running = start_with({"BACKEND_PORT": "many"})
    assert running.wait(SECONDS) == 2
    assert running.text() == ("BACKEND_PORT: Input should be a valid integer, unable to parse string as an integer.\n")


def test_a_port_in_use_ends_the_process_with_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        running = start_with({"BACKEND_PORT": str(taken.getsockname()[1])})
        assert running.wait(SECONDS) == 1
    assert "BACKEND_PORT" in running.text()
    assert len(running.text().splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_a_poem_finish(serving: FakeServing, number: signal.Signals) -> None:
    with running_backend(serving.url) as backend, ThreadPoolExecutor(1) as pool, requests.Session() as idle:
        idle.get(f"{backend.url}/healthz", timeout=SECONDS)  # a kept connection must not hold the end up
        serving.gate.clear()
        held = pool.submit(backend.post, {})
        wait_until(lambda: "generate" in serving.asked, SECONDS)
        backend.running.process.send_signal(number)
        port = int(backend.url.rsplit(":", 1)[1])
        wait_until(lambda: not accepts(port), SECONDS)
        assert backend.running.is_running()
        serving.gate.set()
        assert held.result().status_code == 200
        assert backend.running.wait(SECONDS) == 0
        assert "Traceback" not in backend.running.text()


def test_a_signal_during_the_imports_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "flask.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(60)")
    running = start_with({"PYTHONPATH": str(tmp_path)})
    wait_until(lambda: "importing" in running.text() or not running.is_running(), SECONDS, running.text)
    assert running.stop() == 0
    assert running.text() == "importing\n"


def test_the_connection_of_an_incomplete_request_is_closed() -> None:
    short = "import backend.server, backend.__main__ as main; backend.server._RECEIVE_SECONDS = 0.3; main.main()"
    with supervised(start([sys.executable, "-c", short], env=settings(NOBODY))) as backend:
        address = ("127.0.0.1", int(backend.url.rsplit(":", 1)[1]))
        with socket.create_connection(address, SECONDS) as idle, socket.create_connection(address) as slow:
            assert _asks(idle)
            slow.settimeout(0.02)
            slow.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
            wait_until(lambda: _closed_after_a_byte(slow), SECONDS)
            assert _asks(idle)


def _asks(connection: socket.socket) -> bool:
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    reply = b""
    while not reply.endswith(b"}") and (part := connection.recv(65536)):
        reply += part
    return reply.startswith(b"HTTP/1.1 200")


def _closed_after_a_byte(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"x")
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_it_starts_and_stops_without_a_model_server() -> None:
    with supervised(start_with(settings(NOBODY))) as backend:
        assert backend.get("/healthz").status_code == 200
        assert backend.get("/readyz").status_code == 503
        assert backend.running.stop() == 0
