"""Who is served when: one user's updates one after the other, different users side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from telegram.ext import BaseUpdateProcessor

CONCURRENT_UPDATES = 256


@dataclass
class _Line:
    """The updates of one user that are being answered or wait for it."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0
    told: bool = False  # that the line is full


class Turns(BaseUpdateProcessor):
    """Keeps the order of each user's updates, and the number that may wait.

    What comes when a user's line is full is dropped; the first time until the line is empty again, `refuse` is called.
    """

    def __init__(
        self,
        whose: Callable[[object], int | None],
        refuse: Callable[[object], Awaitable[None]],
        longest: int,
    ) -> None:
        """Let `longest` updates a user be in hand or wait; `whose` gives the user, None for who needs no line."""
        super().__init__(CONCURRENT_UPDATES)
        self._whose = whose
        self._refuse = refuse
        self._longest = longest
        self._lines: dict[int, _Line] = {}

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Process the update when its turn comes, or drop it."""
        user = self._whose(update)
        if user is None:
            await coroutine
            return
        line = self._lines.setdefault(user, _Line())
        if line.length < self._longest:
            await self._in_turn(user, line, coroutine)
            return
        if isinstance(coroutine, Coroutine):
            coroutine.close()
        if not line.told:
            line.told = True
            await self._refuse(update)

    async def _in_turn(self, user: int, line: _Line, coroutine: Awaitable[Any]) -> None:
        line.length += 1
        try:
            async with line.turn:  # first come, first served
                await coroutine
        finally:
            line.length -= 1
            if not line.length:
                del self._lines[user]

    async def initialize(self) -> None:
        """Do nothing: lines are made when they are needed."""

    async def shutdown(self) -> None:
        """Do nothing: the application has already waited for all updates."""
