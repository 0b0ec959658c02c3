"""The stihi collector against a double of the site: every living poem once, whatever fails or is killed on the way."""

import random
import re
import signal
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from model.corpus.collection import open_collection, read_collection
from model.corpus.collectors import stihi, stihi_walk
from model.corpus.collectors.fetching import Fetcher, GaveUpError, Manners
from model.corpus.collectors.robots import ForbiddenError
from model.corpus.texts import Text
from model.errors import ModelError
from tests.model.corpus.collectors.collecting import Command
from tests.model.corpus.collectors.sites import Answer, serving
from tests.model.corpus.collectors.stihi_site import DAY, Missing, Stihi, poems
from tests.processes import wait_until

pytestmark = pytest.mark.slow  # a walk is hundreds of requests
BEFORE = DAY - timedelta(days=1)
FORBIDS = b"User-agent: *\nDisallow: "


@pytest.fixture
def site() -> Iterator[Stihi]:
    double = Stihi([*poems(DAY, range(1, 41)), *poems(BEFORE, range(1, 61, 2))])
    with serving(double):
        yield double


@pytest.fixture(autouse=True)
def _low_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the walks within this process not look so high for a day's last number."""
    monkeypatch.setattr(stihi_walk, "CEILING", 600)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "stihi.sqlite"


def collect(
    site: Stihi, out: Path, *, first: date | None = DAY, until: date = BEFORE, steps: int = 10**6, failures: int = 3
) -> list[str]:
    """Collect within this process; return the words of progress."""
    manners = Manners("you@example.org", delay=0.0, max_failures=failures, max_seconds=5.0)
    settings = stihi.StihiSettings(site.address, first, until)
    with open_collection(out) as collection:
        walk = stihi.collect(Fetcher(manners, lambda _: None), collection, settings)
        return [word for word, _ in zip(walk, range(steps), strict=False)]


def found(out: Path) -> list[Text]:
    return sorted(read_collection(out), key=lambda text: text.url)


def wanted(site: Stihi) -> list[Text]:
    return sorted(site.kept(), key=lambda text: text.url)


def unread(out: Path) -> int:
    with open_collection(out) as collection:
        return collection.unread


def fails_at_first(site: Stihi, path: str, *faults: Answer) -> None:
    poem, answers = site.poems[path], iter(faults)
    site.special[path] = lambda: next(answers, site.html(poem.page(), poem.title))


def test_all_living_poems_are_kept_day_by_day_downwards(site: Stihi, out: Path) -> None:
    words = collect(site, out)
    assert found(out) == wanted(site)
    order = [text.date for text in read_collection(out)]
    assert order == sorted(order, reverse=True)
    assert words[0].startswith("2015/03/03/")
    assert words[-1] == "2015/03/01/0"
    lists = [asked.query for asked in site.asked if asked.path == "/poems/list.html"]
    assert lists == [{"day": f"{day:%d}", "month": "03", "year": "2015", "topic": "all"} for day in (DAY, BEFORE)]


@pytest.mark.parametrize("missing", ["soft", "404", "silent", "front"])
@pytest.mark.parametrize("has_lists", [True, False])
def test_however_the_site_says_that_there_is_no_poem(
    site: Stihi,
    out: Path,
    missing: Missing,
    has_lists: bool,  # noqa: FBT001
) -> None:
    site.missing, site.has_lists = missing, has_lists
    collect(site, out)
    assert found(out) == wanted(site)
    assert unread(out) == 0


def test_days_without_poems_are_passed(site: Stihi, out: Path) -> None:
    collect(site, out, first=DAY + timedelta(days=2))
    assert found(out) == wanted(site)


def test_early_addresses_have_a_dash_and_between_the_forms_it_is_tried_out(out: Path) -> None:
    early, between, late = date(2006, 8, 27), date(2007, 5, 5), date(2007, 5, 4)
    double = Stihi([*poems(early, [1, 2], dash=True), *poems(between, [1, 3], dash=True), *poems(late, [2, 3])])
    with serving(double):
        for day in (between, late, early):
            double.has_lists = day != late
            collect(double, out, first=day, until=day)
    assert found(out) == wanted(double)


def test_a_list_that_robots_txt_forbids_is_done_without(site: Stihi, out: Path) -> None:
    site.robots = Answer(FORBIDS + b"/poems/")
    collect(site, out)
    assert found(out) == wanted(site)
    assert "/poems/list.html" not in site.paths()


def test_poems_that_robots_txt_forbids_are_left(site: Stihi, out: Path) -> None:
    site.robots = Answer(FORBIDS + b"/2015")
    with pytest.raises(ForbiddenError):
        collect(site, out)
    assert found(out) == []


