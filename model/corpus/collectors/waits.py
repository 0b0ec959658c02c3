"""How long a site asks to wait, in the headers of its answers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import inf


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a refusal asks for; None where it does not say."""
    wait = _retry_after(headers.get("Retry-After"))
    return wait if wait is not None else used_up(headers) or None


def _retry_after(value: str | None) -> float | None:
    """Read the header, which holds seconds or a date. None where it is missing or unreadable."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def used_up(headers: Mapping[str, str]) -> float:
    """Return the seconds to the next request where Reddit's headers say that the last one allowed has been made."""
    try:
        remaining, reset = float(headers["X-Ratelimit-Remaining"]), float(headers["X-Ratelimit-Reset"])
    except (KeyError, ValueError):
        return 0.0
    return reset if remaining <= 0 <= reset < inf else 0.0
