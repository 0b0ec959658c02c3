"""Settings from the environment: read once at start, validated, kept in one frozen object."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class BackendSettingsError(Exception):
    """A variable is not valid; the text is one sentence that names it."""


@dataclass(frozen=True)
class BackendSettings:
    """The backend's configuration."""

    host: str  # BACKEND_HOST
    port: int  # BACKEND_PORT; 0 lets the system choose, the log says which
    threads: int  # BACKEND_THREADS: more than MAX_CONCURRENT, so that refusals and /healthz never wait
    serving_url: str  # SERVING_URL; no slash at the end
    models: tuple[str, ...]  # MODELS: their names in TF-Serving, the default one first
    connect_seconds: float  # SERVING_CONNECT_TIMEOUT
    read_seconds: float  # SERVING_READ_TIMEOUT: for one reply of TF-Serving
    poem_seconds: float  # POEM_TIMEOUT: for all calls of one request
    max_concurrent: int  # MAX_CONCURRENT: limit on concurrent poems; those that `graph` writes in one call count once

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "BackendSettings":
        """Return the settings; raise BackendSettingsError for the first variable that is not valid."""
        max_concurrent = _integer(environ, "MAX_CONCURRENT", 8, 1, 256)
        return cls(
            host=_value(environ, "BACKEND_HOST") or "127.0.0.1",
            port=_integer(environ, "BACKEND_PORT", 5000, 0, 65535),
            threads=_threads(environ, max_concurrent),
            serving_url=_url(environ, "SERVING_URL", "http://127.0.0.1:8501"),
            models=_models(environ),
            connect_seconds=_seconds(environ, "SERVING_CONNECT_TIMEOUT", 2.0),
            read_seconds=_seconds(environ, "SERVING_READ_TIMEOUT", 30.0),
            poem_seconds=_seconds(environ, "POEM_TIMEOUT", 45.0),
            max_concurrent=max_concurrent,
        )


def _value(environ: Mapping[str, str], name: str) -> str:
    """Return the stripped variable; empty counts as unset, as Compose passes unset ones."""
    return environ.get(name, "").strip()


def _integer(environ: Mapping[str, str], name: str, default: int, minimum: int, maximum: int) -> int:
    text = _value(environ, name) or str(default)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(maximum)) else -1
    if not minimum <= number <= maximum:
        message = f"{name} must be an integer from {minimum} to {maximum}."
        raise BackendSettingsError(message)
    return number


def _threads(environ: Mapping[str, str], max_concurrent: int) -> int:
    threads = _integer(environ, "BACKEND_THREADS", max_concurrent + 4, 2, 1024)
    if threads < max_concurrent + 2:  # one queries the status, one serves what needs no TF-Serving
        message = f"BACKEND_THREADS must be at least 2 more than MAX_CONCURRENT, which is {max_concurrent}."
        raise BackendSettingsError(message)
    return threads


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    try:
        seconds = float(_value(environ, name) or default)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 3600.0:  # noqa: PLR2004 (an hour; nan fails here too)
        message = f"{name} must be a number of seconds above 0 and at most 3600."
        raise BackendSettingsError(message)
    return seconds


def _url(environ: Mapping[str, str], name: str, default: str) -> str:
    url = _value(environ, name) or default
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is not a number
        usable = False
    if not usable or parts.query or parts.fragment:
        message = f"{name} must be a URL such as {default}."
        raise BackendSettingsError(message)
    return url.rstrip("/")


def _models(environ: Mapping[str, str]) -> tuple[str, ...]:
    names = [name.strip() for name in (_value(environ, "MODELS") or "neuralpoet").split(",")]
    plain = all(name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum() for name in names)
    if not plain or len(set(names)) != len(names):
        message = "MODELS must be comma-separated names of different models, such as neuralpoet."
        raise BackendSettingsError(message)
    return tuple(names)
