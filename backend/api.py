"""The HTTP API: the view of each route."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from backend import inputs
from backend.errors import MalformedError, ModelServerUnavailableError, encode
from backend.limiter import ConcurrencyLimiter
from backend.models import Models, ModelStatuses, ServedVersion
from backend.writer import PoemWriter
from model.text.parameters import BOUNDS, Bound

_AGAIN_FIELDS = ("prompt", "explain")  # the receipt holds the rest
# Separates several poems in plain text: an empty line alone may be a stanza break.
_BETWEEN = "\n\n* * *\n\n"
_JSON, _TEXT = "application/json", "text/plain"


class Api:
    """The views and their dependencies."""

    def __init__(self, writer: PoemWriter, models: Models, limiter: ConcurrencyLimiter) -> None:
        self._writer, self._models, self._limiter = writer, models, limiter
        self._statuses = ModelStatuses(models)

    def blueprint(self) -> Blueprint:
        """Return the blueprint that maps the routes to the views."""
        blueprint = Blueprint("api", __name__)
        blueprint.add_url_rule("/generate", view_func=self.generate, methods=["GET", "POST"])
        blueprint.add_url_rule("/poems/<receipt>", view_func=self.write_again)
        blueprint.add_url_rule("/models", view_func=self.models)
        blueprint.add_url_rule("/healthz", view_func=self.alive)
        blueprint.add_url_rule("/readyz", view_func=self.ready)
        return blueprint

    def generate(self) -> Response:
        """Return new poems: POST takes a JSON object, GET the same fields in the query string."""
        if request.method != "POST":
            fields = inputs.from_query(request.query_string)
        elif request.query_string:
            raise MalformedError("A POST takes its fields in the body, not in the query string.")
        else:
            fields = inputs.from_body(request.get_data(), request.mimetype)
        with self._limiter.slots(self._cost(fields)):
            return _poems(self._writer.write(fields))

    def write_again(self, receipt: str) -> Response:
        """Return the poem of a receipt, written again."""
        fields = inputs.from_query(request.query_string, _AGAIN_FIELDS)
        with self._limiter.slots():
            return _poems(self._writer.write_again(receipt, fields))

    def models(self) -> Response:
        """Return the models with their defaults and the bounds of all parameters."""
        models = [_described(name, look) for name, look in zip(self._models.names, self._statuses.now(), strict=True)]
        bounds = {name: _bound(bound) for name, bound in BOUNDS.items()}
        return _json({"default": self._models.names[0], "models": models, "bounds": bounds})

    def alive(self) -> Response:
        """Return 200: the process is alive."""
        return _json({"status": "alive"})

    def ready(self) -> Response:
        """Return 200 if the default model can write a poem now; raise ModelServerUnavailableError if not."""
        served = self._statuses.now()[0]
        if isinstance(served, str):
            raise ModelServerUnavailableError(served)
        return _json({"status": "ready", "model": served.name, "version": served.version})

    def _cost(self, fields: Mapping[str, Any]) -> int:
        """Return the limiter slots of a request: `graph` writes all poems in one call, `loop` needs calls for each."""
        decoder = fields.get("decoder") or self._models.default_decoder(fields.get("model"))
        return fields.get("n", 1) if decoder == "loop" else 1


def _described(name: str, served: ServedVersion | str) -> dict[str, Any]:
    if isinstance(served, str):
        return {"name": name, "ready": False, "reason": served}
    release = served.release
    return {
        "name": name,
        "ready": True,
        "version": served.version,
        "hash": release.hash,
        "decoders": served.decoders,
        "defaults": asdict(release.defaults),
        "moods": release.moods,
    }


def _bound(bound: Bound) -> dict[str, Any]:
    """Return a bound as JSON; for a string it limits the length in characters."""
    prefix = {"minimum": "min_length", "maximum": "max_length"} if bound.kind == "string" else {}
    known = {prefix.get(name, name): value for name, value in asdict(bound).items() if value not in (None, ())}
    return {"type": known.pop("kind"), **known}


def _json(value: object) -> Response:
    return Response(encode(value), mimetype=_JSON)


def _poems(reply: dict[str, Any]) -> Response:
    if request.accept_mimetypes.best_match([_JSON, _TEXT], default=_JSON) == _TEXT:
        text = _BETWEEN.join(poem["poem"] for poem in reply["poems"])
        response = Response(f"{text}\n", mimetype=_TEXT)
    else:
        response = _json(reply)
    response.headers["Vary"] = "Accept"
    return response
