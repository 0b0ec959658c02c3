"""The server's life cycle: bind, listen, and drain on SIGTERM or SIGINT."""

import logging
import re
import signal
import socket
import time
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.task import ErrorTask

from backend.errors import CONTENT_TYPE, encode, plain_document
from backend.settings import BackendSettings

log = logging.getLogger(__name__)

# Up to this size the application reads and refuses a body; a larger one is cut off as soon as its size is known.
_MAX_READ_BYTES = 1024 * 1024
_MAX_HEAD_BYTES = 64 * 1024  # a prompt of 2000 characters in the query string is at most 24 kB
_MAX_CONNECTIONS = 500
_IDLE_SECONDS = 60
_RECEIVE_SECONDS = 20.0  # for a whole request, from its first byte
_WAKE_SECONDS = 1.0
_GRACE_SECONDS = 5.0  # beyond POEM_TIMEOUT


class ListenError(Exception):
    """The port cannot be bound; `str()` is the sentence to print."""


class _ProblemTask(ErrorTask):
    """Renders what waitress itself refuses (a malformed head, a body too large) as problem details."""

    def execute(self) -> None:
        """Send the reply."""
        error: Any = self.request.error  # type: ignore[attr-defined]  # a parsed request, contrary to the stubs
        body = encode(plain_document(error.code, f"The request cannot be parsed: {error.body}."))
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [*self.response_headers, ("Content-Type", CONTENT_TYPE)]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _RequestParser(HTTPRequestParser):
    """Accepts URLs with bytes that are not percent-encoded, as people type them after `curl`."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.started = time.monotonic()

    def parse_header(self, header_plus: bytes) -> None:
        """Percent-encode the request line's bytes beyond ASCII, which waitress rejects."""
        line, end, rest = header_plus.partition(b"\r\n")
        line = re.sub(rb"[\x80-\xff]", lambda byte: b"%%%02X" % ord(byte[0]), line)
        try:
            super().parse_header(line + end + rest)
        except ValueError:  # from urllib, for an incomplete IPv6 address
            raise ParsingError("Invalid address") from None


class _Channel(HTTPChannel):
    parser_class = _RequestParser
    error_task_class = _ProblemTask


class BackendServer:
    """Waitress with a graceful shutdown."""

    def __init__(self, app: Flask, settings: BackendSettings) -> None:
        self._stopping = False
        self._drain_seconds = settings.poem_seconds + _GRACE_SECONDS
        self._channels: dict[int, Any] = {}
        self._bound = _bind(settings)
        listener: Any = create_server(
            app,
            map=self._channels,
            sockets=[self._bound],
            threads=settings.threads,
            connection_limit=_MAX_CONNECTIONS,
            channel_timeout=_IDLE_SECONDS,
            max_request_header_size=_MAX_HEAD_BYTES,
            max_request_body_size=_MAX_READ_BYTES,
            asyncore_use_poll=True,
            ident=None,
        )
        listener.channel_class = _Channel
        self._listener = listener

    def run(self) -> None:
        """Serve until a signal, then finish the requests in progress."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        log.info("listening on http://%s:%d", *self._bound.getsockname()[:2])
        while not self._stopping:
            self._turn()
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
        self._close_slow()

    def _close_slow(self) -> None:
        """Close connections whose request is incomplete for too long: each counts towards _MAX_CONNECTIONS."""
        latest = time.monotonic() - _RECEIVE_SECONDS
        for channel in self._listener.active_channels.values():
            if channel.request is not None and channel.request.started < latest and not channel.requests:
                channel.close_when_flushed = True


def _bind(settings: BackendSettings) -> socket.socket:
    """Return a bound socket, so that a port in use is reported at once; raise ListenError if binding fails."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        message = f"Cannot listen on {settings.host}:{settings.port} (BACKEND_HOST, BACKEND_PORT): {error.strerror}."
        raise ListenError(message) from error
    return bound
