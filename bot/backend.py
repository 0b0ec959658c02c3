"""A client for the backend's HTTP API.

Errors: BackendError is the root and is never raised itself. No error's text holds anything that a user wrote.
  BackendUnavailableError  no poem, and not the user's fault: the backend is unreachable, slow or broken, or rejects our
                           own parameters; the text, for the log, says which
  BackendBusyError         the backend is at its limit of concurrent poems
  PromptRefusedError       the backend rejects this prompt
  ModelNotOfferedError     the backend has no model of the requested name
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

CONNECT_SECONDS = 3.0
SEND_SECONDS = 5.0
CONNECTIONS = 64


class BackendError(Exception):
    """The backend wrote no poem."""


class BackendUnavailableError(BackendError):
    """The backend cannot write a poem now."""


class BackendBusyError(BackendError):
    """The backend is at its limit."""


class PromptRefusedError(BackendError):
    """The backend rejects this prompt."""


class ModelNotOfferedError(BackendError):
    """The backend does not, or no longer, offer the model."""


@dataclass(frozen=True)
class OfferedModel:
    """A model that the backend offers."""

    name: str
    ready: bool  # can write a poem now
    default: bool


class BackendClient:
    """A client with one connection pool, for the life of the process."""

    def __init__(self, url: str, seconds: float, decoder: str | None) -> None:
        """Wait at most `seconds` for a poem; request `decoder` unless it is None."""
        self._seconds = seconds
        self._parameters = {} if decoder is None else {"decoder": decoder}
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(connect=CONNECT_SECONDS, read=seconds, write=SEND_SECONDS, pool=seconds),
            limits=httpx.Limits(max_connections=CONNECTIONS),
            trust_env=False,  # a proxy in the environment is there to reach Telegram, not our own backend
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def poem(self, prompt: str, model: str | None = None) -> str:
        """Return a poem that begins with the prompt, by the named or the default model. Raises BackendError."""
        named = {} if model is None else {"model": model}
        response = await self._request("POST", "/generate", {"prompt": prompt, **named, **self._parameters})
        if response.status_code != httpx.codes.OK:
            raise _error(response)
        match _json(response):
            case {"poems": [{"poem": str(poem)}, *_]}:
                return _well_formed(poem)
        raise BackendUnavailableError("a reply without a poem")

    async def models(self) -> list[OfferedModel]:
        """Return the models, at least one; raise BackendUnavailableError for any other reply."""
        response = await self._request("GET", "/models")
        match _json(response):
            case {"default": str(default), "models": [_, *_] as entries}:
                return [_model(entry, default) for entry in entries]
        message = f"a reply without models, status {response.status_code}"
        raise BackendUnavailableError(message)

    async def longest_prompt(self) -> int | None:
        """Return the longest prompt in characters, None if it is unknown."""
        try:
            reply = _json(await self._request("GET", "/models"))
        except BackendUnavailableError:
            return None
        match reply:
            case {"bounds": {"prompt": {"max_length": int(limit)}}}:
                return limit
        return None

    async def _request(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            async with asyncio.timeout(self._seconds):  # httpx limits each phase, not their sum
                return await self._client.request(method, path, json=body)
        except (httpx.HTTPError, TimeoutError) as error:
            raise BackendUnavailableError(type(error).__name__) from error


def _error(response: httpx.Response) -> BackendError:
    """Return the error for a reply, by its status and, for some, by its problem details."""
    match response.status_code:
        case httpx.codes.TOO_MANY_REQUESTS:
            return BackendBusyError()
        case httpx.codes.SERVICE_UNAVAILABLE if _problem_type(response).endswith((":busy", ":slow")):
            return BackendBusyError()
        case httpx.codes.NOT_FOUND if _problem_type(response).endswith(":unknown-model"):
            return ModelNotOfferedError()
        case httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            return PromptRefusedError()
        case httpx.codes.UNPROCESSABLE_ENTITY:
            fields = _refused_fields(response)
            return (
                PromptRefusedError()
                if fields <= {"prompt"}
                else BackendUnavailableError(f"status 422 for {sorted(fields)}")
            )
    return BackendUnavailableError(f"status {response.status_code}")


def _model(entry: object, default: str) -> OfferedModel:
    match entry:
        case {"name": str(name), "ready": bool(ready)}:
            return OfferedModel(name, ready, name == default)
    raise BackendUnavailableError("a model without a name")


def _problem_type(response: httpx.Response) -> str:
    match _json(response):
        case {"type": str(name)}:
            return name
    return ""


def _refused_fields(response: httpx.Response) -> set[str]:
    match _json(response):
        case {"errors": [*errors]}:
            return {
                error["field"] for error in errors if isinstance(error, dict) and isinstance(error.get("field"), str)
            }
    return set()


def _json(response: httpx.Response) -> Any:
    """Return the reply's JSON, None if it has none."""
    try:
        return response.json()
    except ValueError:
        return None


def _well_formed(text: str) -> str:
    """Return the text with lone surrogates replaced, which JSON can carry and Telegram cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
