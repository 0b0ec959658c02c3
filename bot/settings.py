"""The bot's settings."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from services.settings import Seconds, Settings, Url

_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")  # it becomes part of a URL


def _token(secret: SecretStr) -> SecretStr:
    token = secret.get_secret_value()
    if not token:
        raise ValueError("set it to the token that @BotFather gave you")
    if not _TOKEN.fullmatch(token):
        raise ValueError("this does not look like a token from @BotFather (digits, a colon, letters)")
    return secret


class StorageSettings(Settings):
    """Where the bot keeps its data: all that the health check needs."""

    bot_database: Path = Field(
        default=Path("data/bot.sqlite3"), description="the SQLite file; its directory is created if missing"
    )


class BotSettings(StorageSettings):
    """The bot's configuration."""

    telegram_bot_token: Annotated[SecretStr, AfterValidator(_token)] = Field(
        default=SecretStr(""), validate_default=True, description="the token from @BotFather"
    )
    telegram_bot_token_file: Path | None = Field(default=None, description="a file that holds the token, instead")
    backend_url: Url = Field(default="http://127.0.0.1:5000", description="URL of the backend")
    backend_timeout: Seconds = Field(default=60.0, description="time limit for one poem, in seconds")
    bot_decoder: Literal["graph", "loop", "verse"] | None = Field(
        default=None, description="graph, loop or verse (the backend's choice)"
    )
    telegram_api_url: Url = Field(
        default="https://api.telegram.org", description="URL of Telegram or another Bot API server"
    )

    @property
    def token(self) -> str:
        """The token in plain text."""
        return self.telegram_bot_token.get_secret_value()

    @model_validator(mode="before")
    @classmethod
    def _read_token_file(cls, values: dict[str, Any]) -> dict[str, Any]:
        path = str(values.get("telegram_bot_token_file", "")).strip()
        if not path or str(values.get("telegram_bot_token", "")).strip():
            return values
        try:
            return {**values, "telegram_bot_token": Path(path).read_text(encoding="utf-8")}
        except (OSError, UnicodeDecodeError):
            raise ValueError("TELEGRAM_BOT_TOKEN_FILE names a file that cannot be read") from None
