"""Settings from the environment: read once at start, validated, kept in one frozen object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

DECODERS = ("graph", "loop")


class BotSettingsError(Exception):
    """A variable is missing or not valid; the text is one sentence that names it."""


@dataclass(frozen=True)
class BotSettings:
    """The bot's configuration."""

    token: str = field(repr=False)  # TELEGRAM_BOT_TOKEN, or the file that TELEGRAM_BOT_TOKEN_FILE names
    telegram_url: str  # TELEGRAM_API_URL: Telegram or another Bot API server; no slash at the end
    backend_url: str  # BACKEND_URL; no slash at the end
    backend_seconds: float  # BACKEND_TIMEOUT: time limit for one poem
    decoder: str | None  # BOT_DECODER: `graph` or `loop`; None: the backend's choice
    database: Path  # BOT_DATABASE: the SQLite file; its directory is created if missing

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "BotSettings":
        """Return the settings; raise BotSettingsError for the first variable that is missing or not valid."""
        return cls(
            token=_token(environ),
            telegram_url=_url(environ, "TELEGRAM_API_URL", "https://api.telegram.org"),
            backend_url=_url(environ, "BACKEND_URL", "http://127.0.0.1:5000"),
            backend_seconds=_seconds(environ, "BACKEND_TIMEOUT", 60.0),
            decoder=_decoder(environ),
            database=database_path(environ),
        )


def database_path(environ: Mapping[str, str]) -> Path:
    """Return the path of the SQLite file, the one setting that the health check needs."""
    return Path(_value(environ, "BOT_DATABASE") or "data/bot.sqlite3")


def _value(environ: Mapping[str, str], name: str) -> str:
    """Return the stripped variable; empty counts as unset, as Compose passes unset ones."""
    return environ.get(name, "").strip()


def _token(environ: Mapping[str, str]) -> str:
    """Return the token, validated since it becomes part of a URL; no error message contains it."""
    token = _value(environ, "TELEGRAM_BOT_TOKEN") or _token_from_file(environ)
    if not token:
        raise BotSettingsError("Set TELEGRAM_BOT_TOKEN to the token that @BotFather gave you.")
    number, _, secret = token.partition(":")
    if not (number.isdecimal() and secret.replace("-", "").replace("_", "").isalnum() and token.isascii()):
        raise BotSettingsError(
            "TELEGRAM_BOT_TOKEN does not look like a token from @BotFather (digits, a colon, letters)."
        )
    return token


def _token_from_file(environ: Mapping[str, str]) -> str:
    path = _value(environ, "TELEGRAM_BOT_TOKEN_FILE")
    try:
        return Path(path).read_text(encoding="utf-8").strip() if path else ""
    except (OSError, UnicodeDecodeError):
        raise BotSettingsError("TELEGRAM_BOT_TOKEN_FILE names a file that cannot be read.") from None


def _url(environ: Mapping[str, str], name: str, default: str) -> str:
    url = _value(environ, name) or default
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is not a number
        usable = False
    if not usable or parts.query or parts.fragment:
        raise BotSettingsError(f"{name} must be a URL such as {default}.")
    return url.rstrip("/")


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    try:
        seconds = float(_value(environ, name) or default)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 3600.0:  # noqa: PLR2004 (an hour; nan fails here too)
        raise BotSettingsError(f"{name} must be a number of seconds above 0 and at most 3600.")
    return seconds


def _decoder(environ: Mapping[str, str]) -> str | None:
    decoder = _value(environ, "BOT_DECODER")
    if decoder and decoder not in DECODERS:
        raise BotSettingsError(f"BOT_DECODER must be empty or one of: {', '.join(DECODERS)}.")
    return decoder or None
