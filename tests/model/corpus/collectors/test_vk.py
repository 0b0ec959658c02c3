"""Collecting a wall from the double of VK, by the command that a user runs."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model.corpus.collection import open_collection
from model.corpus.collectors.fetching import Fetcher, Manners
from model.corpus.collectors.vk import VkSettings, collect
from model.corpus.texts import Text
from model.errors import ModelError
from tests.model.corpus.collectors import vk_double as vk
from tests.model.corpus.collectors.collecting import Command
from tests.model.corpus.collectors.sites import Answer, serving
from tests.model.corpus.collectors.vk_double import Wall, error, post

BROKEN = [
    Answer(status=500),
    Answer(b"", 503),
    Answer(b'{"response": {"count": 3', cut=True),
    Answer(b'{"response": {"count": 3, "items": [{"id"'),
    Answer(b"<html><h1>502 Bad Gateway</h1></html>"),
    Answer(b"[1, 2]"),
    Answer(b'{"response": {"count": 1, "items": [{"id": 1, "owner_id": -4321, "date": 1e999, "text": "x"}]}}'),
    Answer(b'{"response": {"count": 1, "items": [7]}}'),
    Answer(b"[" * 100_000),
    Answer(b"Too many", 429, {"Retry-After": "0"}),
    Answer(hang=True),
    error(1, "Unknown error occurred"),
    error(6, "Too many requests per second"),
    error(9, "Flood control"),
    error(10, "Internal server error"),
]


@pytest.fixture
def wall() -> Iterator[Wall]:
    double = Wall([post(number) for number in range(1, 501)])
    with serving(double):
        yield double


@pytest.fixture
def command(wall: Wall, tmp_path: Path) -> Command:
    arguments = ["vk", "--owner", vk.OWNER, "--api", wall.address]
    return Command(tmp_path / "wall.sqlite", arguments, {"VK_TOKEN": vk.TOKEN}, [vk.TOKEN])


def numbers(texts: list[Text]) -> set[int]:
    return {int(text.url.rpartition("_")[2]) for text in texts}


def found(command: Command) -> set[int]:
    return numbers(command.texts())


def test_takes_each_post_with_its_address_author_and_date(wall: Wall, command: Command) -> None:
    command.finish()
    texts = {text.url: text for text in command.texts()}
    assert len(texts) == 500
    assert texts["https://vk.com/wall-4321_7"] == Text(
        text=vk.words(7),
        author=vk.NAME,
        url="https://vk.com/wall-4321_7",
        date=datetime.fromtimestamp(vk.BEGIN + 420, UTC).isoformat(),
    )
    assert "somebody@example.org" in wall.asked[0].headers["User-Agent"]


def test_finds_the_wall_by_its_short_name(wall: Wall, command: Command) -> None:
    replace(command, arguments=["vk", "--domain", vk.DOMAIN, "--api", wall.address]).finish()
    assert found(command) == set(range(1, 501))


def test_reads_a_posts_own_words(wall: Wall, command: Command) -> None:
    cases: list[tuple[str, vk.Json, str, str]] = [
        ("Спасибо, [id7|Имя] и [club8|Клуб #4]!", {}, "Спасибо, Имя и Клуб #4!", vk.NAME),
        ("[id7:bp-4321_900|Имя], [https://vk.com/a?b=1|ссылка] [vk.com/sea|море]", {}, "Имя, ссылка море", vk.NAME),
        ("[тихо|громко] [a] #море@sea <br> &amp;", {}, "[тихо|громко] [a] #море@sea <br> &amp;", vk.NAME),
        ("\n первая\r\nвторая \n\n", {}, "первая\nвторая", vk.NAME),
        ("волна \ud83c и \U0001f30a", {}, "волна \ufffd и \U0001f30a", vk.NAME),
        ("от подписчика", {"from_id": 77}, "от подписчика", "id77"),
        ("с подписью", {"signer_id": 78}, "с подписью", "id78"),
        ("от соседей", {"from_id": -99}, "от соседей", "club99"),
        ("свои слова", {"copy_history": [post(3, "чужие слова")]}, "свои слова", vk.NAME),
    ]
    wall.posts = [post(900 - number, case[0], **case[1]) for number, case in enumerate(cases)]
    command.finish()
    assert [(found.text, found.author) for found in command.texts()] == [case[2:] for case in cases]


def test_leaves_out_posts_without_own_words_and_advertisements(wall: Wall, command: Command) -> None:
    wall.posts = [
        post(908),
        post(907, ""),
        post(906, " \n "),
        {name: value for name, value in post(905).items() if name != "text"},
        post(904, "", copy_history=[post(3, "чужие слова")]),
        post(903, "", donut={"is_donut": True, "placeholder": {"text": "Только для своих"}}),
        post(902, "купите", marked_as_ads=1),
        post(901, "купите", post_type="post_ads"),
        post(900),
    ]
    command.finish()
    assert found(command) == {900, 908}


@pytest.mark.parametrize("pinned", [None, 1])
@pytest.mark.parametrize("count", [0, 1, 79, 80, 81, 99, 100, 101, 160, 161, 180, 181])
def test_walks_to_the_end_of_a_wall_of_any_size(tmp_path: Path, count: int, pinned: int | None) -> None:
    wall = Wall([post(number) for number in range(1, count + 1)])
    wall.pinned = pinned
    with serving(wall):
        assert numbers(walk(wall, tmp_path)) == set(range(1, count + 1))


def test_a_later_run_asks_for_no_more_than_what_is_new(wall: Wall, command: Command) -> None:
    wall.pinned = 3
    command.finish()
    before = len(wall.asked)
    command.finish()
    assert len(wall.asked) == before + 1
    wall.add(150)
    command.finish()
    assert found(command) == set(range(1, 651))
    assert len(wall.asked) <= before + 4


def test_a_later_run_knows_its_place_though_all_that_was_new_is_removed(wall: Wall, command: Command) -> None:
    command.finish()
    before = len(wall.asked)
    wall.remove(*range(350, 501))
    wall.add(1)
    command.finish()
    assert found(command) == set(range(1, 501))
    assert len(wall.asked) <= before + 2


def test_does_not_begin_anew_after_a_pause_in_which_the_wall_grew(tmp_path: Path) -> None:
    wall = Wall([post(number) for number in range(1, 3001)])
    with serving(wall):
        walk(wall, tmp_path, pages=30)
        wall.add(250)
        texts = walk(wall, tmp_path)
    assert numbers(texts) == set(range(1, 3251))
    assert len(wall.asked) <= 30 + 25


def test_reads_raw_control_characters(wall: Wall, command: Command) -> None:
    wall.posts = []
    item = b'{"id": 1, "owner_id": -4321, "from_id": -4321, "date": 1700000000, "text": "a\tb\nc"}'
    wall.faults.append(Answer(b'{"response": {"count": 1, "items": [' + item + b"]}}"))
    command.finish()
    assert [(found.text, found.author) for found in command.texts()] == [("a\tb\nc", "club4321")]


def test_loses_nothing_while_the_wall_grows(wall: Wall, command: Command) -> None:
    growth = [0, 1, 30, 150, 0, 250, 7, 0, 90]
    wall.before = lambda wall: wall.add(growth.pop(0) if growth else 0)
    command.finish()
    assert found(command) == set(range(1, 500 + 528 + 1))


def test_loses_nothing_while_posts_are_removed(wall: Wall, command: Command) -> None:
    """All that is removed was read already, so that what follows moves up past the place of reading."""
    removals = {3: range(461, 501), 5: range(300, 461), 6: range(200, 300)}
    wall.before = lambda wall: wall.remove(*removals.get(len(wall.asked), ()))
    command.finish()
    assert found(command) >= set(range(1, 200))


def test_passes_stretches_of_hidden_posts(wall: Wall, command: Command) -> None:
    wall.hidden = {*range(450, 460), *range(150, 400), 1, 2}
    command.finish()
    assert found(command) == set(range(1, 501)) - wall.hidden


@pytest.mark.parametrize("hidden", [range(300, 501), range(1, 200), range(1, 501)])
def test_passes_hidden_posts_at_either_end(wall: Wall, command: Command, hidden: range) -> None:
    wall.hidden = set(hidden)
    command.finish()
    assert found(command) == set(range(1, 501)) - wall.hidden


@pytest.mark.parametrize("seed", range(20))
def test_loses_nothing_whatever_happens_to_the_wall(tmp_path: Path, seed: int) -> None:
    """Posts come and go, the pin wanders, some are hidden, and the walk is broken off again and again."""
    chance = random.Random(seed)
    wall = Wall([post(number) for number in range(1, chance.randint(2, 900))])
    wall.hidden = {item["id"] for item in wall.posts if chance.random() < 0.05}
    changes = chance.randint(5, 60)

    def change(wall: Wall) -> None:
        if len(wall.asked) < changes:
            wall.add(chance.choice([0, 0, 1, 5, 120]))
            removed = chance.choice([0, 0, 1, 15, 150])
            first = chance.randrange(len(wall.posts) + 1)
            wall.remove(*[item["id"] for item in wall.posts[first : first + removed]])
            if wall.posts and chance.random() < 0.1:
                wall.pinned = chance.choice([None, wall.posts[-1]["id"]])

    wall.before = change
    with serving(wall):
        for _ in range(10):
            walk(wall, tmp_path, pages=chance.randint(1, 5))
        texts = walk(wall, tmp_path)
    assert {item["id"] for item in wall.posts} - wall.hidden <= numbers(texts)


@pytest.mark.slow
def test_goes_on_after_every_passing_failure(wall: Wall, command: Command) -> None:
    wall.add(1000)
    faults = list(BROKEN)

    def fail(wall: Wall) -> None:
        if faults:
            wall.faults.append(faults.pop())

    wall.before = fail
    output = command.finish()
    assert found(command) == set(range(1, 1501))
    assert output.count("failures in a row") == len(BROKEN)


@pytest.mark.parametrize("fault", [BROKEN[0], BROKEN[3], BROKEN[4], BROKEN[12]])
def test_gives_up_when_failures_do_not_end(wall: Wall, command: Command, fault: Answer) -> None:
    wall.faults.extend([fault] * 50)
    assert "10 failures in a row" in command.refuse()
    assert len(wall.asked) == 10


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error(5, f"User authorization failed: invalid access_token {vk.TOKEN}\x1b[2J"), "VK_TOKEN"),
        (error(14, "Captcha needed", captcha_sid="1", captcha_img="http://vk.example/1"), "captcha"),
        (error(14, "Captcha needed", redirect_uri="https://id.vk.example/not_robot"), "captcha"),
        (error(17, "Validation required"), "confirm"),
        (error(15, "Access denied: wall is disabled"), "wall is disabled"),
        (error(18, "User was deleted or banned"), "closed"),
        (error(19, "Content blocked"), "closed"),
        (error(30, "This profile is private"), "closed"),
        (error(27, "Group authorization failed: method is unavailable with group auth."), "community's token"),
        (error(29, "Rate limit reached"), "tomorrow"),
        (error(100, "One of the parameters specified was missing or invalid"), "no wall"),
        (error(113, "Invalid user id"), "no wall"),
        (error(8, "Invalid request"), "Invalid request"),
        (error(1051, "Method is not available for this profile type"), "profile type"),
    ],
)
def test_stops_where_only_a_person_can_help_and_goes_on_later(
    wall: Wall, command: Command, answer: Answer, expected: str
) -> None:
    wall.before = lambda wall: wall.faults.append(answer) if len(wall.asked) == 3 else None
    output = command.refuse()
    assert expected in output
    assert "\x1b" not in output
    assert len(wall.asked) == 4
    command.finish()
    assert wall.offsets()[4] == wall.offsets()[3] == 240
    assert found(command) == set(range(1, 501))


def test_says_when_to_come_back_after_a_long_wait(wall: Wall, command: Command) -> None:
    wall.faults.append(Answer(b"", 429, {"Retry-After": "7200"}))
    assert "7200 s" in command.refuse()


def test_a_wrong_token_is_not_shown(command: Command) -> None:
    wrong = "vk1.a.somebody-elses"
    assert "VK_TOKEN" in replace(command, environment={"VK_TOKEN": wrong}, secrets=[wrong]).refuse()


@pytest.mark.parametrize(
    ("token", "more", "expected"),
    [
        ("", ["--owner", "-1"], "set VK_TOKEN"),
        ("a b", ["--owner", "-1"], "VK_TOKEN"),
        ("т", ["--owner", "-1"], "VK_TOKEN"),
        ("t", ["--owner", "1"], "are negative"),
        ("t", ["--domain", "a/b"], "short name"),
        ("t", ["--domain", "a", "--api", "api.vk.com"], "is not an address"),
        ("t", ["--domain", "a", "--api", "http://api.vk.com"], "over https only"),
    ],
)
def test_refuses_settings_that_cannot_work(tmp_path: Path, token: str, more: list[str], expected: str) -> None:
    out = tmp_path / "wall.sqlite"
    assert expected in Command(out, ["vk", *more], {"VK_TOKEN": token}).refuse()
    assert not out.exists()


def test_another_wall_does_not_go_into_the_same_file(wall: Wall, command: Command) -> None:
    command.finish()
    other = replace(command, arguments=["vk", "--owner", -5, "--api", wall.address])
    assert "-4321" in other.refuse()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_survives_being_killed_at_any_moment(wall: Wall, command: Command, seed: int) -> None:
    chance = random.Random(seed)
    wall.pinned = 40

    def change(wall: Wall) -> None:
        if len(wall.asked) < 60:
            wall.add(chance.choice([0, 3, 20, 90]))
            wall.remove(*(chance.randrange(1, 400) for _ in range(3)))

    wall.before = change
    assert command.killed_until_done(lambda: len(wall.asked), chance, hold=wall.hold) >= 3
    texts = command.texts()
    assert {item["id"] for item in wall.posts} <= numbers(texts)
    assert all(text.text == vk.words(number) for text in texts for number in numbers([text]))


def walk(wall: Wall, folder: Path, pages: int | None = None) -> list[Text]:
    """Collect in this process, broken off after some pages."""
    fetcher = Fetcher(Manners("somebody@example.org", delay=0), _fail, robots=False)
    with open_collection(folder / "wall.sqlite") as collection:
        for count, _ in enumerate(collect(fetcher, collection, VkSettings(vk.TOKEN, vk.OWNER, api=wall.address)), 1):
            if count == pages:
                break
    return Command(folder / "wall.sqlite", [], {}).texts()


def _fail(line: str) -> Any:
    raise ModelError(line)
