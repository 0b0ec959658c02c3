"""A Reddit: listings of top submissions, the public ones and the API's, as docs/sites.md describes them."""

import json
import threading
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from tests.model.corpus.collectors.sites import Answer, Asked, Site

Json = dict[str, Any]
Hook = Callable[["Reddit"], object]

CLIENT_ID, CLIENT_SECRET = "the-id-of-the-double", "the-secret-of-the-double"
BEGIN = 1_700_000_000  # unix time of submission 0
LONGEST = 1000  # submissions that a listing shows
OPEN = Answer(b"User-agent: *\nAllow: /\n", headers={"Content-Type": "text/plain"})
CLOSED = Answer(b"User-agent: *\nDisallow: /\n", headers={"Content-Type": "text/plain"})
BLOCKED = Answer(b"<html><title>Blocked</title><h1>whoa there, pardner!</h1></html>", 403)


def submission(number: int, subreddit: str = "verses", title: str | None = None, **more: Any) -> Json:
    """Return a submission as Reddit gives it."""
    name = _base36(number)
    return {
        "name": f"t3_{name}",
        "id": name,
        "title": words(number) if title is None else title,
        "author": f"poet_{number % 5}",
        "subreddit": subreddit,
        "score": 5000 - number,
        "over_18": False,
        "stickied": False,
        "removed_by_category": None,
        "created_utc": float(BEGIN + number),
        "permalink": f"/r/{subreddit}/comments/{name}/a_title/",
    } | more


def words(number: int) -> str:
    return f"What the {number} waves said & why <they> left"


class Reddit(Site):
    """Subreddits, each a list with its top first. `closed` are the answers of those that cannot be read."""

    def __init__(self, **subreddits: list[Json]) -> None:
        super().__init__()
        self.robots = OPEN
        self.subreddits = subreddits
        self.closed: dict[str, Answer] = {}
        self.tokens: list[str] = []  # the last one holds
        self.token_seconds = 86400
        self.before: Hook = lambda _: None  # called before each answer, to change the listings
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.before(self)
            match asked.path.strip("/").split("/"):
                case ["api", "v1", "access_token"]:
                    return self._token(asked)
                case ["r", name, "top"]:
                    held = bool(self.tokens) and asked.headers.get("Authorization") == f"Bearer {self.tokens[-1]}"
                    return self._top(name, asked) if held else refusal(401, "Unauthorized")
                case ["r", name, "top.json"]:
                    return self._top(name, asked)
            return _json({"kind": "Listing", "data": {"after": None, "dist": 0, "children": [], "before": None}})

    def _token(self, asked: Asked) -> Answer:
        pair = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked.headers.get("Authorization") != f"Basic {pair}":
            return refusal(401, "Unauthorized")
        if asked.method != "POST" or asked.form != {"grant_type": "client_credentials"}:
            return _json({"error": "unsupported_grant_type"})
        self.tokens.append(f"secret-token-{len(self.tokens)}")
        fields = {"token_type": "bearer", "expires_in": self.token_seconds, "scope": "*"}
        return _json({"access_token": self.tokens[-1], **fields})

    def _top(self, name: str, asked: Asked) -> Answer:
        if name.lower() in self.closed:
            return self.closed[name.lower()]
        if name.lower() not in self.subreddits:
            return Answer(status=302, headers={"Location": f"{self.address}/subreddits/search.json?q={name}"})
        if asked.query.get("t") not in {"hour", "day", "week", "month", "year", "all"}:
            return refusal(400, "Bad Request")
        order = self.subreddits[name.lower()][:LONGEST]
        names = [item["name"] for item in order]
        after = asked.query.get("after")
        begin = (names.index(after) + 1 if after in names else len(names)) if after else 0
        page = order[begin : begin + min(int(asked.query.get("limit", 25)), 100)]
        if asked.query.get("raw_json") != "1":
            page = [item | {"title": _escape(item["title"])} for item in page]
        more = page[-1]["name"] if begin + len(page) < len(order) and page else None
        children = [{"kind": "t3", "data": item} for item in page]
        return _json(
            {"kind": "Listing", "data": {"after": more, "dist": len(page), "children": children, "before": None}}
        )


def refusal(status: int, message: str, **more: Any) -> Answer:
    """Return the answer of a subreddit that cannot be read."""
    return _json({"message": message, "error": status, **more}, status)


def _escape(title: str) -> str:
    return title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (_base36(number // 36) if number >= 36 else "") + digits[number % 36]


def _json(value: Json, status: int = 200) -> Answer:
    return Answer(json.dumps(value).encode(), status, {"Content-Type": "application/json; charset=UTF-8"})
