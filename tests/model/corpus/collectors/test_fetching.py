"""Manners on the web: robots.txt, pauses, waits that are asked for; faults that pass, and those that do not."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from model.corpus.collectors import fetching
from model.corpus.collectors.fetching import Fetcher, FetchError, GaveUpError, Manners, Page
from model.corpus.collectors.robots import ForbiddenError
from model.errors import ModelError
from tests.model.corpus.collectors.sites import ROBOTS, Answer, Asked, Site, serving

MANNERS = Manners("you@example.org", delay=0.0, max_seconds=5.0)
SECRET = "hidden-word"
FAULTS = {
    "500": Answer(b"oh", 500),
    "429": Answer(b"", 429, {"Retry-After": "0"}),
    "cut": Answer(b"half", cut=True),
    "cut in gzip": Answer(b"no gzip", headers={"Content-Encoding": "gzip"}),
    "hang": Answer(hang=True),
    "drip": Answer(b"half", drip=0.01),
    "drip in the head": Answer(drip_head=0.01),
}


class Echo(Site):
    """Answers each path with itself, and redirects as told."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def answer(self, asked: Asked) -> Answer:
        if asked.path in self.targets:
            return Answer(status=302, headers={"Location": self.targets[asked.path]})
        return Answer(asked.path.encode(), 404 if asked.path == "/missing" else 200)


