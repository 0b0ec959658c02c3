"""Settings of a service: fields that are read once, at start, from the environment variables of the same names."""

from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_WIDTH = 28  # of the names, in the help


class SettingsError(Exception):
    """A variable is missing or not valid; the text is one sentence that names it and never quotes its value."""


class Settings(BaseSettings):
    """The base of a service's settings. A blank variable counts as unset, as Compose passes unset ones."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore", enable_decoding=False)

    @model_validator(mode="before")
    @classmethod
    def _drop_blank(cls, values: dict[str, Any]) -> dict[str, Any]:
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @classmethod
    def load(cls) -> Self:
        """Return the settings; raise SettingsError for the first variable that is missing or not valid."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(_sentence(error)) from None

    @classmethod
    def help(cls) -> str:
        """Return the variables with their descriptions and defaults, a line each."""
        lines = ["environment:"]
        for name, field in cls.model_fields.items():
            unset = field.is_required() or field.default is None or isinstance(field.default, SecretStr)
            default = "" if unset else f" ({field.default})"
            lines.append(f"  {name.upper():{_WIDTH}} {field.description}{default}")
        return "\n".join(lines)


def _sentence(error: ValidationError) -> str:
    """Return the first error as a sentence; those of several fields together name them in their own words."""
    first = error.errors(include_url=False, include_input=False)[0]
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{str(first['loc'][0]).upper()}: {message}." if first["loc"] else f"{message}."


def _url(text: str) -> str:
    """Return an HTTP URL without a slash at the end; raise ValueError for anything else."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is not a number
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ValueError("must be a URL such as http://127.0.0.1:5000")
    return text.rstrip("/")


Url = Annotated[str, AfterValidator(_url)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65535)]  # 0 lets the system choose
