"""The REST API as a WSGI application."""

import json
import logging
import zlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from serving import predict, replies
from serving.errors import HTTP_STATUS, Code, ServingError, invalid
from serving.metrics import Metrics
from serving.model import VersionStatus
from serving.parsing import parse_object
from serving.registry import Registry
from serving.routes import Route, is_api, match

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

# TF-Serving has no limit on the body; a prompt with its noise is about 100 kB.
MAX_BODY_BYTES = 4 * 2**20
_GZIP = 16 + zlib.MAX_WBITS
_JSON = "application/json"
_TEXT = "text/plain"
_METHODS = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"})


class Application:
    """Serves REST requests from a registry of models; a run that exceeds `timeout_ms` gets 504.

    Requests are counted in `metrics`, which are exposed at `metrics_path` unless that is None.
    """

    def __init__(self, registry: Registry, timeout_ms: int, metrics: Metrics, metrics_path: str | None) -> None:
        self._registry = registry
        self._timeout_ms = timeout_ms
        self._metrics = metrics
        self._metrics_path = metrics_path
        self._actions: dict[str, Callable[[Route, bytes], str]] = {
            "predict": self._infer,
            "classify": self._infer,
            "regress": self._infer,
            "metadata": self._metadata,
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Handle one request."""
        method, path = environ["REQUEST_METHOD"], environ["REQUEST_URI"]
        if method not in _METHODS:
            status, kind, text = "501 Not Implemented", "text/html", _html("501 Not Implemented")
        elif path.partition("?")[0] == self._metrics_path:
            (status, text), kind = self._show_metrics(path), _TEXT
        elif not is_api(path):
            status, kind, text = "404 Not Found", "text/html", _html("404 Not Found")
        elif method == "OPTIONS":
            status, kind, text = _options(environ), _JSON, ""
        else:
            status, text = self._answer(method, path, environ)
            kind = _JSON
        body = text.encode("utf-8", "surrogateescape")
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body if method != "HEAD" else b""]

    def _answer(self, method: str, path: str, environ: "WSGIEnvironment") -> tuple[str, str]:
        """Return the HTTP status and the JSON text."""
        try:
            route = match(method, path)
            text = self._actions.get(route.action, self._status)(route, _body(environ))
        except ServingError as error:
            return HTTP_STATUS[error.code], replies.error_reply(str(error))
        except Exception:
            log.exception("%s %s failed", method, path)
            return HTTP_STATUS[Code.INTERNAL], replies.error_reply("Internal error; the server's log has the details.")
        return HTTP_STATUS[Code.OK], text

    def _show_metrics(self, path: str) -> tuple[str, str]:
        """Return the HTTP status and the metrics; a query string is refused, as in TF-Serving."""
        if path != self._metrics_path:
            return HTTP_STATUS[Code.INVALID_ARGUMENT], f"Unexpected path: {path}. Should be {self._metrics_path}"
        return HTTP_STATUS[Code.OK], self._metrics.text()

    def _infer(self, route: Route, body: bytes) -> str:
        with self._metrics.request(route.model, "REST"):
            return (self._predict if route.action == "predict" else self._refuse)(route, body)

    def _predict(self, route: Route, body: bytes) -> str:
        """Run a signature. Checks come in TF-Serving's order: JSON, model, signature."""
        document = parse_object(body)
        name = predict.signature_name(document)
        with self._registry.borrow(route.model, route.version, route.label) as (_, loaded):
            signature = loaded.signature(name)
            if not signature.inputs:
                message = f"Failed to get input map for signature: {name or 'DEFAULT'}"
                raise invalid(message)
            row = predict.is_row(document)
            read = predict.row_tensors if row else predict.column_tensors
            inputs = read(document, signature.inputs)
            with self._metrics.run(route.model):
                outputs = loaded.run(signature, inputs, self._timeout_ms)
        return replies.row_reply(outputs) if row else replies.column_reply(outputs)

    def _refuse(self, route: Route, body: bytes) -> str:
        """Refuse classify and regress, which this server does not support."""
        parse_object(body)
        message = f"{route.action} is not offered by this server, only predict."
        raise ServingError(Code.UNIMPLEMENTED, message)

    def _status(self, route: Route, _body: bytes) -> str:
        """Return the states of the versions; a label in the path is ignored, as in TF-Serving."""
        statuses = self._registry.statuses(route.model, route.version)
        return _dump({"model_version_status": [_status_entry(status) for status in statuses]})

    def _metadata(self, route: Route, _body: bytes) -> str:
        with self._registry.borrow(route.model, route.version, route.label) as (number, loaded):
            spec = {"name": route.model, "signature_name": "", "version": str(number)}
            signatures = {"signature_def": loaded.metadata()}
            return _dump({"model_spec": spec, "metadata": {"signature_def": signatures}})


def _status_entry(status: VersionStatus) -> dict[str, Any]:
    return {
        "version": str(status.number),
        "state": status.state.value,
        "status": {"error_code": status.code.name, "error_message": status.message},
    }


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _options(environ: "WSGIEnvironment") -> str:
    allowed = environ.get("HTTP_ORIGIN", "").startswith(("http://", "https://"))
    return HTTP_STATUS[Code.OK if allowed else Code.FAILED_PRECONDITION]


def _html(title: str) -> str:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"


def _body(environ: "WSGIEnvironment") -> bytes:
    """Return the decompressed body; one that fails or exceeds the limit counts as empty, as in TF-Serving."""
    body: bytes = environ["wsgi.input"].read()
    if "gzip" not in environ.get("HTTP_CONTENT_ENCODING", ""):
        return body
    unpacker = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacker.decompress(body, MAX_BODY_BYTES)
    except zlib.error:
        return b""
    return unpacked if unpacker.eof else b""
