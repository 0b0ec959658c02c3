"""Is the bot alive? It touches a file beside its database whenever Telegram answers a poll."""

import contextlib
import time
from pathlib import Path

FRESH_SECONDS = 90.0  # a poll takes 10 s at most, and the pause after errors grows to 30 s


def heartbeat(database: Path) -> Path:
    """Return the file whose age tells when Telegram last answered."""
    return database.with_name(f"{database.name}.heartbeat")


def beat(path: Path) -> None:
    """Mark the moment. A full disk must not stop the bot; the file then grows old, which tells of it."""
    with contextlib.suppress(OSError):
        path.touch()


def complaint(path: Path) -> str | None:
    """Return what is wrong in one sentence, None if the bot is alive."""
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        return "The bot is not running, or has not reached Telegram yet."
    return None if age < FRESH_SECONDS else f"Telegram last answered the bot {age:.0f} seconds ago."