def test_the_walk_goes_on_where_it_stood(site: Stihi, out: Path) -> None:
    collect(site, out, steps=130)
    collect(site, out, first=None, steps=130)
    collect(site, out)
    assert found(out) == wanted(site)
    pages = [path for path in site.paths() if path != "/poems/list.html"]
    assert len(pages) == len(set(pages))


def test_a_new_first_day_brings_newer_days_without_asking_for_known_poems(site: Stihi, out: Path) -> None:
    collect(site, out, first=BEFORE)
    site.asked.clear()
    collect(site, out, first=DAY)
    assert found(out) == wanted(site)
    assert not [path for path in site.paths() if path in site.poems and path.startswith("/2015/03/02/")]
    assert collect(site, out, first=DAY) == []


def test_earlier_days_follow_when_they_are_asked_for(site: Stihi, out: Path) -> None:
    collect(site, out, until=DAY)
    assert len(found(out)) == 40
    collect(site, out, until=BEFORE)
    assert found(out) == wanted(site)


def test_one_file_holds_one_site(site: Stihi, out: Path) -> None:
    collect(site, out, steps=1)
    site.address = "http://stihi.invalid"
    with pytest.raises(ModelError, match="this file collects"):
        collect(site, out)


def test_faults_pass(site: Stihi, out: Path) -> None:
    chance = random.Random(3)
    kinds = [Answer(b"", 429, {"Retry-After": "0"}), Answer(b"", 500), Answer(b"<html>", cut=True)]
    for path in site.poems:
        fails_at_first(site, path, *chance.choices(kinds, k=chance.randint(0, 2)))
    collect(site, out)
    assert found(out) == wanted(site)
    assert unread(out) == 0


def test_a_page_that_only_fails_for_a_while_is_tried_again_at_the_end_of_its_day(site: Stihi, out: Path) -> None:
    path = "/2015/03/03/20"
    fails_at_first(site, path, Answer(status=500), Answer(status=500), Answer(status=500))
    collect(site, out)
    assert found(out) == wanted(site)
    assert site.paths().count(path) == 4
    assert unread(out) == 0


@pytest.mark.parametrize(
    "broken",
    [
        Answer(status=500),
        Answer(status=403, body=b"<h1>no</h1>"),
        Answer(b"<h1>?</h1><div class=other>"),
        Answer(b"<div class=text>half a verse"),
        Answer(bytes(range(256)) * 40),
    ],
)
def test_a_page_that_stays_broken_is_noted_and_the_walk_goes_on(site: Stihi, out: Path, broken: Answer) -> None:
    site.special["/2015/03/03/20"] = broken
    collect(site, out)
    missed = [text for text in wanted(site) if not text.url.endswith("/03/20")]
    assert found(out) == missed
    assert unread(out) == 1


def test_a_site_that_breaks_down_ends_the_walk_where_it_can_go_on(site: Stihi, out: Path) -> None:
    collect(site, out, steps=115)
    alive, site.poems = site.poems, {}
    for path in alive:
        site.special[path] = Answer(status=503)
    with pytest.raises(GaveUpError, match=r"3 failures in a row, the last: .*status 503; rerun the command to resume"):
        collect(site, out)
    site.poems, site.special = alive, {}
    collect(site, out)
    assert found(out) == wanted(site)
    assert unread(out) == 0


def test_another_markup_ends_the_walk_before_it_passes_anything_over(
    site: Stihi, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stihi, "MAX_UNREADABLE", 20)
    collect(site, out, steps=110)
    kept = len(found(out))
    for path, poem in site.poems.items():
        site.special[path] = site.html(poem.page().replace('class="text"', 'class="verse"'), poem.title)
    for _ in range(2):
        with pytest.raises(ModelError, match=r"20 pages .*no div.text. The site may have changed"):
            collect(site, out)
        assert len(found(out)) == kept > 0
    site.special.clear()
    collect(site, out)
    assert found(out) == wanted(site)
    assert unread(out) == 0


def test_a_page_that_is_the_same_everywhere_ends_the_walk_too(
    site: Stihi, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stihi, "MAX_BARREN", 120)
    collect(site, out, steps=110)
    alive, site.poems, site.missing = site.poems, {}, "silent"
    with pytest.raises(ModelError, match=r"no poem on 120 pages in a row, down to 2015/03/0.*--from"):
        collect(site, out)
    site.poems = alive
    collect(site, out)
    assert found(out) == wanted(site)


