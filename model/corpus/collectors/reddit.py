"""The titles of a subreddit's top posts. How Reddit responds, and to whom, is in docs/sites.md.

With an application's credentials the listing comes from Reddit's API, without them from the public page if Reddit
serves it. A listing changes while it is read. A title may then appear twice, and is stored once, by its URL; or it may
move up past the current position, and is found by the next run.
"""

import json
import re
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from model.corpus.collection import Collection
from model.corpus.collectors.addresses import check_secret_address
from model.corpus.collectors.fetching import Fetcher, FetchError, Page
from model.corpus.texts import Text
from model.errors import ModelError

CLIENT_ID, CLIENT_SECRET = "REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"
TIMES = ("hour", "day", "week", "month", "year", "all")
PAGE = 100  # titles, the most that a request returns
MAX_PAGES = 30  # per listing, which ends at about 1000 titles
MARGIN = 60.0  # seconds before its expiry at which a token is renewed

_PERMALINK = re.compile(r"/[^/]")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{1,20}")
_PLACEHOLDER = re.compile(r"\[.{0,90}\b(?:deleted|removed)\b.{0,90}\]", re.IGNORECASE | re.DOTALL)
_WAY_OUT = (
    f"Reddit serves its listings to approved applications only: set {CLIENT_ID} and {CLIENT_SECRET} in the "
    "environment to the credentials of one (see docs/sites.md)"
)
_UNREADABLE = ValueError, TypeError, KeyError, AttributeError, ArithmeticError, OSError, RecursionError


@dataclass(frozen=True)
class RedditSettings:
    """Which titles to collect, and how to request them."""

    subreddits: tuple[str, ...]
    time: str
    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    site: str = "https://www.reddit.com"
    api: str = "https://oauth.reddit.com"

    def __post_init__(self) -> None:
        for name in self.subreddits:
            if not _NAME.fullmatch(name):
                raise ModelError(f"{name!r} is not a subreddit's name: expected what follows /r/ in the address")
        if self.time not in TIMES:
            raise ModelError(f"{self.time!r}: the period must be one of {', '.join(TIMES)}")
        if bool(self.client_id) != bool(self.client_secret):
            raise ModelError(f"only one of {CLIENT_ID} and {CLIENT_SECRET} is set")
        for url in (self.site, self.api):
            check_secret_address(url)

    @property
    def has_credentials(self) -> bool:
        """Whether to use the API instead of the public listing."""
        return bool(self.client_id)


@dataclass(frozen=True)
class _Listing:
    texts: list[Text]
    after: str | None  # the post after which the next page begins
    is_empty: bool


class _NoListingError(Exception):
    """Reddit does not serve this subreddit's listing; others may still be available."""


def collect(fetcher: Fetcher, collection: Collection, settings: RedditSettings) -> Iterator[str]:
    """Yield after each page. ModelError if Reddit stops responding, or at the end if it refused a subreddit."""
    names = sorted({name.lower() for name in settings.subreddits})
    collection.begin({"site": "reddit", "subreddits": names, "time": settings.time})
    reddit = _Reddit(fetcher, settings)
    done: dict[str, str] = collection.position.get("done", {})  # subreddit -> why there is no listing, or ""
    for name in names:
        try:
            yield from _titles(reddit, name, collection, done)
        except _NoListingError as error:
            done[name] = str(error)
            collection.keep([], {"done": done})
    collection.keep([], {})  # a later run looks for new titles
    if missing := [f"r/{name} ({why})" for name, why in done.items() if why]:
        raise ModelError(f"not collected: {', '.join(missing)}; all others are complete")


def _titles(reddit: "_Reddit", name: str, collection: Collection, done: dict[str, str]) -> Iterator[str]:
    after: str | None = collection.position.get("after")
    again, pages = False, 0
    while name not in done:
        listing = reddit.top(name, after)
        if listing.is_empty and after is not None and not again:
            # A post that has left the listing has no successors, so this may not be the end: start again from the top.
            again, after = True, None
            continue
        pages += 1
        if listing.after in {None, after} or pages == MAX_PAGES:
            done[name] = ""
        after = listing.after
        collection.keep(listing.texts, {"done": done} if name in done else {"done": done, "after": after})
        yield f"r/{name}"


