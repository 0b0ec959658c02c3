"""The backend's HTTP server: its limits, and its errors as problem details."""

import logging

from flask import Flask

from backend.errors import CONTENT_TYPE, encode, plain_document
from backend.settings import BackendSettings
from services.http_server import HttpServer, Limits, bind

log = logging.getLogger(__name__)

_RECEIVE_SECONDS = 20.0
_GRACE_SECONDS = 5.0  # beyond POEM_TIMEOUT


def serve(app: Flask, settings: BackendSettings) -> None:
    """Serve the application until SIGTERM or SIGINT. ListenError if the port cannot be bound."""
    bound = bind(settings.backend_host, settings.backend_port)
    limits = Limits(
        threads=settings.threads,
        connections=500,
        body_bytes=1024 * 1024,  # the application refuses a smaller one that is still too large
        head_bytes=64 * 1024,  # a prompt of 2000 characters in the query string is at most 24 kB
        receive_seconds=_RECEIVE_SECONDS,
        idle_seconds=60,
        drain_seconds=settings.poem_timeout + _GRACE_SECONDS,
    )
    server = HttpServer(app, bound, limits, _problem)
    log.info("listening on http://%s:%d", *bound.getsockname()[:2])
    server.run()


def _problem(status: int, reason: str) -> tuple[str, bytes]:
    return CONTENT_TYPE, encode(plain_document(status, f"The request cannot be parsed: {reason}."))
