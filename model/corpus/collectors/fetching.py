"""Polite fetching: robots.txt, one request at a time with a pause, waits that the site asks for, bounded retries."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from math import inf
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from model.corpus.collectors import robots as robots_txt
from model.corpus.collectors.addresses import check_address
from model.corpus.collectors.robots import ForbiddenError, Rules
from model.corpus.collectors.waits import used_up, wait_asked
from model.errors import ModelError

ROBOT = "neural-poet-collector"
MAX_PAGE = 2**23  # bytes
MAX_HOPS = 5
TIMEOUTS = 10.0, 30.0  # to connect, and between two chunks of a response
RULES_SECONDS = 24 * 3600.0  # for which a robots.txt is cached
_PIECE = 2**10  # bytes
_REFUSALS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Manners:
    """How to behave towards a site."""

    contact: str  # how the site's owner can reach the person who collects
    delay: float = 1.0  # seconds between requests
    max_wait: float = 900.0  # seconds; if a site asks for a longer wait, the command ends and can be run again later
    max_failures: int = 10  # in a row; about 17 minutes including the waits between them
    max_seconds: float = 60.0  # for a whole response


@dataclass(frozen=True)
class Page:
    """A response that is not a failure of the network or the server: any status except 429 and 5xx."""

    status: int  # 3xx for a redirect that cannot be followed
    url: str  # after redirects
    headers: Mapping[str, str]
    body: bytes


class FetchError(Exception):
    """A failed request that may be retried, after `wait` seconds if the site says so."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


Check = Callable[[Page], object]


def _take(_page: Page) -> None:
    """Accept any page."""


class GaveUpError(ModelError):
    """Too many failures in a row."""


class _Session(requests.Session):
    def get_redirect_target(self, _answer: requests.Response) -> None:
        """Never follow: requests would parse the next URL anyway, and fail if it is invalid."""