class _Reddit:
    def __init__(self, fetcher: Fetcher, settings: RedditSettings) -> None:
        self._fetcher = fetcher
        self._settings = settings
        self._token = ""
        self._token_ends = float("-inf")

    def top(self, name: str, after: str | None) -> _Listing:
        """Fetch a page of titles, the first one if `after` is None."""
        parameters: dict[str, str | int] = {"t": self._settings.time, "limit": PAGE, "raw_json": 1}
        if after is not None:
            parameters["after"] = after
        if self._settings.has_credentials:
            return self._from_api(f"{self._settings.api.rstrip('/')}/r/{name}/top", parameters)
        try:
            return _read_listing(*self._get(f"{self._settings.site.rstrip('/')}/r/{name}/top.json", parameters))
        except ModelError as error:
            raise ModelError(f"{error}. {_WAY_OUT}") from None

    def _from_api(self, url: str, parameters: Mapping[str, str | int]) -> _Listing:
        for _ in range(2):
            if time.monotonic() > self._token_ends:
                self._renew_token()
            page, asked = self._get(url, parameters, {"Authorization": f"Bearer {self._token}"})
            if page.status != HTTPStatus.UNAUTHORIZED:
                return _read_listing(page, asked)
            self._token_ends = float("-inf")
        raise ModelError("Reddit rejects the tokens that it issues")

    def _get(
        self, url: str, parameters: Mapping[str, str | int], headers: Mapping[str, str] | None = None
    ) -> tuple[Page, str]:
        """Return the response and the requested path; after a redirect the page's own path differs."""
        path = urlsplit(url).path
        return self._fetcher.get(url, parameters, headers, partial(_check_listing, path)), path

    def _renew_token(self) -> None:
        pair = f"{self._settings.client_id}:{self._settings.client_secret}".encode()
        url = f"{self._settings.site.rstrip('/')}/api/v1/access_token"
        basic = {"Authorization": f"Basic {b64encode(pair).decode()}"}
        page = self._fetcher.post(url, {"grant_type": "client_credentials"}, basic, check=_read_token)
        self._token, seconds = _read_token(page)
        self._token_ends = time.monotonic() + seconds - MARGIN


def _read_token(page: Page) -> tuple[str, float]:
    """Return a token and its lifetime in seconds."""
    if HTTPStatus.BAD_REQUEST <= page.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ModelError(f"Reddit rejects {CLIENT_ID} and {CLIENT_SECRET}: status {page.status}")
    try:
        answer = json.loads(page.body)
        return str(answer["access_token"]), float(answer["expires_in"])
    except _UNREADABLE:
        raise FetchError(f"access_token: status {page.status}, without a readable token") from None


def _check_listing(asked: str, page: Page) -> None:
    """Raise FetchError if a retry may help."""
    if _json(page).get("error") == HTTPStatus.TOO_MANY_REQUESTS:  # even if the HTTP status differs
        raise FetchError(f"{asked}: too many requests")
    if page.status == HTTPStatus.OK and urlsplit(page.url).path == asked:
        _read_titles(page)


def _read_listing(page: Page, asked: str) -> _Listing:
    """Parse a response. A blocked client gets HTML, a closed subreddit is reported in a JSON object."""
    path = urlsplit(page.url).path
    if path.startswith("/login"):
        raise ModelError("Reddit asks this client to log in")
    if path == asked and page.status == HTTPStatus.OK:
        return _read_titles(page)
    answer = _json(page)
    if path != asked or page.status == HTTPStatus.NOT_FOUND:
        raise _NoListingError(_reason(answer, "unknown"))
    if answer:
        raise _NoListingError(_reason(answer, f"status {page.status}"))
    raise ModelError(f"Reddit blocks this client: status {page.status}")


def _reason(answer: Mapping[str, Any], otherwise: str) -> str:
    return "".join(filter(str.isprintable, str(answer.get("reason", ""))))[:100] or otherwise


def _json(page: Page) -> dict[str, Any]:
    """Return the JSON object of a response, or an empty one if it holds none."""
    try:
        return dict(json.loads(page.body))
    except _UNREADABLE:
        return {}


def _read_titles(page: Page) -> _Listing:
    try:
        data = json.loads(page.body)["data"]
        posts = [child["data"] for child in data["children"] if child["kind"] == "t3"]
        texts = [_read_post(post) for post in posts if not _is_gone(post)]
        after = str(data["after"] or "") if data["children"] else ""
        after.encode("ascii")
    except _UNREADABLE:
        raise FetchError(f"{urlsplit(page.url).path}: status {page.status}, without a readable listing") from None
    return _Listing([text for text in texts if text.text], after or None, not data["children"])


def _is_gone(post: Mapping[str, Any]) -> bool:
    """Return whether the author or a moderator removed the post, whose title may still be listed."""
    gone = post.get("removed_by_category") or post.get("author") == "[deleted]"
    return bool(gone) or bool(_PLACEHOLDER.fullmatch(post["title"].strip()))


def _read_post(post: Mapping[str, Any]) -> Text:
    if not all(isinstance(post[name], str) for name in ("title", "subreddit", "permalink")):
        raise TypeError
    if not _PERMALINK.match(post["permalink"]):
        raise ValueError
    return Text(
        text=" ".join(post["title"].split()),
        author=str(post.get("author") or ""),
        label=post["subreddit"],
        url=urljoin("https://www.reddit.com", post["permalink"]),
        date=datetime.fromtimestamp(post["created_utc"], UTC).isoformat(),
    )
