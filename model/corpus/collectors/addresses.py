"""Which addresses can be asked for, and which may be sent a secret."""

from urllib.parse import SplitResult, urlsplit

import requests

from model.errors import ModelError

LOCAL = {"127.0.0.1", "::1", "localhost"}


def check_address(url: str) -> SplitResult:
    """Return the parts of an address. ModelError where it cannot be asked for, or holds a name or a password."""
    try:
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise ModelError("an address with a name or a password in it is not taken")
        requests.Request("GET", url).prepare()
        (parts.hostname or "").encode("idna")  # which no label that is empty or too long passes
        if parts.hostname and parts.scheme in {"http", "https"}:
            return parts
    except ValueError:
        pass
    raise ModelError(f"{url!r} is no address: expected one that begins with https://")


def check_secret_address(url: str) -> None:
    """Raise ModelError where a secret sent to this address could be read on the way."""
    parts = check_address(url)
    if parts.scheme == "http" and parts.hostname not in LOCAL:
        raise ModelError(f"{url}: a token is sent over https only")
