"""The posts of a VK community's wall, by the method `wall.get`. Its responses are described in docs/sites.md.

The wall is a list, newest first, read by offsets. While it is read it grows at its head and may shrink anywhere. So
every page overlaps the previous one and is accepted only if it continues it: if it holds a post already seen, or begins
with a newer one. Growth moves posts to higher offsets: they appear again, and are stored once, by their URL. Removal
moves them to lower offsets: the page then does not continue the previous one, and a page further up is read instead. A
second walk from the head finds what was posted meanwhile, as does every later run; it ends where the last walk began.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from model.corpus.collection import Collection
from model.corpus.collectors.addresses import check_secret_address
from model.corpus.collectors.fetching import Fetcher, FetchError, Page
from model.corpus.texts import Text
from model.errors import ModelError
from model.text.normalise import line_ends

VERSION = "5.199"
TOKEN = "VK_TOKEN"  # noqa: S105  the variable's name
PAGE = 100  # posts, the most that wall.get returns
STEP = 80  # posts from the start of a page to the start of the next
MAX_BARREN = 50  # pages in a row without a post that the previous one lacks

_DOMAIN = re.compile(r"[A-Za-z0-9_.]{1,64}")
_LINK = re.compile(
    r"\[(?:(?:id|club|public|event|app)\d+(?::[^\]|\n]*)?|(?:https?://|vk\.com/)[^\]|\s]+)\|([^\]\n]+)\]"
)
_PASSING = {1, 6, 9, 10, 43}  # unknown, too many per second, flood, internal, temporarily unavailable
_ADVICE = {
    5: f"VK rejects the token in {TOKEN}",
    14: "VK requires a captcha: run the same command again in an hour, with a longer --delay",
    17: "VK requires the token's owner to confirm their identity",
    27: f"{TOKEN} must hold a user's token or an application's service key, not a community's token",
    28: f"{TOKEN} must hold a user's token or an application's service key",
    29: "the calls that VK allows in a day are used up: run the same command again tomorrow",
}
_ADVICE |= dict.fromkeys((15, 18, 19, 30, 203), "the wall is closed, blocked or deleted")
_ADVICE |= dict.fromkeys((100, 113, 125), "VK has no wall with that number or name")


@dataclass(frozen=True)
class VkSettings:
    """Which wall to collect, and how to request it."""

    token: str = field(repr=False)
    owner: int | None = None  # negative, as VK numbers communities
    domain: str = ""  # the community's short name, instead of the number
    api: str = "https://api.vk.com"

    def __post_init__(self) -> None:
        if not self.token:
            raise ModelError(
                f"no token: set {TOKEN} in the environment to an application's service key or a user's token"
            )
        if not (self.token.isascii() and self.token.isprintable()) or " " in self.token:
            raise ModelError(f"{TOKEN} is not a valid token: it contains spaces or letters that are not ASCII")
        if (self.owner is None) == (not self.domain):
            raise ModelError("expected either the number of a community or its short name")
        if self.owner is not None and self.owner >= 0:
            raise ModelError(f"{self.owner}: the numbers of communities are negative, such as -{self.owner or 1}")
        if self.domain and not _DOMAIN.fullmatch(self.domain):
            raise ModelError(f"{self.domain!r} is not a short name: expected what follows vk.com/ in the address")
        check_secret_address(self.api)


@dataclass(frozen=True)
class _Stretch:
    """The posts of a page as positions on the wall, without the pinned one, which comes first whatever its date."""

    ids: tuple[int, ...]
    newest: int  # unix time
    oldest: int

    def goes_on(self, last: "_Stretch") -> bool:
        """Return whether no post can lie between these posts and the last ones."""
        return self.newest > last.oldest or not set(self.ids).isdisjoint(last.ids)

    def reaches(self, known: "_Stretch") -> bool:
        """Return whether everything newer than the known posts has been passed."""
        return self.oldest < known.newest or not set(self.ids).isdisjoint(known.ids)


@dataclass(frozen=True)
class _Page:
    stretch: _Stretch | None  # None if there is no post
    texts: list[Text]
    count: int  # of the wall's posts


@dataclass(frozen=True)
class _Place:
    """The position of a walk."""

    offset: int = 0
    head: _Stretch | None = None  # the walk's first page
    last: _Stretch | None = None  # the last page accepted
    known: _Stretch | None = None  # the first page of the previous walk, below which everything is collected

    def takes(self, page: _Page) -> bool:
        return not self.offset or not self.last or (page.stretch is not None and page.stretch.goes_on(self.last))

    def ends(self, page: _Page) -> bool:
        if page.stretch and self.known and page.stretch.reaches(self.known):
            return True
        return self.offset >= page.count and not self.brings(page)

    def brings(self, page: _Page) -> bool:
        """Return whether a page has posts that the last one lacks."""
        return page.stretch is not None and not (self.last and set(page.stretch.ids) <= set(self.last.ids))

    def after(self, page: _Page) -> "_Place":
        """Return the position after an accepted page."""
        head = (self.head if self.offset else None) or page.stretch
        if self.ends(page):
            return _Place(known=head)
        return replace(self, offset=self.offset + STEP, head=head, last=page.stretch or self.last)


def collect(fetcher: Fetcher, collection: Collection, settings: VkSettings) -> Iterator[str]:
    """Yield after each page of the wall. ModelError if VK stops responding."""
    collection.begin({"site": "vk", "wall": settings.domain or settings.owner})
    wall = _Wall(fetcher, settings)
    while True:
        whole, before = not collection.position.get("offset"), collection.count
        yield from _walk(wall, collection)
        if whole and collection.count == before:
            return


def _walk(wall: "_Wall", collection: Collection) -> Iterator[str]:
    """Walk from the stored position down to known posts or the end of the wall."""
    place: _Place | None = _load(collection.position)
    refused: set[int] = set()  # offsets
    barren = 0
    while place:
        page = wall.page(place.offset)
        barren = 0 if place.brings(page) else barren + 1
        if barren > MAX_BARREN:
            raise ModelError(
                f"VK counts {page.count} posts but returns no new one at {place.offset}: can the token read them?"
            )
        # If even the previous page, read again, does not lead on to a page, hidden posts lie between them.
        if place.takes(page) or place.offset in refused:
            ends, after = place.ends(page), place.after(page)
            collection.keep(page.texts, _dump(after))
            yield f"post {place.offset} of {page.count}"
            place = None if ends else after
        else:
            refused.add(place.offset)
            place = replace(place, offset=max(0, place.offset - STEP))


class _Wall:
    def __init__(self, fetcher: Fetcher, settings: VkSettings) -> None:
        self._fetcher = fetcher
        self._settings = settings

    def page(self, offset: int) -> _Page:
        wall: dict[str, str | int] = {"domain": self._settings.domain} if self._settings.domain else {}
        if self._settings.owner is not None:
            wall["owner_id"] = self._settings.owner
        form = wall | {
            "offset": offset,
            "count": PAGE,
            "extended": 1,
            "v": VERSION,
            "access_token": self._settings.token,
        }
        address = f"{self._settings.api.rstrip('/')}/method/wall.get"
        return self._read(self._fetcher.post(address, form, check=self._read))

    def _read(self, page: Page) -> _Page:
        """Parse a response. FetchError if a retry may help."""
        try:
            answer = json.loads(page.body, strict=False)  # texts may hold raw control characters
            if "error" not in answer:
                return _read_posts(answer["response"])
            code, message = int(answer["error"]["error_code"]), str(answer["error"].get("error_msg"))
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, OSError, RecursionError):
            raise FetchError(f"wall.get: status {page.status}, without a readable response") from None
        said = "".join(filter(str.isprintable, message.replace(self._settings.token, "***")))[:200]
        if code in _PASSING:
            raise FetchError(f"wall.get: error {code}: {said}")
        raise ModelError(f"{_ADVICE.get(code, 'VK refuses')} (error {code}: {said})")


def _read_posts(response: Mapping[str, Any]) -> _Page:
    names = {int(group["id"]): str(group["name"]) for group in response.get("groups", [])}
    items = response["items"]
    marks = [(int(item["id"]), int(item["date"])) for item in items if not item.get("is_pinned")]
    stretch = _Stretch(tuple(mark[0] for mark in marks), marks[0][1], marks[-1][1]) if marks else None
    texts = [_read_post(item, names) for item in items if not _is_advertisement(item)]
    return _Page(stretch, [text for text in texts if text.text], int(response["count"]))


def _is_advertisement(item: Mapping[str, Any]) -> bool:
    return bool(item.get("marked_as_ads")) or item.get("post_type") == "post_ads"


def _read_post(item: Mapping[str, Any], names: Mapping[int, str]) -> Text:
    """Return the post's own text; what it reposts is in copy_history and is omitted."""
    return Text(
        text=_LINK.sub(r"\1", line_ends(str(item.get("text") or ""))).strip(),
        author=_author(item, names),
        url=f"https://vk.com/wall{int(item['owner_id'])}_{int(item['id'])}",
        date=datetime.fromtimestamp(int(item["date"]), UTC).isoformat(),
    )


def _author(item: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """Return a person's number, because a name would be personal data, or a community's name."""
    number = int(item.get("signer_id") or item.get("from_id") or item["owner_id"])
    return f"id{number}" if number > 0 else names.get(-number, f"club{-number}")


def _dump(place: _Place) -> dict[str, Any]:
    marks = {"head": place.head, "last": place.last, "known": place.known}
    return {"offset": place.offset} | {name: vars(mark) for name, mark in marks.items() if mark}


def _load(position: Mapping[str, Any]) -> _Place:
    marks = {
        name: _Stretch(**value | {"ids": tuple(value["ids"])}) for name, value in position.items() if name != "offset"
    }
    return _Place(offset=position.get("offset", 0), **marks)
