"""The application factory: wiring, error handlers, and one log line per request."""

import logging
import time
import traceback
from http import HTTPMethod

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from backend import page
from backend.api import Api
from backend.client import ServingClient
from backend.errors import CONTENT_TYPE, ModelServerUnavailableError, Problem, encode, plain_document
from backend.inputs import MAX_BODY_BYTES
from backend.limiter import ConcurrencyLimiter
from backend.models import Models
from backend.settings import BackendSettings
from backend.writer import PoemWriter

log = logging.getLogger(__name__)

HEADERS = {
    # Nothing but the page's own files and routes.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_QUIET = ("/healthz", "/readyz", "/static/<path:filename>")
_DETAILS = {
    404: "There is nothing at this URL.",
    405: "This URL does not support this method.",
    413: f"The body must not exceed {MAX_BODY_BYTES} bytes.",
}


def create_app(settings: BackendSettings) -> Flask:
    """Return the WSGI application; it does not contact TF-Serving before the first request."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.url_map.merge_slashes = False  # no redirects
    serving = ServingClient(settings)
    models = Models(serving, settings.models)
    writer = PoemWriter(serving, models, settings.poem_timeout)
    app.register_blueprint(Api(writer, models, ConcurrencyLimiter(settings.max_concurrent)).blueprint())
    app.register_blueprint(page.blueprint())
    app.register_error_handler(Problem, _on_problem)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_bug)
    app.before_request(_start_clock)
    app.after_request(_finish)
    return app


def _on_problem(problem: Problem) -> Response:
    if isinstance(problem, ModelServerUnavailableError):
        log.warning("%s", problem.detail)
    return _problem_response(problem.document(), problem.headers())


def _on_http_error(error: HTTPException) -> Response:
    """Return Flask's own errors as problem details, with their headers (Allow)."""
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return _problem_response(plain_document(status, _DETAILS.get(status) or error.description or ""), headers)


def _on_bug(error: Exception) -> Response:
    """Log the traceback without the exception's message, which may quote a prompt."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s at\n%s", type(error).__name__, trace)
    return _problem_response(plain_document(500, "Internal error; the server's log has the details."), {})


def _problem_response(document: dict[str, object], headers: dict[str, str]) -> Response:
    status = document["status"]
    return Response(encode(document), int(str(status)), headers, mimetype=CONTENT_TYPE)


def _start_clock() -> None:
    g.started = time.monotonic()


def _finish(response: Response) -> Response:
    """Set the headers common to all replies and log one line: the route's pattern, never what users wrote."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    rule = request.url_rule.rule if request.url_rule else "-"
    level = logging.DEBUG if rule in _QUIET and response.status_code < 400 else logging.INFO  # noqa: PLR2004
    milliseconds = (time.monotonic() - g.started) * 1000
    method = request.method if request.method in HTTPMethod.__members__ else "-"
    log.log(level, "%s %s %d %.0f ms", method, rule, response.status_code, milliseconds)
    return response
