"""How long a site asks clients to wait, from the headers of its responses."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import inf


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Return the number of seconds that a refusal asks for; None if it names none."""
    wait = _retry_after(headers.get("Retry-After"))
    return wait if wait is not None else used_up(headers) or None


def _retry_after(value: str | None) -> float | None:
    """Parse the header, which holds seconds or a date. None if it is missing or invalid."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def used_up(headers: Mapping[str, str]) -> float:
    """Return the seconds until the next request is allowed, if Reddit's headers say that the quota is used up."""
    try:
        remaining, reset = float(headers["X-Ratelimit-Remaining"]), float(headers["X-Ratelimit-Reset"])
    except (KeyError, ValueError):
        return 0.0
    return reset if remaining <= 0 <= reset < inf else 0.0
