"""Collecting titles from the double of Reddit, by the command that a user runs."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from model.corpus.texts import Text
from tests.model.corpus.collectors import reddit_double as double
from tests.model.corpus.collectors.collecting import Command
from tests.model.corpus.collectors.reddit_double import Reddit, refusal, submission
from tests.model.corpus.collectors.sites import ROBOTS, Answer, serving

BROKEN = [
    Answer(status=500),
    Answer(b"<html>you broke reddit</html>", 503, {"Retry-After": "0"}),
    Answer(b'{"kind": "Listing", "data": {"after"', cut=True),
    Answer(b'{"kind": "Listing", "data": {"after": null, "chil'),
    Answer(b"<html><h1>Log in</h1></html>"),
    Answer(b""),
    Answer(b"null"),
    Answer(b'{"kind": "Listing", "data": {"after": null, "children": [{"kind": "t3", "data": {"title": null}}]}}'),
    Answer(b"[" * 100_000),
    refusal(429, "Too Many Requests"),
    Answer(status=429, headers={"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "0"}),
    replace(refusal(429, "Too Many Requests"), status=200),
    Answer(hang=True),
]
CREDENTIALS = {"REDDIT_CLIENT_ID": double.CLIENT_ID, "REDDIT_CLIENT_SECRET": double.CLIENT_SECRET}
NONE = dict.fromkeys(CREDENTIALS, "")
SECRETS = [double.CLIENT_ID, double.CLIENT_SECRET, "secret-token", "Bearer", "Basic"]


@pytest.fixture
def reddit() -> Iterator[Reddit]:
    site = Reddit(
        verses=[submission(number) for number in range(250)],
        prose=[submission(1000 + number, "prose") for number in range(120)],
    )
    with serving(site):
        yield site


@pytest.fixture
def public(reddit: Reddit, tmp_path: Path) -> Command:
    return Command(tmp_path / "titles.sqlite", _arguments(reddit, "verses", "prose"), NONE)


@pytest.fixture
def api(public: Command) -> Command:
    return replace(public, environment=CREDENTIALS, secrets=SECRETS)


@pytest.fixture(params=["public", "api"])
def command(request: pytest.FixtureRequest, public: Command, api: Command) -> Command:
    return public if request.param == "public" else api


def _arguments(reddit: Reddit, *names: str) -> list[str]:
    subreddits = [word for name in names for word in ("--subreddit", name)]
    return ["reddit", *subreddits, "--time", "week", "--site", reddit.address, "--api", reddit.address]


def numbers(texts: list[Text]) -> set[int]:
    return {int(text.url.split("/")[6], 36) for text in texts}


def found(command: Command) -> set[int]:
    return numbers(command.texts())


ALL = {*range(250), *range(1000, 1120)}


def test_takes_each_title_with_its_address_subreddit_author_and_date(command: Command) -> None:
    command.finish()
    texts = {text.url: text for text in command.texts()}
    assert numbers(command.texts()) == ALL
    assert texts["https://www.reddit.com/r/prose/comments/rv/a_title/"] == Text(
        text="What the 1003 waves said & why <they> left",
        author="poet_3",
        label="prose",
        url="https://www.reddit.com/r/prose/comments/rv/a_title/",
        date="2023-11-14T22:30:03+00:00",
    )


def test_asks_the_public_listing_as_robots_txt_allows(reddit: Reddit, public: Command) -> None:
    public.finish()
    assert reddit.asked[0].path == ROBOTS
    assert {asked.path for asked in reddit.asked[1:]} == {"/r/verses/top.json", "/r/prose/top.json"}
    assert {asked.query["t"] for asked in reddit.asked[1:]} == {"week"}
    assert not [asked for asked in reddit.asked if "Authorization" in asked.headers]
    assert "somebody@example.org" in reddit.asked[0].headers["User-Agent"]


def test_asks_the_api_with_one_token_and_no_robots_txt(reddit: Reddit, api: Command) -> None:
    reddit.robots = double.CLOSED
    api.finish()
    assert reddit.paths() == ["/api/v1/access_token", *["/r/prose/top"] * 2, *["/r/verses/top"] * 3]
    assert len(reddit.asked) == 6


def test_names_the_way_out_where_robots_txt_forbids_the_listing(reddit: Reddit, public: Command) -> None:
    reddit.robots = double.CLOSED
    output = public.refuse()
    assert "robots.txt" in output
    assert "REDDIT_CLIENT_ID" in output
    assert not reddit.paths()


@pytest.mark.parametrize(
    "answer",
    [
        double.BLOCKED,
        Answer(b"<html>", 401),
        Answer(status=302, headers={"Location": "/login/?reason=lor2&dest=%2Fr%2Fverses%2Ftop"}),
    ],
)
def test_names_the_way_out_where_reddit_shuts_the_client_out(reddit: Reddit, public: Command, answer: Answer) -> None:
    reddit.closed = {"verses": answer}
    output = public.refuse()
    assert "REDDIT_CLIENT_ID" in output
    assert found(public) == set(range(1000, 1120))
    reddit.closed = {}
    public.finish()
    assert found(public) == ALL


def test_stops_where_reddit_shuts_an_application_out(reddit: Reddit, api: Command) -> None:
    reddit.closed = {"prose": double.BLOCKED}
    assert "blocks this client" in api.refuse()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal(403, "Forbidden", reason="private"), "private"),
        (refusal(404, "Not Found", reason="banned"), "banned"),
        (refusal(403, "Forbidden", reason="quarantined", quarantine_message="\x1b[2J"), "quarantined"),
        (refusal(403, "Forbidden", reason="gated\x1b[2J"), "gated"),
        (refusal(403, "Forbidden"), "status 403"),
        (refusal(404, "Not Found"), "unknown"),
        (Answer(b"<html>page not found</html>", 404), "unknown"),
    ],
)
def test_names_a_closed_subreddit_and_takes_the_others(
    reddit: Reddit, api: Command, answer: Answer, expected: str
) -> None:
    reddit.closed = {"prose": answer}
    output = api.refuse()
    assert f"r/prose ({expected}" in output
    assert "\x1b" not in output
    assert "r/verses" not in output.splitlines()[-1]
    assert found(api) == set(range(250))
    reddit.closed = {}
    api.finish()
    assert found(api) == ALL


def test_names_an_unknown_subreddit(reddit: Reddit, command: Command) -> None:
    output = replace(command, arguments=_arguments(reddit, "nowhere", "prose")).refuse()
    assert "r/nowhere (unknown)" in output
    assert found(command) == set(range(1000, 1120))


def test_leaves_out_what_was_taken_back(reddit: Reddit, command: Command) -> None:
    reddit.subreddits["verses"] = [
        submission(1),
        submission(2, title="[deleted by user]"),
        submission(3, title="[ Removed by moderator ]"),
        submission(4, title="[ Removed by Reddit on account of a claim ]"),
        submission(5, author="[deleted]"),
        submission(6, removed_by_category="moderator"),
        submission(7, title=" \n "),
        submission(8),
    ]
    command.finish()
    assert found(command) == {1, 8, *range(1000, 1120)}


def test_takes_titles_as_they_were_written(reddit: Reddit, public: Command) -> None:
    titles = {
        "[Poem] The deleted scenes of a removed summer": "[Poem] The deleted scenes of a removed summer",
        "[OC] said the sea": "[OC] said the sea",
        "\U0001f525\U0001f606": "\U0001f525\U0001f606",
        "  two\nlines \ud83c ": "two lines \ufffd",
        "AT&amp;T": "AT&amp;T",
    }
    posts = [submission(number, title=title) for number, title in enumerate(titles)]
    reddit.subreddits = {"verses": posts, "prose": []}
    public.finish()
    assert [found.text for found in public.texts()] == list(titles.values())


def test_goes_to_the_end_of_the_longest_listing(reddit: Reddit, command: Command) -> None:
    reddit.subreddits["verses"] = [submission(number) for number in range(1500)]
    reddit.subreddits["prose"] = [submission(2000, "prose", removed_by_category="deleted")] * 100 + [
        submission(2001, "prose")
    ]
    command.finish()
    assert found(command) == {*range(1000), 2001}


def test_a_listing_that_moves_brings_nothing_twice(reddit: Reddit, command: Command) -> None:
    chance = random.Random(1)
    reddit.before = lambda reddit: chance.shuffle(reddit.subreddits["verses"])
    command.finish()
    reddit.before = lambda _: None
    command.finish()
    assert found(command) == ALL


def test_goes_on_where_the_submission_to_follow_has_left_the_listing(reddit: Reddit, command: Command) -> None:
    def leave(reddit: Reddit) -> None:
        if sum(path.startswith("/r/verses") for path in reddit.paths()) == 2:
            reddit.subreddits["verses"] = [post for post in reddit.subreddits["verses"] if post["name"] != "t3_2r"]

    reddit.before = leave  # t3_2r is the hundredth
    command.finish()
    assert found(command) == ALL


@pytest.mark.slow
def test_a_later_run_takes_what_is_new(reddit: Reddit, command: Command) -> None:
    command.finish()
    reddit.subreddits["verses"].insert(0, submission(5000))
    command.finish()
    assert found(command) == ALL | {5000}


@pytest.mark.slow
def test_goes_on_after_every_passing_failure(reddit: Reddit, command: Command) -> None:
    reddit.subreddits["verses"] = [submission(number) for number in range(1000)]
    reddit.subreddits["prose"] = [submission(2000 + number, "prose") for number in range(1000)]
    faults = list(BROKEN)

    def fail(reddit: Reddit) -> None:
        if faults and len(reddit.paths()) > 1:
            reddit.faults.append(faults.pop())

    reddit.before = fail
    output = command.finish()
    assert found(command) == {*range(1000), *range(2000, 3000)}
    assert output.count("failures in a row") == len(BROKEN)


@pytest.mark.parametrize("fault", [BROKEN[0], BROKEN[3], BROKEN[4], BROKEN[11]])
def test_gives_up_when_failures_do_not_end(reddit: Reddit, public: Command, fault: Answer) -> None:
    reddit.faults.extend([fault] * 50)
    assert "10 failures in a row" in public.refuse()
    assert len(reddit.paths()) == 10


def test_waits_as_the_limit_says_or_comes_back_later(reddit: Reddit, command: Command) -> None:
    reddit.before = lambda reddit: (
        reddit.faults.append(Answer(status=429, headers={"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "1200"}))
        if len(reddit.paths()) == 4
        else None
    )
    assert "1200 s" in command.refuse()
    reddit.before = lambda _: None
    asked = len(reddit.asked)
    command.finish()
    assert found(command) == ALL
    assert not [path for path in (asked.path for asked in reddit.asked[asked:]) if "prose" in path]


def test_renews_a_token_that_was_withdrawn(reddit: Reddit, api: Command) -> None:
    reddit.before = lambda reddit: reddit.tokens.append("withdrawn") if len(reddit.paths()) == 4 else None
    api.finish()
    assert found(api) == ALL
    assert reddit.paths().count("/api/v1/access_token") == 2


def test_renews_a_token_before_its_end(reddit: Reddit, api: Command) -> None:
    reddit.token_seconds = 30
    api.finish()
    assert found(api) == ALL
    assert reddit.paths().count("/api/v1/access_token") == 5


def test_gives_up_when_no_token_holds(reddit: Reddit, api: Command) -> None:
    reddit.before = lambda reddit: reddit.tokens.append("withdrawn")
    assert "rejects the tokens" in api.refuse()


def test_asks_for_a_token_again(reddit: Reddit, api: Command) -> None:
    reddit.faults.extend(BROKEN[:9])
    api.finish()
    assert found(api) == ALL


def test_says_that_credentials_are_not_taken(api: Command) -> None:
    wrong = {**CREDENTIALS, "REDDIT_CLIENT_SECRET": "somebody-elses"}
    assert "REDDIT_CLIENT_SECRET" in replace(api, environment=wrong, secrets=[*SECRETS, "somebody-elses"]).refuse()


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["--subreddit", "verses", "--time", "decade"], NONE, "hour, day, week"),
        (["--subreddit", "a/b", "--time", "day"], NONE, "subreddit's name"),
        (["--subreddit", "verses+prose", "--time", "day"], NONE, "subreddit's name"),
        (["--subreddit", "verses", "--time", "day"], NONE | {"REDDIT_CLIENT_ID": "x"}, "REDDIT_CLIENT_SECRET"),
        (["--subreddit", "verses", "--time", "day", "--api", "oauth.reddit.com"], NONE, "is not an address"),
        (["--subreddit", "verses", "--time", "day", "--site", "http://reddit.com"], NONE, "over https only"),
    ],
)
def test_refuses_settings_that_cannot_work(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], expected: str
) -> None:
    out = tmp_path / "titles.sqlite"
    assert expected in Command(out, ["reddit", *arguments], environment).refuse()
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_survives_being_killed_at_any_moment(reddit: Reddit, command: Command, seed: int) -> None:
    reddit.subreddits["verses"] = [submission(number) for number in range(1000)]
    chance = random.Random(seed)
    assert command.killed_until_done(lambda: len(reddit.asked), chance, hold=reddit.hold) >= 2
    assert found(command) == {*range(1000), *range(1000, 1120)}
