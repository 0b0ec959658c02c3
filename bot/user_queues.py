"""Who is served when: one user's updates one after the other, different users side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from telegram.ext import BaseUpdateProcessor

CONCURRENT_UPDATES = 256


@dataclass
class _Queue:
    """The updates of one user that are being answered or wait for it."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0
    told: bool = False  # that the queue is full


class UserQueues(BaseUpdateProcessor):
    """Keeps the order of each user's updates, and the number that may wait.

    An update that finds its queue full is dropped; `refuse` is called for the first one since the queue was last empty.
    """

    def __init__(
        self,
        whose: Callable[[object], int | None],
        refuse: Callable[[object], Awaitable[None]],
        longest: int,
    ) -> None:
        """Let `longest` updates a user be in hand or wait; `whose` gives the user, None for who needs no queue."""
        super().__init__(CONCURRENT_UPDATES)
        self._whose = whose
        self._refuse = refuse
        self._longest = longest
        self._queues: dict[int, _Queue] = {}

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Process the update when its turn comes, or drop it."""
        user = self._whose(update)
        if user is None:
            await coroutine
            return
        queue = self._queues.setdefault(user, _Queue())
        if queue.length < self._longest:
            await self._in_turn(user, queue, coroutine)
            return
        if isinstance(coroutine, Coroutine):
            coroutine.close()
        if not queue.told:
            queue.told = True
            await self._refuse(update)

    async def _in_turn(self, user: int, queue: _Queue, coroutine: Awaitable[Any]) -> None:
        queue.length += 1
        try:
            async with queue.turn:  # first come, first served
                await coroutine
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[user]

    async def initialize(self) -> None:
        """Do nothing: queues are made when they are needed."""

    async def shutdown(self) -> None:
        """Do nothing: the application has already waited for all updates."""
