"""Checking which URLs can be requested, and which may be sent a secret."""

from urllib.parse import SplitResult, urlsplit

import requests

from model.errors import ModelError

LOCAL = {"127.0.0.1", "::1", "localhost"}


def check_address(url: str) -> SplitResult:
    """Return the parts of a URL. ModelError if it cannot be requested, or holds a user name or a password."""
    try:
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise ModelError("an address must not contain a user name or a password")
        requests.Request("GET", url).prepare()
        (parts.hostname or "").encode("idna")  # fails for labels that are empty or too long
        if parts.hostname and parts.scheme in {"http", "https"}:
            return parts
    except ValueError:
        pass
    raise ModelError(f"{url!r} is not an address: expected one that begins with https://")


def check_secret_address(url: str) -> None:
    """Raise ModelError if a secret sent to this URL could be intercepted."""
    parts = check_address(url)
    if parts.scheme == "http" and parts.hostname not in LOCAL:
        raise ModelError(f"{url}: a token is sent over https only")
