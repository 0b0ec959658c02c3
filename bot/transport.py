"""How the bot calls Telegram: rate limits, retries, and the outcome of polls."""

import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from telegram.error import BadRequest, NetworkError
from telegram.ext import AIORateLimiter
from telegram.request import HTTPXRequest

RETRIES_AFTER_FLOOD = 5
PAUSES_SECONDS = (0.5, 2.0, 8.0)
TIMEOUTS: dict[str, Any] = {
    "connect_timeout": 5.0,
    "read_timeout": 10.0,
    "write_timeout": 10.0,
    "pool_timeout": 5.0,
}  # seconds
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)  # Telegram's statuses for an invalid token

Result = bool | dict[str, Any] | list[dict[str, Any]]


class RetryingRateLimiter(AIORateLimiter):
    """Keeps Telegram's rate limits and retries requests to a chat that fail in the network or the server.

    A message whose confirmation was lost is sent twice: that is better than no answer, and Telegram cannot detect the
    duplicate.
    """

    def __init__(self) -> None:
        super().__init__(max_retries=RETRIES_AFTER_FLOOD)

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Result:
        """Make a request, and retry it after a pause if it fails."""
        if endpoint == "sendChatAction":  # not counted among a group's 20 messages a minute; stale if retried
            paused = not self._retry_after_event.is_set()  # Telegram asked for a pause
            return True if paused else await callback(*args, **kwargs)
        for pause in PAUSES_SECONDS if "chat_id" in data else ():
            try:
                return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)
            except BadRequest:  # a NetworkError, but retrying it will fail again
                raise
            except NetworkError:
                await asyncio.sleep(pause)
        return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)


class PollingRequest(HTTPXRequest):
    """The connection for getUpdates alone; reports successful polls and a rejected token."""

    def __init__(self, on_success: Callable[[], None], on_refusal: Callable[[], None]) -> None:
        """Call `on_success` after each successful poll, `on_refusal` if the token is rejected."""
        super().__init__(connection_pool_size=1, **TIMEOUTS)
        self._on_success = on_success
        self._on_refusal = on_refusal

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make one request to Telegram."""
        status, body = await super().do_request(*args, **kwargs)
        if status in REFUSED:
            self._on_refusal()
        elif status == HTTPStatus.OK:
            self._on_success()
        return status, body
