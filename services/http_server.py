"""Waitress with what a service needs: a socket bound early, limits, JSON errors, and a drain on SIGTERM or SIGINT."""

import contextlib
import logging
import re
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.task import ErrorTask

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

_WAKE_SECONDS = 1.0
Refusal = Callable[[int, str], tuple[str, bytes]]  # from a status and a reason to a content type and a body


class ListenError(Exception):
    """The port cannot be bound; `str()` is the sentence to print."""


@dataclass(frozen=True)
class Limits:
    """What one server accepts."""

    threads: int
    connections: int
    body_bytes: int  # a larger body is cut off as soon as its size is known
    receive_seconds: float  # for a whole request, from its first byte
    drain_seconds: float  # for the requests in progress when the server stops
    head_bytes: int = 256 * 1024
    idle_seconds: int = 120  # between two requests of a connection
    backlog: int = 1024


class _RefusalTask(ErrorTask):
    """Renders what waitress itself refuses (a malformed head, a body too large) in the service's own form."""

    def execute(self) -> None:
        """Send the reply."""
        error: Any = self.request.error  # type: ignore[attr-defined]  # a parsed request, contrary to the stubs
        server: Any = self.channel.server
        content_type, body = server.refusal(error.code, error.body)
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [*self.response_headers, ("Content-Type", content_type)]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _RequestParser(HTTPRequestParser):
    """Accepts URLs with bytes that are not percent-encoded, as people type them after `curl`."""

    def parse_header(self, header_plus: bytes) -> None:
        """Percent-encode the request line's bytes beyond ASCII; refuse what makes waitress raise ValueError.

        That is the URL `http://[`, and a Content-Length of thousands of digits.
        """
        line, end, rest = header_plus.partition(b"\r\n")
        line = re.sub(rb"[\x80-\xff]", lambda byte: b"%%%02X" % ord(byte[0]), line)
        try:
            super().parse_header(line + end + rest)
        except ValueError:
            raise ParsingError("Invalid address or header") from None


class _Channel(HTTPChannel):
    """One client's connection, closed if receiving a request takes longer than the server's `receive_seconds`."""

    parser_class = _RequestParser
    error_task_class = _RefusalTask
    _receiving_since = 0.0

    def readable(self) -> bool:
        """Return whether to read on; called in every iteration of the event loop."""
        now = time.monotonic()
        if self.request is None or not super().readable():  # no request has begun, or it is complete
            self._receiving_since = now
        server: Any = self.server
        self.will_close |= now - self._receiving_since > server.receive_seconds
        return super().readable()


class HttpServer:
    """A WSGI application served on a bound socket."""

    def __init__(self, app: "WSGIApplication", bound: socket.socket, limits: Limits, refusal: Refusal) -> None:
        self._stopping = False
        self._drain_seconds = limits.drain_seconds
        self._channels: dict[int, Any] = {}
        listener: Any = create_server(
            app,
            map=self._channels,
            sockets=[bound],
            threads=limits.threads,
            backlog=limits.backlog,
            connection_limit=limits.connections,
            channel_timeout=limits.idle_seconds,
            max_request_header_size=limits.head_bytes,
            max_request_body_size=limits.body_bytes,
            asyncore_use_poll=True,
            ident=None,
        )
        listener.channel_class = _Channel
        listener.receive_seconds, listener.refusal = limits.receive_seconds, refusal
        self._listener = listener

    def run(self, on_stop: Callable[[], None] = lambda: None) -> None:
        """Serve until a signal, call `on_stop`, then finish the requests in progress."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        while not self._stopping:
            self._turn()
        on_stop()
        self._drain()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._listener.pull_trigger()
        log.info("%s: stopping", signal.Signals(number).name)

    def _drain(self) -> None:
        """Close the port, finish the requests in progress, close the connections."""
        wasyncore.dispatcher.close(self._listener)  # not the listener's own close(): workers still need its trigger
        deadline = time.monotonic() + self._drain_seconds
        while self._listener.active_channels and time.monotonic() < deadline:
            for channel in self._listener.active_channels.values():
                channel.will_close |= not channel.requests and not channel.total_outbufs_len
            self._turn()
        self._listener.task_dispatcher.shutdown()

    def _turn(self) -> None:
        """Run one iteration of waitress's event loop."""
        wasyncore.loop(timeout=_WAKE_SECONDS, use_poll=True, map=self._channels, count=1)


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket that does not listen yet, so that connections are refused. Raises ListenError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with contextlib.ExitStack() as on_error:
            bound = on_error.enter_context(socket.socket(family, kind, protocol))
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            on_error.pop_all()
    except OSError as error:
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return bound
