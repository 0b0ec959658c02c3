"""robots.txt, read as RFC 9309 says: groups, the longest rule, * and $; and Crawl-delay."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from model.errors import ModelError

MAX_SIZE = 500 * 2**10  # characters that RFC 9309 has everybody read
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class ForbiddenError(ModelError):
    """A page that robots.txt forbids, or lets nobody fetch in a sensible time."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"robots.txt of {urlsplit(url).netloc} {why}")
        self.url = url


@dataclass(frozen=True)
class Rules:
    """What one site lets one robot do."""

    paths: tuple[tuple[str, bool], ...] = ()  # a pattern, and whether it allows
    delay: float = 0.0  # seconds between two requests

    def allows(self, url: str) -> bool:
        """Return whether the robot may fetch this address. Of the longest patterns that match, one that allows wins."""
        parts = urlsplit(url)
        path = _quoted((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        found = [(len(pattern), allowed) for pattern, allowed in self.paths if _matches(pattern, path)]
        return max(found, default=(0, True))[1]


NOTHING = Rules((("/", False),))


def parse(text: str, robot: str) -> Rules:
    """Return the rules for a robot: those of all groups that name it, else those for all."""
    own: list[tuple[str, str]] = []
    common: list[tuple[str, str]] = []
    for names, rules in _groups(text[:MAX_SIZE]):
        if robot.lower() in names:
            own += [("", ""), *rules]
        elif "*" in names:
            common += rules
    chosen = own or common
    paths = [(_quoted(value), key == "allow") for key, value in chosen if key in {"allow", "disallow"} and value]
    delays = [float(value) for key, value in chosen if key == "crawl-delay" and re.fullmatch(r"\d+(\.\d+)?", value)]
    return Rules(tuple(paths), max(delays, default=0.0))


def _groups(text: str) -> Iterator[tuple[set[str], list[tuple[str, str]]]]:
    """Yield each group: the robots that it is for, in small letters, and its rules."""
    names: set[str] = set()
    rules: list[tuple[str, str]] = []
    for line in text.splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower().removeprefix("\ufeff"), value.strip()
        if key == "user-agent":
            if rules:
                yield names, rules
                names, rules = set(), []
            names.add(value.partition("/")[0].strip().lower())
        elif colon and names and key in {"allow", "disallow", "crawl-delay"}:
            rules.append((key, value))
    yield names, rules


def _quoted(path: str) -> str:
    """Return one spelling to what may be written with % or without."""
    return re.sub("%[0-9a-fA-F]{2}", lambda found: found[0].upper(), quote(path, safe=_PRINTABLE))


def _matches(pattern: str, path: str) -> bool:
    """Match without regular expressions, which a pattern of many stars would slow down without end."""
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    last = rest.pop() if rest and pattern.endswith("$") else None
    for piece in rest:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    if last is not None:
        return path.endswith(last) and len(path) - len(last) >= at
    return not pattern.endswith("$") or at == len(path)
