"""A fake of the part of TF-Serving's REST API that the backend uses, with a toy network and injectable faults."""

import base64
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from model.text.sampling import DecodingState, Pools, Rules, choose
from model.text.tokens import PAD, WINDOW
from tests.model.text.toy import ToyNetwork, ToyRelease

_PATH = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+))?(:predict)?")


@dataclass(frozen=True)
class Version:
    """One version of the model."""

    release: ToyRelease
    network: ToyNetwork
    state: str = "AVAILABLE"


@dataclass(frozen=True)
class Answer:
    """A reply that replaces the right one.

    With status 0 the connection is closed in the middle of it; with None the body is all that comes, no head before
    it; an endless one trickles.
    """

    status: int | None
    body: bytes
    endless: bool = False


class FakeServing:
    """Serves versions of a model on loopback; changes apply from the next request on."""

    def __init__(self, model: str, versions: dict[int, Version]) -> None:
        self.model = model
        self.versions = versions
        self.fault: Callable[[str], Answer | None] = lambda _: None  # given the signature, or "status"
        self.gate = threading.Event()  # closed, it holds back every predict but that of `release`
        self.gate.set()
        self.asked: list[str] = []  # the signature of each predict, "status" for a look
        self._server: _Server | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the previous port if there was one."""
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Close the port and every connection."""
        self.gate.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.hang_up()
            self._server = None

    @property
    def is_away(self) -> bool:
        return self._server is None

    def answer(self, path: str, body: bytes) -> Answer:
        """Return the reply to a request."""
        model, number, predicts = match.groups() if (match := _PATH.fullmatch(path)) else ("", None, None)
        signature = json.loads(body)["signature_name"] if predicts else "status"
        self.asked.append(signature)
        if signature in ("generate", "serving_default"):
            self.gate.wait(60)
        if fault := self.fault(signature):
            return fault
        if model != self.model:
            return _error(404, f"Could not find any versions of model {model}")
        if not predicts:
            return _reply({"model_version_status": [_status(n, v.state) for n, v in self.versions.items()]})
        version = self.versions.get(int(number or 0))
        if version is None or version.state != "AVAILABLE":
            return _error(404, f"Servable not found for request: Specific({model}, {number})")
        return _reply(
            {"release": _release, "serving_default": _logits, "generate": _generate}[signature](version, body)
        )


def _status(number: int, state: str) -> dict[str, Any]:
    return {"version": str(number), "state": state, "status": {"error_code": "OK", "error_message": ""}}


def _reply(value: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(value).encode())


def _error(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"error": message}).encode())


def _b64(data: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(data).decode()}


def _release(version: Version, body: bytes) -> dict[str, Any]:
    assert json.loads(body)["inputs"] == {"unused": [0]}
    release = version.release
    return {
        "outputs": {"config_bytes": [_b64(release.config_bytes)], "tokenizer_bytes": [_b64(release.tokenizer_bytes)]}
    }


def _unpadded(row: Sequence[int]) -> list[int]:
    assert len(row) == WINDOW
    assert all(type(token) is int for token in row)
    return [token for token in row if token != PAD]


def _logits(version: Version, body: bytes) -> dict[str, Any]:
    rows = [_unpadded(instance["tokens"]) for instance in json.loads(body)["instances"]]
    return {"predictions": [version.network.logits(row).tolist() for row in rows]}


def _generate(version: Version, body: bytes) -> dict[str, Any]:
    inputs = json.loads(body)["inputs"]
    rows = [_poem(version, {name: values[i] for name, values in inputs.items()}) for i in range(len(inputs["prompt"]))]
    return {"outputs": {name: [row[name] for row in rows] for name in rows[0]}}


def _poem(version: Version, row: dict[str, Any]) -> dict[str, Any]:
    """Return one poem as the graph writes it: by the shared definition of sampling, over the whole text so far."""
    rules = Rules(version.release.tokenizer.break_id, version.release.config["force_breaks"])
    pools = Pools(row["top_k"], row["line_start_k"], row["chaos_k"])
    text, choices, stop = _unpadded(row["prompt"]), [], None
    walk = DecodingState.behind(text, rules)
    while stop is None:
        step = walk.position.step
        choice = choose(
            version.network.logits(text),
            walk.position,
            rules,
            pools,
            chaotic=bool(row["chaos"][step]),
            noise=np.float32(row["noise"][step]),
            inverse_temperature=np.float32(row["inverse_temperature"][step]),
        )
        choices.append(choice)
        text.append(choice.token)
        walk = walk.after(choice.token, rules)
        stop = walk.stop(choice.token, row["max_lines"], row["max_tokens"])
    columns: dict[str, list[Any]] = {
        "tokens": [choice.token for choice in choices],
        "pool": [int(choice.pool) for choice in choices],
        "rank": [choice.rank for choice in choices],
        "probability": [choice.probability for choice in choices],
    }
    padded = {name: values + [0] * (WINDOW - len(values)) for name, values in columns.items()}
    return {**padded, "length": len(choices), "stop": int(stop)}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], fake: FakeServing) -> None:
        self.fake = fake
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnected."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._send(self.server.fake.answer(self.path, b""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._send(self.server.fake.answer(self.path, body))

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _send(self, answer: Answer) -> None:
        if answer.status is None:
            self.wfile.write(answer.body)
            self.close_connection = True
            return
        self.send_response(answer.status or 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer.body) + (answer.status == 0) + 10**9 * answer.endless))
        self.end_headers()
        self.wfile.write(answer.body)
        while answer.endless:  # until nobody reads any more
            time.sleep(0.02)
            self.wfile.write(b" ")
        self.close_connection = self.close_connection or answer.status == 0