@pytest.fixture
def site() -> Iterator[Echo]:
    echo = Echo()
    with serving(echo):
        yield echo


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Do not sleep; note for how long it would have been."""
    noted: list[float] = []
    monkeypatch.setattr(time, "sleep", noted.append)
    return noted


def fetcher(said: list[str] | None = None, **manners: Any) -> Fetcher:
    return Fetcher(replace(MANNERS, **manners), (said if said is not None else []).append)


def test_the_robot_says_who_it_is_and_asks_robots_txt_once(site: Echo) -> None:
    fetch = fetcher()
    assert fetch.get(f"{site.address}/a", {"q": "я"}).body == b"/a"
    assert fetch.get(f"{site.address}/missing").status == 404
    assert [asked.path for asked in site.asked] == [ROBOTS, "/a", "/missing"]
    assert {asked.headers["User-Agent"] for asked in site.asked} == {"neural-poet-collector/1.0 (+you@example.org)"}
    assert site.asked[1].query == {"q": "я"}
    assert fetch.requests == 3


def test_a_form_is_posted_without_asking_robots_txt(site: Echo) -> None:
    page = fetcher().post(f"{site.address}/api", {"token": SECRET}, {"X-Mine": "1"})
    assert page.body == b"/api"
    assert [asked.path for asked in site.asked] == ["/api"]
    assert (site.asked[0].form, site.asked[0].headers["X-Mine"]) == ({"token": SECRET}, "1")


def test_what_robots_txt_forbids_is_not_asked_for(site: Echo) -> None:
    site.robots = Answer(b"User-agent: *\nDisallow: /closed\nDisallow: /*?secret")
    fetch = fetcher()
    with pytest.raises(ForbiddenError, match=r"robots.txt of 127.0.0.1:\d+ forbids /closed/a"):
        fetch.get(f"{site.address}/closed/a")
    with pytest.raises(ForbiddenError) as caught:
        fetch.get(f"{site.address}/open", {"secret": SECRET})
    assert SECRET not in str(caught.value)
    assert fetch.get(f"{site.address}/open").status == 200
    assert site.paths() == ["/open"]


def test_a_site_that_refuses_its_robots_txt_is_left_alone(site: Echo) -> None:
    site.robots = Answer(status=403)
    said: list[str] = []
    with pytest.raises(ForbiddenError):
        fetcher(said).get(f"{site.address}/a")
    assert "did not serve robots.txt: status 403" in said[0]


def test_a_robots_txt_that_fails_allows_nothing(site: Echo) -> None:
    site.robots = Answer(status=503)
    with pytest.raises(GaveUpError, match=r"robots\.txt: status 503"):
        fetcher(max_failures=3).get(f"{site.address}/a")
    assert site.paths() == []


def test_robots_txt_is_read_again_after_a_day(site: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "RULES_SECONDS", 0.0)
    fetch = fetcher()
    fetch.get(f"{site.address}/a")
    site.robots = Answer(b"User-agent: *\nDisallow: /")
    with pytest.raises(ForbiddenError):
        fetch.get(f"{site.address}/a")


def test_robots_txt_may_ask_for_a_longer_pause(site: Echo, waits: list[float]) -> None:
    site.robots = Answer(b"User-agent: *\nCrawl-delay: 7")
    said: list[str] = []
    fetch = fetcher(said, delay=0.5)
    for name in "abc":
        fetch.get(f"{site.address}/{name}")
    assert [round(wait, 1) for wait in waits] == [0.0, 0.5, 7.0, 7.0]
    assert said == [f"robots.txt of {site.address.removeprefix('http://')} asks for 7 s between requests"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_passes(site: Echo, name: str) -> None:
    said: list[str] = []
    site.faults += [FAULTS[name]] * 2
    page = fetcher(said, max_seconds=0.3).get(f"{site.address}/a", {"key": SECRET})
    assert (page.status, page.body) == (200, b"/a")
    assert len(said) == 2
    assert "(2 failures in a row)" in said[1]
    assert SECRET not in "".join(said)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_stays_comes_to_an_end(site: Echo, name: str) -> None:
    site.faults += [FAULTS[name]] * 9
    sentence = r"3 failures in a row, the last: 127.0.0.1:\d+/a: .*rerun the command"
    with pytest.raises(GaveUpError, match=sentence) as caught:
        fetcher(max_failures=3, max_seconds=0.3).get(f"{site.address}/a", {"key": SECRET})
    assert len(site.faults) == 6
    assert SECRET not in str(caught.value)


def test_nobody_there_comes_to_an_end() -> None:
    with serving(Echo()) as address:
        pass
    with pytest.raises(GaveUpError, match="ConnectionError"):
        fetcher(max_failures=2).get(f"{address}/a")


def test_an_endless_page_is_not_taken_in(site: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_PAGE", 1000)
    site.faults.append(Answer(b"." * 3000))
    assert fetcher().get(f"{site.address}/a").body == b"/a"


def test_waits_grow_and_have_an_upper_bound(site: Echo, waits: list[float]) -> None:
    site.faults += [Answer(status=500)] * 9
    fetcher(delay=1.0, max_wait=20.0).get(f"{site.address}/a")
    assert [wait for wait in waits if wait > 1] == [2, 4, 8, 16, 20, 20, 20, 20, 20]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": "soon", "X-Ratelimit-Remaining": "0.0", "X-Ratelimit-Reset": "31"}, 31),
        ({"X-Ratelimit-Remaining": "3.0", "X-Ratelimit-Reset": "31"}, 2),
        ({"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "nan"}, 2),
        ({"Retry-After": "0"}, 0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for_is_kept(
    site: Echo, waits: list[float], status: int, headers: dict[str, str], wait: float
) -> None:
    site.faults.append(Answer(status=status, headers=headers))
    fetcher(delay=1.0).get(f"{site.address}/a")
    assert wait in waits
    assert max(waits) <= max(wait, 1)


def test_a_wait_may_be_told_as_a_date(site: Echo, waits: list[float]) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    site.faults.append(Answer(status=503, headers={"Retry-After": date}))
    fetcher().get(f"{site.address}/a")
    assert 50 < max(waits) <= 100


def test_a_wait_too_long_ends_the_command(site: Echo, waits: list[float]) -> None:
    site.faults.append(Answer(status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(ModelError, match="asks for a wait of 86400 s: run the same command after that"):
        fetcher().get(f"{site.address}/a")
    assert not waits or max(waits) < 1


def test_the_last_allowed_request_is_followed_by_the_pause_asked_for(site: Echo, waits: list[float]) -> None:
    site.faults.append(Answer(b"", headers={"X-Ratelimit-Remaining": "0.0", "X-Ratelimit-Reset": "40"}))
    fetch = fetcher()
    fetch.get(f"{site.address}/a")
    fetch.get(f"{site.address}/b")
    assert 39 < max(waits) <= 40


def test_redirects_are_followed_with_manners(site: Echo) -> None:
    site.targets = {"/a": "/b", "/b": f"{site.address}/c?d=e"}
    page = fetcher().get(f"{site.address}/a", {"q": "1"})
    assert (page.url, page.body) == (f"{site.address}/c?d=e", b"/c")
    assert site.asked[2].query == {}
    site.robots = Answer(b"User-agent: *\nDisallow: /c")
    with pytest.raises(ForbiddenError):
        fetcher().get(f"{site.address}/a")


def test_headers_do_not_go_to_another_site(site: Echo) -> None:
    other = Echo()
    with serving(other):
        site.targets = {"/a": f"{other.address}/b"}
        fetcher().get(f"{site.address}/a", headers={"Authorization": SECRET})
    assert site.asked[-1].headers["Authorization"] == SECRET
    assert "Authorization" not in other.asked[-1].headers


@pytest.mark.parametrize("target", ["/a", "/b", "mailto:you@example.org", ""])
def test_a_redirect_that_leads_nowhere_is_a_page(site: Echo, target: str) -> None:
    site.targets = {"/a": target, "/b": "/a"}
    assert fetcher().get(f"{site.address}/a").status == 302
    assert len(site.paths()) <= fetching.MAX_HOPS


def test_a_check_may_ask_for_another_try(site: Echo) -> None:
    site.faults.append(Answer(b"not yet"))

    def check(page: Page) -> None:
        if page.body == b"not yet":
            raise FetchError("too early")

    said: list[str] = []
    assert fetcher(said).get(f"{site.address}/a", check=check).body == b"/a"
    assert said == ["too early; waiting 0 s (1 failures in a row)"]
