"""One queue a user: a user's updates are processed in order, different users' concurrently."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from telegram.ext import BaseUpdateProcessor

CONCURRENT_UPDATES = 256


@dataclass
class _Queue:
    """The updates of one user, in progress or waiting."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0
    refused: bool = False  # since it was last empty


class UserQueues(BaseUpdateProcessor):
    """Keeps each user's updates in order, and bounds the number that wait.

    An update that finds its queue full is dropped; `refuse` is called for the first one since the queue was last empty.
    """

    def __init__(
        self,
        user_of: Callable[[object], int | None],
        refuse: Callable[[object], Awaitable[None]],
        limit: int,
    ) -> None:
        """Queue at most `limit` updates a user; `user_of` returns the user, None for an update that needs no queue."""
        super().__init__(CONCURRENT_UPDATES)
        self._user_of = user_of
        self._refuse = refuse
        self._limit = limit
        self._queues: dict[int, _Queue] = {}

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Process the update in its user's order, or drop it."""
        user = self._user_of(update)
        if user is None:
            await coroutine
            return
        queue = self._queues.setdefault(user, _Queue())
        if queue.length < self._limit:
            await self._in_order(user, queue, coroutine)
            return
        if isinstance(coroutine, Coroutine):
            coroutine.close()
        if not queue.refused:
            queue.refused = True
            await self._refuse(update)

    async def _in_order(self, user: int, queue: _Queue, coroutine: Awaitable[Any]) -> None:
        queue.length += 1
        try:
            async with queue.lock:  # which is fair: first come, first served
                await coroutine
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[user]

    async def initialize(self) -> None:
        """Do nothing: queues are created on demand."""

    async def shutdown(self) -> None:
        """Do nothing: the application has already waited for all updates."""
