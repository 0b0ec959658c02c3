"""The HTTP server as a process: refusals in the service's form, slow clients, and the drain."""

import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from services.http_server import ListenError, bind
from tests.processes import Running, accepts, start, wait_until

SECONDS = 30
SERVER = """
import sys, time
from pathlib import Path
from services.http_server import HttpServer, Limits, bind

gate = Path(sys.argv[1])

def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        print("working", flush=True)
        while not gate.exists():
            time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"done"]

bound = bind("127.0.0.1", 0)
limits = Limits(threads=4, connections=20, body_bytes=100, receive_seconds=0.3, drain_seconds=20)
server = HttpServer(app, bound, limits, lambda status, reason: ("text/x-refusal", f"{status} {reason}".encode()))
print(bound.getsockname()[1], flush=True)
server.run(on_stop=lambda: print("stopping", flush=True))
"""


class Server:
    def __init__(self, gate: Path) -> None:
        self.gate = gate
        self.running: Running = start([sys.executable, "-c", SERVER, str(gate)])
        wait_until(lambda: "\n" in self.running.text(), SECONDS, self.running.text)
        self.port = int(self.running.text().split()[0])
        self.url = f"http://127.0.0.1:{self.port}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "gate")
    yield server
    server.running.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_the_port_and_lets_requests_finish(server: Server, number: signal.Signals) -> None:
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(requests.get, f"{server.url}/slow", timeout=SECONDS)
        wait_until(lambda: "working" in server.running.text(), SECONDS)
        server.running.process.send_signal(number)
        wait_until(lambda: not accepts(server.port), SECONDS)
        assert server.running.is_running()
        server.gate.touch()
        assert held.result().text == "done"
    assert server.running.wait(SECONDS) == 0
    assert server.running.text().endswith("stopping\n")


def test_what_waitress_refuses_has_the_form_of_the_service(server: Server) -> None:
    reply = requests.post(server.url, b"x" * 101, timeout=SECONDS)
    assert (reply.status_code, reply.headers["Content-Type"]) == (413, "text/x-refusal")
    assert reply.text.startswith("413 ")


def test_a_request_that_is_not_finished_is_closed_and_an_idle_connection_is_kept(server: Server) -> None:
    address = ("127.0.0.1", server.port)
    with socket.create_connection(address, SECONDS) as idle, socket.create_connection(address, SECONDS) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert slow.recv(100) == b""
        idle.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200")


def test_bytes_beyond_ascii_in_a_url_are_accepted(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), SECONDS) as client:
        client.sendall("GET /снег HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 200")


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ListenError) as caught:
        bind("127.0.0.1", taken.getsockname()[1])
    assert str(caught.value).startswith("cannot listen on 127.0.0.1:")
