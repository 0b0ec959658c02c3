"""Answers that could stop a collector for good, or keep it for ever."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from model.corpus.collection import open_collection
from model.corpus.collectors import reddit, stihi, vk
from model.corpus.collectors.addresses import check_secret_address
from model.corpus.collectors.fetching import Fetcher, Manners, Page
from model.corpus.collectors.markup import MAX_PARSED, UnreadableError, parse
from model.corpus.collectors.robots import ForbiddenError
from model.corpus.collectors.stihi_pages import Address, read_poem
from model.corpus.collectors.waits import wait_asked
from model.errors import ModelError
from tests.model.corpus.collectors.sites import Answer, Asked, Site, serving
from tests.model.corpus.collectors.stihi_site import DAY, Stihi, poems
from tests.model.corpus.collectors.vk_double import BEGIN, OWNER, TOKEN, Wall, post

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
    """Collect the day; return the numbers of its poems that were found."""
    settings = stihi.StihiSettings(site.address, DAY, DAY)
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
    with pytest.raises(ForbiddenError, match="between requests"):
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
        settings = reddit.RedditSettings(("verses",), "day", site=site.address, api=site.address)
        for _ in reddit.collect(Fetcher(MANNERS, lambda _: None), collection, settings):
            pass
        return len(site.paths())


def test_a_listing_that_leads_in_a_circle_ends(tmp_path: Path) -> None:
    circle = Told(lambda asked: listing("t3_a" if asked.query.get("after") == "t3_b" else "t3_b"))
    assert titles(circle, tmp_path / "r.sqlite") <= reddit.MAX_PAGES


@pytest.mark.parametrize("post", [{"subreddit": None}, {"subreddit": 5}, {"permalink": None}, {"title": ["a"]}])
def test_a_submission_that_is_none_is_a_sentence(tmp_path: Path, post: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="without a readable listing"):
        titles(Told(lambda _: listing(None, **post)), tmp_path / "r.sqlite")


@pytest.mark.parametrize("count", [30_000, 10**12])
def test_a_wall_that_counts_posts_and_shows_none_is_a_sentence(tmp_path: Path, count: int) -> None:
    answer = Answer(json.dumps({"response": {"count": count, "items": []}}).encode())
    wall = Told(lambda _: answer)
    with serving(wall), open_collection(tmp_path / "w.sqlite") as collection:
        settings = vk.VkSettings("t", -1, api=wall.address)
        with pytest.raises(ModelError, match="returns no new one"):
            list(vk.collect(Fetcher(MANNERS, lambda _: None, robots=False), collection, settings))


def test_an_address_with_a_password_is_refused() -> None:
    for check in (lambda url: stihi.settings(url, None, "2015/03/03"), check_secret_address):
        with pytest.raises(ModelError, match="password") as caught:
            check("https://user:word@stihi.ru")
        assert "word@" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://[", "https://stihi.ru:port", "https://a..b", f"https://{'a' * 70}", "stihi.ru"]
)
def test_what_cannot_be_asked_for_is_no_address(url: str) -> None:
    for check in (lambda url: stihi.settings(url, None, "2015/03/03"), check_secret_address):
        with pytest.raises(ModelError, match="is not an address"):
            check(url)


@pytest.mark.parametrize("target", ["http://[", "http://a..b/", "http://a:word@b/"])
def test_poems_in_a_row_that_redirect_to_nowhere_cost_themselves_alone(
    site: Stihi, tmp_path: Path, target: str
) -> None:
    for number in (5, 6, 7):
        site.special[f"/2015/03/03/{number}"] = Answer(status=302, headers={"Location": target})
    assert walk(site, tmp_path / "s.sqlite") == set(map(str, range(1, 11))) - {"5", "6", "7"}
    assert site.paths().count("/2015/03/03/5") == 2  # once more at the day's end


def test_the_delay_of_one_host_does_not_hold_up_another(
    site: Stihi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    other = Told(lambda _: Answer(b"x"))
    other.robots = Answer(b"User-agent: *\nCrawl-delay: 50")
    with serving(other):
        site.special["/2015/03/03/5"] = Answer(status=302, headers={"Location": f"{other.address}/x"})
        walk(site, tmp_path / "s.sqlite")
    assert len([wait for wait in waits if wait > 40]) <= 1  # before the second request to the other host


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<!--",
        "<!-- >",
        "<a b='",
        "<a ",
        "</",
        "<?",
        "<![",
        "<script></script",
        "<a b='\">",
        "x<b></b><i class=epigraph></i>",
    ],
)
def test_no_markup_keeps_the_reader_for_long(piece: str) -> None:
    """It would be minutes, and hours: the runner's own limit ends it."""
    half = piece * (MAX_PARSED // 2 // len(piece) - 50)
    body = f"<div class=text>a<br>{half}<div class=copyright>{half}"
    with suppress(UnreadableError):
        read_poem(Page(200, "https://stihi.ru/1", {}, body.encode()), Address(DAY, 5), "")


def test_what_is_no_tag_is_left_out_or_kept_as_a_browser_would() -> None:
    body = (
        "<!DOCTYPE html><script>x('<div class=\"text\">')</script><!-- <div class='text'> --><div class='text'>"
        "раз <3<br><!-->два<!-- --- --><style><b></style>, a<b<br>три</div></body>"
    )
    text = read_poem(Page(200, "https://stihi.ru/1", {}, body.encode()), Address(DAY, 5), "")
    assert text
    assert text.text == "раз <3\nдва, a<b\nтри"


@pytest.mark.parametrize("link", ["", "/", "//elsewhere.example/x", "https://elsewhere.example/x"])
def test_a_submission_without_a_path_is_a_sentence(tmp_path: Path, link: str) -> None:
    with pytest.raises(ModelError, match="without a readable listing"):
        titles(Told(lambda _: listing(None, permalink=link)), tmp_path / "r.sqlite")


def test_a_wall_that_shows_the_same_posts_everywhere_is_a_sentence(tmp_path: Path) -> None:
    answer = Answer(json.dumps({"response": {"count": 10**12, "items": [post(1)]}}).encode())
    with serving(Told(lambda _: answer)) as address, open_collection(tmp_path / "w.sqlite") as collection:
        settings = vk.VkSettings("t", -1, api=address)
        walk = vk.collect(Fetcher(MANNERS, lambda _: None, robots=False), collection, settings)
        with pytest.raises(ModelError, match="returns no new one"):
            list(islice(walk, 200))


def test_removals_lose_nothing_among_posts_of_one_moment(tmp_path: Path) -> None:
    """The third page begins below the second, with a post that is as old as the last one there."""
    wall = Wall([post(number, date=BEGIN + (0 if 280 <= number <= 340 else number)) for number in range(1, 501)])
    wall.before = lambda wall: wall.remove(*range(460, 501)) if len(wall.asked) == 3 else None
    with serving(wall) as address, open_collection(tmp_path / "w.sqlite") as collection:
        settings = vk.VkSettings(TOKEN, OWNER, api=address)
        list(vk.collect(Fetcher(MANNERS, lambda _: None, robots=False), collection, settings))
        assert collection.count == 500