def test_another_charset_changes_nothing(site: Stihi, out: Path) -> None:
    collect(site, out, steps=120)
    site.charset, site.header = "utf-8", "text/html; charset=windows-1251"
    collect(site, out)
    assert found(out) == wanted(site)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"site": "stihi.ru"}, "is not an address"),
        ({"site": "ftp://stihi.ru"}, "is not an address"),
        ({"site": "https://stihi.ru/avtor/x"}, "expected an address"),
        ({"first": "2015-03-03"}, "expected a day as YYYY/MM/DD"),
        ({"first": "2015/02/30"}, "expected a day as YYYY/MM/DD"),
        ({"first": "9999/01/01"}, "to today"),
        ({"first": "2015/03/03", "until": "2015/03/04"}, "days are read backwards"),
        ({"until": "1999/12/31"}, "no poems before 2000/01/01"),
    ],
)
def test_settings_that_make_no_sense_are_refused(arguments: dict[str, str], why: str) -> None:
    with pytest.raises(ModelError, match=why):
        stihi.settings(**{"site": "https://stihi.ru", "first": "2015/03/03", "until": "2015/03/02"} | arguments)


def test_settings_are_read() -> None:
    assert stihi.settings("https://stihi.ru/", None, "2015/3/2") == stihi.StihiSettings(
        "https://stihi.ru", None, BEFORE
    )


def command(site: Stihi, out: Path) -> Command:
    days = ["--from", f"{DAY:%Y/%m/%d}", "--until", f"{BEFORE:%Y/%m/%d}"]
    return Command(out, ["stihi", "--site", site.address, *days], {})


def test_the_command_tells_what_it_did_and_has_nothing_left_to_do(site: Stihi, out: Path) -> None:
    said = command(site, out).finish()
    assert re.fullmatch(rf"70 texts \(\+70\) · {len(site.asked)} requests, \d+\.\d\d/s · done\n", said)
    site.asked.clear()
    assert "70 texts (+0) · 0 requests" in command(site, out).finish()
    assert site.asked == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--contact", "me"], "--contact must be an e-mail address"),
        (["--contact", "a@b.c\r\nX: y"], "--contact must be an e-mail address"),
        (["--delay", "-1"], "--delay must be from 0 to 3600 seconds"),
        (["--delay", "nan"], "--delay must be"),
        (["--timeout", "0"], "--timeout must be"),
        (["--out", "poems.csv"], "must end in .sqlite"),
    ],
)
def test_the_command_checks_what_it_is_told(site: Stihi, out: Path, more: list[str], why: str) -> None:
    assert why in command(site, out).refuse(*more)
    assert site.asked == []


def test_ctrl_c_ends_with_a_sentence_and_the_same_command_goes_on(site: Stihi, out: Path) -> None:
    site.special["/2015/03/03/20"] = Answer(hang=True)
    running = command(site, out)._start()
    wait_until(lambda: "/2015/03/03/20" in site.paths(), 60)
    running.process.send_signal(signal.SIGINT)
    done = command(site, out)._end(running)
    assert done.returncode == 130, done.stdout
    assert "stopped; run the same command to resume" in done.stdout
    assert "Traceback" not in done.stdout
    site.special.clear()
    command(site, out).finish()
    assert found(out) == wanted(site)


def test_a_hanging_and_a_dripping_server_hold_nothing_up(site: Stihi, out: Path) -> None:
    slow = [Answer(hang=True), Answer(b"<html>", drip=0.01), Answer(drip_head=0.01)]
    for number, fault in enumerate(slow, 7):
        fails_at_first(site, f"/2015/03/03/{number}", fault)
    said = command(site, out).finish("--timeout", "0.5")
    assert said.count("no complete response within 0.5 s") == 3
    assert found(out) == wanted(site)


@pytest.mark.parametrize("has_lists", [True, False])
def test_kills_at_random_moments_lose_nothing_and_take_nothing_twice(out: Path, has_lists: bool) -> None:  # noqa: FBT001
    chance = random.Random(has_lists)
    numbers = [number for number in range(1, 121) if chance.random() < 0.8]
    double = Stihi([*poems(DAY, numbers), *poems(BEFORE, [*range(1, 31), *range(251, 306)])])
    double.has_lists = has_lists
    faults = [Answer(b"", 429, {"Retry-After": "0"}), Answer(b"", 500), Answer(b"<html>", cut=True)] * 5
    for path, fault in zip(chance.sample(list(double.poems), len(faults)), faults, strict=True):
        fails_at_first(double, path, fault)
    with serving(double):
        kills = command(double, out).killed_until_done(lambda: len(double.asked), chance, most=80)
        assert kills > 5
        assert found(out) == wanted(double)
        assert unread(out) == 0
        pages = [path for path in double.paths() if path in double.poems]
        assert len(pages) <= len(double.poems) + len(faults) + kills  # a kill costs one page at the most
