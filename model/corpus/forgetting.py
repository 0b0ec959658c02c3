"""Takedown: what is to be forgotten is stored only as a hash, and is not added again."""

import hashlib
import re
import unicodedata
from collections.abc import Container

_ADDRESS = re.compile(r"https?://|[\w-]+(\.[\w-]+)+/", re.IGNORECASE)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"^(?:(?:www\d?|m)\.)?(.*?)\.?(?::(?:80|443))?$")  # drops what leads to the same page anyway


def mark(what: str) -> str:
    """Return the hash of a URL or of an author's name, the same for all their usual spellings."""
    return _url_mark(what) if _ADDRESS.match(what.strip()) else _author_mark(what)


def is_forgotten(url: str, author: str, marks: Container[str]) -> bool:
    """Return whether a text's URL or its author is among the marks."""
    return bool(url and _url_mark(url) in marks) or bool(author and _author_mark(author) in marks)


def _url_mark(url: str) -> str:
    host, slash, path = _SCHEME.sub("", url.strip(), count=1).partition("#")[0].rstrip("/").partition("/")
    bare = _HOST.sub(r"\1", host.lower())
    return _sha256(f"url {bare}{slash}{path}")


def _author_mark(name: str) -> str:
    spaced = " ".join(unicodedata.normalize("NFC", name).split())
    return _sha256(f"author {spaced.casefold().replace('ё', 'е')}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
