"""What the doubles of sites share: an HTTP server on loopback which notes what it is asked, and fails on demand."""

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from urllib.parse import parse_qs, urlsplit

ROBOTS = "/robots.txt"


@dataclass(frozen=True)
class Asked:
    """A request, the values of its address and of its form as last given."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """A reply, or a failure to give one."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False  # the body ends too early
    hang: bool = False  # nothing comes
    drip: float = 0.0  # seconds from each byte of the body to the next, without end
    drip_head: float = 0.0  # the same, of the head


class Site:
    """A double. Set `faults` for answers that stand in place of its next ones, robots.txt excepted."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: deque[Answer] = deque()
        self.robots = Answer(status=404)
        self.closing = threading.Event()
        self.address = ""
        self._most = inf  # requests that are answered

    def answer(self, asked: Asked) -> Answer:
        """Answer as the site does."""
        raise NotImplementedError

    def hold(self, most: int) -> None:
        """Leave the requests after so many without an answer."""
        self._most = most

    def paths(self) -> list[str]:
        """Return the paths asked for, robots.txt left out."""
        return [asked.path for asked in self.asked if asked.path != ROBOTS]

    def reply(self, asked: Asked) -> Answer:
        """Note the request and choose the answer."""
        self.asked.append(asked)
        if asked.path == ROBOTS:
            return self.robots
        try:
            return self.faults.popleft()
        except IndexError:
            return Answer(hang=True) if len(self.asked) > self._most else self.answer(asked)


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """Serve a double from a free port; yield its address."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.site = site
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site.address
    finally:
        site.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    site: Site
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, _request: object, _client: object) -> None:
        """Say nothing: clients are killed here."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = Asked(self.command, url.path, _values(url.query), _values(form), dict(self.headers))
        self._give(self.server.site.reply(asked))

    do_POST = do_GET  # noqa: N815  http.server's name

    def _give(self, answer: Answer) -> None:
        if answer.hang:
            self.server.site.closing.wait(60)
        if answer.hang or answer.cut or answer.drip or answer.drip_head:
            self.close_connection = True
        if answer.hang:
            return
        if answer.drip_head:
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", answer.drip_head)
            return
        self.send_response(answer.status)
        for name, value in {"Content-Type": "text/html", **answer.headers}.items():
            self.send_header(name, value)
        more = 1000 if answer.cut else 0
        self.send_header("Content-Length", "1000000" if answer.drip else str(len(answer.body) + more))
        self.end_headers()
        self.wfile.write(answer.body)
        if answer.drip:
            self._drip(b"", answer.drip)

    def _drip(self, head: bytes, seconds: float) -> None:
        self.wfile.write(head)
        while not self.server.site.closing.wait(seconds):
            self.wfile.write(b".")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def _values(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
