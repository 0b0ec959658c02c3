"""A VK with one wall: the method `wall.get` as docs/sites.md describes it."""

import json
import threading
from collections.abc import Callable
from typing import Any

from tests.model.corpus.collectors.sites import Answer, Asked, Site

Json = dict[str, Any]
Hook = Callable[["Wall"], object]

TOKEN = "vk1.a.the-double-takes-no-other-token"
OWNER, DOMAIN, NAME = -4321, "sea_verses", "Стихи о море"
BEGIN = 1_700_000_000  # unix time of post 0; post n comes n minutes later


def post(number: int, text: str | None = None, **more: Any) -> Json:
    """Return a post of the wall as VK gives it."""
    return {
        "id": number,
        "owner_id": OWNER,
        "from_id": OWNER,
        "date": BEGIN + 60 * number,
        "text": words(number) if text is None else text,
        "marked_as_ads": 0,
        "post_type": "post",
        "attachments": [],
        "donut": {"is_donut": False},
        "likes": {"can_like": 1, "count": number % 7},
        "hash": "AbCd",
    } | more


def words(number: int) -> str:
    return f"Волна номер {number}\nидёт к берегу"


def error(code: int, message: str, **more: Any) -> Answer:
    return _json({"error": {"error_code": code, "error_msg": message, "request_params": [], **more}})


class Wall(Site):
    """The wall, newest first; the pinned post stands before all others and counts like them."""

    def __init__(self, posts: list[Json]) -> None:
        super().__init__()
        self.posts = sorted(posts, key=lambda item: -item["id"])
        self.pinned: int | None = None
        self.hidden: set[int] = set()  # posts that keep their place and are not shown
        self.before: Hook = lambda _: None  # called before each answer, to change the wall
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """Let as many posts come in."""
        last = max((item["id"] for item in self.posts), default=0)
        self.posts[:0] = [post(last + number) for number in range(count, 0, -1)]

    def remove(self, *numbers: int) -> None:
        self.posts = [item for item in self.posts if item["id"] not in numbers]

    def offsets(self) -> list[int]:
        """Return the offsets asked for."""
        return [int(asked.form["offset"]) for asked in self.asked]

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.before(self)
            return self._refusal(asked) or self._page(int(asked.form["offset"]), int(asked.form["count"]))

    def _refusal(self, asked: Asked) -> Answer | None:
        form, invalid = asked.form, "One of the parameters specified was missing or invalid"
        token = form.get("access_token")
        refusals = [
            (asked.path != "/method/wall.get", 3, "Unknown method passed"),
            (asked.method != "POST" or bool(asked.query), 8, "Invalid request: the double wants a form"),
            (form.get("v") != "5.199", 8, "Invalid request: versions below 5.81 are deprecated"),
            (token is None, 8, "Invalid request: method is unavailable without access token"),
            (token != TOKEN, 5, f"User authorization failed: invalid access_token {token} (4)."),
            (form.get("owner_id") != str(OWNER) and form.get("domain") != DOMAIN, 100, f"{invalid}: owner_id"),
            (not 0 < int(form.get("count", 20)) <= 100, 100, f"{invalid}: count should be less or equal to 100"),
        ]
        return next((error(code, message) for refused, code, message in refusals if refused), None)

    def _page(self, offset: int, count: int) -> Answer:
        pin = [item | {"is_pinned": 1} for item in self.posts if item["id"] == self.pinned]
        order = pin + [item for item in self.posts if item["id"] != self.pinned]
        items = [item for item in order[offset : offset + count] if item["id"] not in self.hidden]
        groups = [{"id": -OWNER, "name": NAME, "screen_name": DOMAIN, "type": "page"}]
        return _json({"response": {"count": len(order), "items": items, "profiles": [], "groups": groups}})


def _json(value: Json) -> Answer:
    return Answer(json.dumps(value).encode(), headers={"Content-Type": "application/json; charset=utf-8"})
