"""Fetching pages politely: robots.txt, one request at a time with a pause, waiting when asked to, giving up in time."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import requests

from model.errors import ModelError

MAX_PAGE = 2**23  # bytes
TIMEOUTS = 10.0, 30.0  # seconds to connect, and between two pieces of an answer
MAX_SECONDS = 120.0  # for the whole of an answer
_PIECE = 2**16  # bytes


@dataclass(frozen=True)
class Manners:
    """How to behave towards a site."""

    contact: str  # an address at which the site's owner can reach whoever collects
    delay: float = 1.0  # seconds between two requests
    max_wait: float = 900.0  # seconds; a longer wait that a site asks for ends the command, to be run again later
    max_failures: int = 8  # in a row


@dataclass(frozen=True)
class Page:
    """An answer that is no failure of the network or the server: any status but 429 and 5xx."""

    status: int
    url: str  # after redirects
    headers: Mapping[str, str]
    body: bytes


class FetchError(Exception):
    """One request that failed and may be tried again, after `wait` seconds where the site says so."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class Fetcher:
    """Fetches for one collector. ModelError when the site forbids it, or fails too often in a row."""

    def __init__(self, manners: Manners, say: Callable[[str], None], robots: bool = True) -> None:  # noqa: FBT001, FBT002
        self._manners = manners
        self._say = say
        self._robots: dict[str, RobotFileParser] = {}
        self._obeys = robots
        self._agent = f"neural-poet-collector/1.0 (+{manners.contact})"
        self._session = requests.Session()
        self._session.headers["User-Agent"] = self._agent
        self._last = float("-inf")
        self._delay = manners.delay

    def get(
        self, url: str, parameters: Mapping[str, str | int] | None = None, headers: Mapping[str, str] | None = None
    ) -> Page:
        """Fetch a page by GET where robots.txt allows it. Parameters and headers may be secret: no message shows them."""
        if self._obeys and not self._rules(url).can_fetch(self._agent, url):
            raise ModelError(f"robots.txt of {urlsplit(url).netloc} forbids {urlsplit(url).path}")
        return self.attempt(lambda: self._request("GET", url, parameters, headers))

    def post(self, url: str, form: Mapping[str, str | int]) -> Page:
        """Call an API by POST. The form may hold secrets: no message shows it."""
        return self.attempt(lambda: self._request("POST", url, form))

    def attempt(self, request: Callable[[], Page]) -> Page:
        """Make a request until it does not raise FetchError, waiting longer each time."""
        for failures in range(1, self._manners.max_failures + 1):
            try:
                return request()
            except FetchError as failure:
                why, asked = failure, failure.wait
            wait = min(self._delay * 2**failures, self._manners.max_wait) if asked is None else asked
            if wait > self._manners.max_wait:
                raise ModelError(f"{why}; the site asks to wait {wait:.0f} s: run the same command again then")
            if failures < self._manners.max_failures:
                self._say(f"{why}; waiting {wait:.0f} s ({failures} failures in a row)")
                time.sleep(wait)
        raise ModelError(f"{self._manners.max_failures} failures in a row, the last: {why}. The same command goes on")

    def _rules(self, url: str) -> RobotFileParser:
        host = urljoin(url, "/")
        if host not in self._robots:
            rules = RobotFileParser()
            page = self.attempt(lambda: self._request("GET", urljoin(host, "robots.txt")))
            found = page.status == HTTPStatus.OK
            rules.parse(page.body.decode("utf-8", "replace").splitlines() if found else [])
            self._delay = max(self._delay, float(rules.crawl_delay(self._agent) or 0))
            self._robots[host] = rules
        return self._robots[host]

    def _request(
        self,
        method: str,
        url: str,
        values: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        time.sleep(max(0.0, self._last + self._delay - time.monotonic()))
        where = f"{urlsplit(url).netloc}{urlsplit(url).path}"
        sent: dict[str, Any] = {"params" if method == "GET" else "data": values, "headers": headers}
        try:
            with self._session.request(method, url, timeout=TIMEOUTS, stream=True, **sent) as answer:
                body = b"".join(_bounded(answer))
                _check_status(answer, where)
                return Page(answer.status_code, answer.url, answer.headers, body)
        except requests.RequestException as error:
            # Their messages hold the whole address, parameters included.
            raise FetchError(f"{where}: {type(error).__name__}") from None
        finally:
            self._last = time.monotonic()


def _bounded(answer: requests.Response) -> Iterator[bytes]:
    end, size = time.monotonic() + MAX_SECONDS, 0
    for piece in answer.iter_content(_PIECE):
        size += len(piece)
        if size > MAX_PAGE or time.monotonic() > end:
            raise requests.exceptions.ContentDecodingError
        yield piece


def _check_status(answer: requests.Response, where: str) -> None:
    status = answer.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise FetchError(f"{where}: status {status}", _retry_after(answer.headers.get("Retry-After")))


def _retry_after(value: str | None) -> float | None:
    """Read the header, which holds seconds or a date. None where it is missing or unreadable."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
