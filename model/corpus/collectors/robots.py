"""robots.txt as specified by RFC 9309: groups, longest match, * and $; and Crawl-delay."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from model.errors import ModelError

MAX_SIZE = 500 * 2**10  # characters; RFC 9309 requires at least this much to be parsed
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class ForbiddenError(ModelError):
    """A page that robots.txt forbids, or cannot be fetched at a reasonable rate."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"robots.txt of {urlsplit(url).netloc} {why}")
        self.url = url


@dataclass(frozen=True)
class Rules:
    """What a site allows one robot to fetch."""

    paths: tuple[tuple[str, bool], ...] = ()  # a pattern, and whether it allows
    delay: float = 0.0  # seconds between requests

    def allows(self, url: str) -> bool:
        """Return whether the robot may fetch this URL. The longest matching pattern decides; in a tie, it may."""
        parts = urlsplit(url)
        path = _quoted((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        found = [(len(pattern), allowed) for pattern, allowed in self.paths if _matches(pattern, path)]
        return max(found, default=(0, True))[1]


NOTHING = Rules((("/", False),))


def parse(text: str, robot: str) -> Rules:
    """Return the rules for a robot: those of all groups that name it, or else those for all robots."""
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
    """Yield each group: the names of its robots, in lower case, and its rules."""
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
    """Return the path percent-encoded in a canonical form."""
    return re.sub("%[0-9a-fA-F]{2}", lambda found: found[0].upper(), quote(path, safe=_PRINTABLE))


def _matches(pattern: str, path: str) -> bool:
    """Match without a regular expression, which would backtrack on a pattern with many stars."""
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
