"""What the environment says: read once at start, checked, and kept in one frozen object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

DECODERS = ("graph", "loop")


class BotSettingsError(Exception):
    """The environment is not usable; the text is one sentence that names the variable to set."""


@dataclass(frozen=True)
class BotSettings:
    """Everything that the bot is told from outside."""

    token: str = field(repr=False)  # TELEGRAM_BOT_TOKEN, or the file that TELEGRAM_BOT_TOKEN_FILE names
    telegram_url: str  # TELEGRAM_API_URL: Telegram, or a Bot API server of one's own; no slash at the end
    backend_url: str  # BACKEND_URL; no slash at the end
    backend_seconds: float  # BACKEND_TIMEOUT: the longest that one poem may take
    decoder: str | None  # BOT_DECODER: `graph` or `loop`; None leaves the choice to the backend
    database: Path  # BOT_DATABASE: the SQLite file; its folder is made when missing

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "BotSettings":
        """Read the settings; raise BotSettingsError for the first one that is missing or wrong."""
        return cls(
            token=_token(environ),
            telegram_url=_url(environ, "TELEGRAM_API_URL", "https://api.telegram.org"),
            backend_url=_url(environ, "BACKEND_URL", "http://127.0.0.1:5000"),
            backend_seconds=_seconds(environ, "BACKEND_TIMEOUT", 60.0),
            decoder=_decoder(environ),
            database=database_path(environ),
        )


def database_path(environ: Mapping[str, str]) -> Path:
    """Return where the SQLite file lies; the health check needs this and nothing else."""
    return Path(_value(environ, "BOT_DATABASE") or "data/bot.sqlite3")


def _value(environ: Mapping[str, str], name: str) -> str:
    """Return the variable without surrounding space; unset and empty are the same, as Compose passes them."""
    return environ.get(name, "").strip()


def _token(environ: Mapping[str, str]) -> str:
    """Return the token. Its shape is checked, because it becomes part of a URL; it is never put into a message."""
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
    except ValueError:  # a port that is no number
        usable = False
    if not usable or parts.query or parts.fragment:
        raise BotSettingsError(f"{name} must be an address such as {default}.")
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