class Fetcher:
    """Fetches pages for one collector. ModelError if the site forbids it or fails too often in a row."""

    def __init__(self, manners: Manners, say: Callable[[str], None], robots: bool = True) -> None:  # noqa: FBT001, FBT002
        self.requests = 0  # sent so far
        self._manners = manners
        self._say = say
        self._obeys = robots
        self._rules: dict[str, tuple[float, Rules]] = {}
        self._session = self._new_session()
        self._next = -inf  # the earliest time of the next request to any site
        self._nexts: dict[str, float] = {}  # and to each site

    def get(
        self,
        url: str,
        parameters: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        check: Check = _take,
    ) -> Page:
        """Fetch a page by GET if robots.txt allows it. Parameters and headers may be secret: no message shows them.

        `check` is called with each response; if it raises FetchError, the request has failed and is retried.
        """
        url = requests.Request("GET", url, params=parameters).prepare().url or url
        for _ in range(MAX_HOPS):
            self._check_rules(url)
            page = self.attempt(partial(self._request, "GET", url, check, headers=headers))
            target = _target(page)
            if target is None:
                break
            if _host(target) != _host(url):
                headers = None
            url = target
        return page

    def post(
        self,
        url: str,
        form: Mapping[str, str | int],
        headers: Mapping[str, str] | None = None,
        check: Check = _take,
    ) -> Page:
        """Call an API by POST. Form and headers may be secret: no message shows them, and no redirect is followed."""
        return self.attempt(partial(self._request, "POST", url, check, headers=headers, data=form))

    def attempt(self, request: Callable[[], Page]) -> Page:
        """Repeat a request until it does not raise FetchError, waiting longer each time."""
        for failures in range(1, self._manners.max_failures + 1):
            try:
                return request()
            except FetchError as failure:
                why, asked = failure, failure.wait
            wait = min(self._manners.delay * 2**failures, self._manners.max_wait) if asked is None else asked
            if wait > self._manners.max_wait:
                raise ModelError(f"{why}; the site asks for a wait of {wait:.0f} s: run the same command after that")
            if failures < self._manners.max_failures:
                self._say(f"{why}; waiting {wait:.0f} s ({failures} failures in a row)")
                time.sleep(wait)
        raise GaveUpError(
            f"{self._manners.max_failures} failures in a row, the last: {why}; rerun the command to resume"
        )

    def _check_rules(self, url: str) -> None:
        if not self._obeys:
            return
        read, rules = self._rules.get(_host(url), (-inf, Rules()))
        if time.monotonic() > read + RULES_SECONDS:
            rules = self._read_rules(url)
            self._rules[_host(url)] = time.monotonic(), rules
        if not rules.allows(url):
            raise ForbiddenError(url, f"forbids {urlsplit(url).path}")

    def _read_rules(self, url: str) -> Rules:
        address = urljoin(url, "/robots.txt")
        for _ in range(MAX_HOPS):
            page = self.attempt(partial(self._request, "GET", address, _take))
            target = _target(page)
            if target is None:
                break
            address = target
        if page.status in _REFUSALS:
            self._say(f"{urlsplit(url).netloc} did not serve robots.txt: status {page.status}")
            return robots_txt.NOTHING
        rules = robots_txt.parse(page.body.decode("utf-8", "replace") if page.status == HTTPStatus.OK else "", ROBOT)
        asked = f"asks for {rules.delay:g} s between requests"
        if rules.delay > self._manners.max_wait:
            raise ForbiddenError(url, asked)
        if rules.delay > self._manners.delay:
            self._say(f"robots.txt of {urlsplit(url).netloc} {asked}")
        return rules

    def _pause(self, url: str) -> float:
        """Return the seconds from this request to the next one."""
        _, rules = self._rules.get(_host(url), (-inf, Rules()))
        return max(self._manners.delay, rules.delay)

    def _request(self, method: str, url: str, check: Check, **sent: Any) -> Page:
        time.sleep(max(0.0, max(self._next, self._nexts.get(_host(url), -inf)) - time.monotonic()))
        self.requests += 1
        pause = self._pause(url)
        try:
            page = _within(self._manners.max_seconds, partial(self._exchange, self._session, method, url, **sent))
            pause = max(pause, min(used_up(page.headers), self._manners.max_wait))
        except TimeoutError:
            self._session = self._new_session()  # the abandoned thread still uses the old one
            raise FetchError(f"{_place(url)}: no complete response within {self._manners.max_seconds:g} s") from None
        finally:
            self._next = time.monotonic() + self._manners.delay
            self._nexts[_host(url)] = time.monotonic() + pause
        check(page)
        return page

    def _exchange(self, session: requests.Session, method: str, url: str, **sent: Any) -> Page:
        end = time.monotonic() + self._manners.max_seconds
        try:
            with session.request(method, url, timeout=TIMEOUTS, stream=True, allow_redirects=False, **sent) as answer:
                body = b"".join(_bounded(answer, _place(url), end))
        except (requests.RequestException, HTTPError, ValueError) as error:
            # Their messages contain the whole URL, including parameters.
            raise FetchError(f"{_place(url)}: {type(error).__name__}") from None
        _check_status(answer, _place(url))
        return Page(answer.status_code, url, answer.headers, body)

    def _new_session(self) -> requests.Session:
        session = _Session()
        session.headers["User-Agent"] = f"{ROBOT}/1.0 (+{self._manners.contact})"
        return session


def _within(seconds: float, work: Callable[[], _Answer]) -> _Answer:
    """Return the result of `work`, or raise TimeoutError. A socket's own timeout restarts with every byte received."""
    future: Future[_Answer] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  it is raised again where the answer is waited for
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future.result(seconds)


def _bounded(answer: requests.Response, where: str, end: float) -> Iterator[bytes]:
    """Yield the body in chunks small enough that the thread of an abandoned response soon ends."""
    size = 0
    for piece in answer.iter_content(_PIECE):
        size += len(piece)
        if size > MAX_PAGE or time.monotonic() > end:
            raise FetchError(f"{where}: longer than {MAX_PAGE:,} bytes" if size > MAX_PAGE else f"{where}: too slow")
        yield piece


def _target(page: Page) -> str | None:
    """Return the URL that a page redirects to."""
    if page.status not in {301, 302, 303, 307, 308}:
        return None
    try:
        target = urljoin(page.url, page.headers.get("Location", ""))
        check_address(target)
    except (ValueError, ModelError):
        return None
    return target if target != page.url else None


def _host(url: str) -> str:
    return urljoin(url, "/")


def _place(url: str) -> str:
    """Return a URL without its parameters, which may be secret."""
    return f"{urlsplit(url).netloc}{urlsplit(url).path}"


def _check_status(answer: requests.Response, where: str) -> None:
    status = answer.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise FetchError(f"{where}: status {status}", wait_asked(answer.headers))
