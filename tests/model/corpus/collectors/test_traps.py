"""Answers that could stop a collector for good, or keep it for ever."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model.corpus.collection import open_collection
from model.corpus.collectors import reddit, stihi, vk
from model.corpus.collectors.fetching import Fetcher, Manners, Page, check_secret_address
from model.corpus.collectors.markup import UnreadableError, parse
from model.corpus.collectors.robots import ForbiddenError
from model.corpus.collectors.waits import wait_asked
from model.errors import ModelError
from tests.model.corpus.collectors.sites import Answer, Asked, Site, serving
from tests.model.corpus.collectors.stihi_site import DAY, Stihi, poems

MANNERS = Manners("you@example.org", delay=0.0, max_failures=2, max_seconds=5.0, max_wait=60.0)


class Told(Site):
    """Answers each path as told."""

    def __init__(self, tell: Callable[[Asked], Answer]) -> None:
        super().__init__()
        self.answer = tell  # type: ignore[assignment, method-assign]


@pytest.fixture
def site() -> Iterator[Stihi]:
    double = Stihi(poems(DAY, range(1, 11)))
    with serving(double):
        yield double


def walk(site: Stihi, out: Path) -> set[str]:
    """Collect the day; give the numbers of its poems that were found."""
    settings = stihi.Settings(site.address, DAY, DAY)
    with open_collection(out) as collection:
        for _ in stihi.collect(Fetcher(MANNERS, lambda _: None), collection, settings):
            pass
        return {f"{number}" for number in range(1, 11) if collection.has(f"{site.address}/2015/03/03/{number}")}


@pytest.mark.parametrize("target", ["http://[", "http://a..b/", f"http://{'a' * 70}/", "/private/x", "http://:x/"])
def test_a_redirect_to_nowhere_costs_one_poem(site: Stihi, tmp_path: Path, target: str) -> None:
    site.robots = Answer(b"User-agent: *\nDisallow: /private")
    site.special["/2015/03/03/5"] = Answer(status=302, headers={"Location": target})
    assert walk(site, tmp_path / "s.sqlite") == set(map(str, range(1, 11))) - {"5"}


@pytest.mark.parametrize("delay", ["86400", "9" * 400])
def test_a_delay_beyond_all_patience_ends_the_command(site: Stihi, tmp_path: Path, delay: str) -> None:
    site.robots = Answer(f"User-agent: *\nCrawl-delay: {delay}".encode())
    with pytest.raises(ForbiddenError, match="between two requests"):
        walk(site, tmp_path / "s.sqlite")


def test_the_delay_of_one_host_holds_for_no_other(site: Stihi, tmp_path: Path) -> None:
    other = Told(lambda _: Answer(b"x"))
    other.robots = Answer(b"User-agent: *\nCrawl-delay: 3600")
    with serving(other):
        site.special["/2015/03/03/5"] = Answer(status=302, headers={"Location": f"{other.address}/x"})
        assert "4" in walk(site, tmp_path / "s.sqlite")


def test_a_date_out_of_all_bounds_asks_for_no_wait() -> None:
    assert wait_asked({"Retry-After": "Mon, 01 Jan 2024 00:00:00 +99999999999999"}) is None


def test_a_page_too_large_to_be_a_poem_is_not_parsed() -> None:
    with pytest.raises(UnreadableError, match="longer than"):
        parse(Page(200, "https://stihi.ru/1", {}, b"<!--" * 200_000))


@pytest.mark.parametrize(
    "html",
    [
        '<div class="text"><div class="epigraph">я</div>первая строка<br>вто',
        '<div class="text-menu">x</div><div class="text">первая строка<br>вто',
    ],
)
def test_a_poem_that_was_cut_is_not_kept(site: Stihi, tmp_path: Path, html: str) -> None:
    site.special["/2015/03/03/5"] = Answer(f"<html><body>{html}".encode("cp1251"))
    assert "5" not in walk(site, tmp_path / "s.sqlite")


def listing(after: str | None, **post: Any) -> Answer:
    data = {"title": "a", "permalink": "/r/v/1", "subreddit": "v", "created_utc": 1.0, **post}
    children = [{"kind": "t3", "data": data}]
    return Answer(json.dumps({"data": {"after": after, "children": children}}).encode())


def titles(site: Site, out: Path) -> int:
    with serving(site), open_collection(out) as collection:
        settings = reddit.Settings(("verses",), "day", site=site.address, api=site.address)
        for _ in reddit.collect(Fetcher(MANNERS, lambda _: None), collection, settings):
            pass
        return len(site.paths())


def test_a_listing_that_leads_in_a_circle_ends(tmp_path: Path) -> None:
    circle = Told(lambda asked: listing("t3_a" if asked.query.get("after") == "t3_b" else "t3_b"))
    assert titles(circle, tmp_path / "r.sqlite") <= reddit.MAX_PAGES


@pytest.mark.parametrize("post", [{"subreddit": None}, {"subreddit": 5}, {"permalink": None}, {"title": ["a"]}])
def test_a_submission_that_is_none_is_a_sentence(tmp_path: Path, post: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="no listing that can be read"):
        titles(Told(lambda _: listing(None, **post)), tmp_path / "r.sqlite")


@pytest.mark.parametrize("count", [30_000, 10**12])
def test_a_wall_that_counts_posts_and_shows_none_is_a_sentence(tmp_path: Path, count: int) -> None:
    answer = Answer(json.dumps({"response": {"count": count, "items": []}}).encode())
    wall = Told(lambda _: answer)
    with serving(wall), open_collection(tmp_path / "w.sqlite") as collection:
        settings = vk.Settings("t", -1, api=wall.address)
        with pytest.raises(ModelError, match="shows none"):
            list(vk.collect(Fetcher(MANNERS, lambda _: None, robots=False), collection, settings))


def test_an_address_with_a_password_is_refused() -> None:
    with pytest.raises(ModelError, match="expected an address"):
        stihi.settings("https://user:word@stihi.ru", None, "2015/03/03")
    with pytest.raises(ModelError, match="is no address"):
        check_secret_address("https://user:word@api.vk.com")
