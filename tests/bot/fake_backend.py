"""A fake backend with scripted answers."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    """One reply; `gate`, when given, holds it back until the test opens it."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    gate: threading.Event | None = None


def poem(text: str, gate: threading.Event | None = None) -> Answer:
    """Return a reply with the poem."""
    poems = [{"poem": text, "lines": text.splitlines(), "seed": 7, "receipt": "abc", "truncated": False}]
    reply = {"model": {"name": "toy"}, "parameters": {}, "prompt_cut": False, "took_ms": 5, "poems": poems}
    return Answer(200, json.dumps(reply).encode(), {"Content-Type": "application/json"}, gate)


def problem(status: int, headers: dict[str, str] | None = None, **extra: object) -> Answer:
    """Return an error as RFC 9457 has it."""
    body = {"type": "about:blank", "title": "no", "status": status, "detail": "no", **extra}
    return Answer(status, json.dumps(body).encode(), {"Content-Type": PROBLEM, **(headers or {})})


class FakeBackend:
    """Serves on loopback; answers a prompt as `answers` has it, others with a poem of two lines."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.models: Answer = Answer(404)
        self.names: set[str] = set()
        self.requests: list[dict[str, Any]] = []
        self._server = _Server(("127.0.0.1", 0), self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def open_gates(self) -> None:
        """Release all answers that are held back."""
        for answer in self.answers.values():
            if answer.gate is not None:
                answer.gate.set()

    def stop(self) -> None:
        """Close the server."""
        self._server.shutdown()
        self._server.server_close()

    def prompts(self) -> list[str]:
        """Return the prompts in the order in which they came."""
        return [request["prompt"] for request in self.requests]

    def offer(self, *names: str, away: str = "") -> None:
        """Offer these models from now on, the default one first; `away` is listed as not ready."""
        models = [{"name": name, "ready": name != away} for name in names]
        reply = {"default": names[0], "models": models, "bounds": {}}
        self.models, self.names = Answer(200, json.dumps(reply).encode()), set(names)

    def answer(self, request: dict[str, Any]) -> Answer:
        """Return the reply to a request for a poem."""
        self.requests.append(request)
        if request.get("model", "") not in {"", *self.names}:
            return problem(404, type="urn:problem-type:neuralpoet:unknown-model")
        return self.answers.get(request["prompt"]) or poem(f"{request['prompt']}\nи строка вторая")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], backend: FakeBackend) -> None:
        self.backend = backend
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnected."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._send(self.server.backend.models if self.path == "/models" else Answer(404))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._send(self.server.backend.answer(json.loads(body)) if self.path == "/generate" else Answer(404))

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _send(self, answer: Answer) -> None:
        if answer.gate is not None:
            answer.gate.wait(60)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
