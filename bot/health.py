"""Liveness: the bot touches a heartbeat file beside its database whenever Telegram answers a poll."""

import contextlib
import time
from pathlib import Path

FRESH_SECONDS = 90.0  # a poll takes up to 10 s, and the back-off after errors grows to 30 s


def heartbeat(database: Path) -> Path:
    """Return the heartbeat file; its age is the time since Telegram last answered."""
    return database.with_name(f"{database.name}.heartbeat")


def beat(path: Path) -> None:
    """Touch the heartbeat file. A full disk must not stop the bot; it shows as an old heartbeat."""
    with contextlib.suppress(OSError):
        path.touch()


def complaint(path: Path) -> str | None:
    """Return one sentence on what is wrong, None if the bot is alive."""
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        return "The bot is not running, or has not reached Telegram yet."
    return None if age < FRESH_SECONDS else f"Telegram last answered the bot {age:.0f} seconds ago."
