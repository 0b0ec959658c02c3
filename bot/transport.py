"""How the bot calls Telegram: what is repeated, what is held back, what a successful poll means."""

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
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)  # Telegram's statuses for a token that is not valid

Result = bool | dict[str, Any] | list[dict[str, Any]]


class RetryingRateLimiter(AIORateLimiter):
    """Keeps Telegram's limits, and sends again what the network or a failing server swallowed on its way to a chat.

    A message whose acceptance was lost on the way back is sent twice: that is better than no answer, and Telegram has
    no means to tell a repetition.
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
        """Make a request, and make it again after a pause when it failed on the way."""
        if endpoint == "sendChatAction":  # must not use up a group's 20 messages a minute, and is stale when repeated
            held = not self._retry_after_event.is_set()  # Telegram said how long to be silent
            return True if held else await callback(*args, **kwargs)
        for pause in PAUSES_SECONDS if "chat_id" in data else ():
            try:
                return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)
            except BadRequest:  # is a NetworkError, but says that the same request will fail again
                raise
            except NetworkError:
                await asyncio.sleep(pause)
        return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)


class PollingRequest(HTTPXRequest):
    """The connection for getUpdates alone; reports what each reply says about the bot's life."""

    def __init__(self, on_success: Callable[[], None], on_refusal: Callable[[], None]) -> None:
        """Call `on_success` after each good reply, `on_refusal` when the token is not valid any more."""
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
