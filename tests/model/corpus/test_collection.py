"""The file of a collector: text and position move together, at any kill, under any reader."""

import os
import random
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from model.corpus.collection import Collection, open_collection, read_collection
from model.corpus.forgetting import mark
from model.corpus.texts import Text
from model.errors import ModelError
from tests.processes import start, wait_until

KEEPER = """
import sys
from pathlib import Path
from model.corpus.collection import open_collection
from model.corpus.texts import Text
with open_collection(Path(sys.argv[1])) as collection:
    for number in range(collection.position.get("next", 0), 10**9):
        collection.keep([Text("слово " * 200, url=f"https://example.org/{number}")], {"next": number + 1})
        print(number, flush=True)
"""


def text(number: int, **fields: str) -> Text:
    return Text(**{"text": f"текст {number}", "url": f"https://example.org/{number}", **fields})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "poems.sqlite"


def urls(path: Path) -> list[str]:
    return [text.url for text in read_collection(path)]


def test_texts_come_back_whole_and_in_order(path: Path) -> None:
    texts = [text(2, author="Анна", title="Т", label="л", date="2015-03-03"), text(1)]
    with open_collection(path) as collection:
        assert (collection.count, collection.position) == (0, {})
        assert collection.keep(texts, {"page": 1}) == 2
        assert collection.count == 2
    assert list(read_collection(path)) == texts
    with open_collection(path) as collection:
        assert (collection.count, collection.position) == (2, {"page": 1})


def test_an_address_is_taken_once(path: Path) -> None:
    with open_collection(path) as collection:
        collection.keep([text(1)], {})
        assert collection.keep([text(1, text="другой"), text(2), text(2)], {}) == 1
        assert collection.count == 2
        assert (collection.has(text(2).url), collection.has(text(3).url)) == (True, False)
    assert [found.text for found in read_collection(path)] == ["текст 1", "текст 2"]


def test_pages_that_were_given_up_are_noted_until_they_are_found(path: Path) -> None:
    with open_collection(path) as collection:
        collection.keep([], {}, {text(1).url: "status 500", text(2).url: "status 500"})
        collection.keep([], {}, {text(1).url: "no text"})
        assert collection.unread == 2
        collection.keep([text(1)], {})
        assert collection.unread == 1


def test_forgetting_counts(path: Path) -> None:
    with open_collection(path) as collection:
        collection.keep([text(1), text(2)], {})
        collection.forget(mark(text(1).url))
        assert collection.count == 1
        collection.keep([text(1)], {})
        assert collection.count == 1


def test_halves_of_surrogate_pairs_do_no_harm(path: Path) -> None:
    with open_collection(path) as collection:
        collection.keep([text(1, text="\ud83d\ude00 \ud83d", title="\ude00")], {"place": "\ud83d"})
        assert collection.position == {"place": "\ud83d"}
    (found,) = read_collection(path)
    assert (found.text, found.title) == ("😀 \ufffd", "\ufffd")


def test_a_file_collects_one_thing(path: Path) -> None:
    with open_collection(path) as collection:
        collection.begin({"site": "a", "names": ("x", "y")})
        collection.begin({"site": "a", "names": ("x", "y")})
        with pytest.raises(ModelError, match=r"this file collects .*use another one"):
            collection.begin({"site": "b"})


def test_one_writer_at_a_time(path: Path) -> None:
    refused = pytest.raises(ModelError, match="another command is writing here")
    with open_collection(path), refused, open_collection(path):
        pass


def test_reading_does_not_hold_up_the_writer_and_sees_one_moment(path: Path) -> None:
    with open_collection(path) as collection:
        collection.keep([text(number) for number in range(50)], {})
        reading = read_collection(path)
        first = next(reading)
        collection.keep([text(99)], {})
        assert len([first, *reading]) == 50
    assert len(urls(path)) == 51


def test_what_is_left_is_one_plain_file(path: Path) -> None:
    with open_collection(path) as collection:
        collection.keep([text(1)], {})
    assert sorted(file.name for file in path.parent.iterdir()) == ["poems.sqlite", "poems.sqlite.lock"]
    with sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


@pytest.mark.parametrize(
    "made_by", ["CREATE TABLE texts (x)", "PRAGMA user_version = 99; CREATE TABLE texts (x)", None]
)
def test_a_file_of_something_else_is_left_as_it_is(path: Path, made_by: str | None) -> None:
    path.parent.mkdir()
    if made_by:
        connection = sqlite3.connect(path)
        connection.executescript(made_by)
        connection.close()
    else:
        path.write_text("это не база данных" * 100)
    before = path.read_bytes()
    with pytest.raises(ModelError, match="not a usable collection"), open_collection(path):
        pass
    with pytest.raises(ModelError, match="not a usable collection"):
        list(read_collection(path))
    assert path.read_bytes() == before


def test_no_file_is_no_collection(path: Path) -> None:
    with pytest.raises(ModelError, match="not a usable collection"):
        list(read_collection(path))
    assert not path.exists()


def test_a_failure_within_a_step_leaves_the_step_before(path: Path) -> None:
    with open_collection(path) as collection:
        collection.keep([text(1)], {"next": 2})
        with pytest.raises(TypeError):
            collection.keep([text(2)], {"next": object()})
        assert _state(collection) == (1, {"next": 2})
    assert urls(path) == [text(1).url]


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_text_and_position_together(path: Path) -> None:
    chance = random.Random(5)
    for _ in range(15):
        said = _killed_keeper(path, chance.randint(1, 60))
        found = urls(path)  # before anybody opens it for writing
        assert found == [text(number).url for number in range(len(found))]
        assert len(found) > said[-1]
        with open_collection(path) as collection:
            assert _state(collection) == (len(found), {"next": len(found)})


def _killed_keeper(path: Path, lines: int) -> list[int]:
    """Let a process keep some texts and kill it in the middle; return the numbers that it said to have kept."""
    keeper = start([sys.executable, "-c", KEEPER, str(path)], cwd=Path.cwd())
    wait_until(lambda: keeper.text().count("\n") >= lines or not keeper.is_running(), 30, keeper.text)
    os.kill(keeper.process.pid, signal.SIGKILL)
    assert keeper.process.wait() == -signal.SIGKILL, keeper.text()
    return [int(line) for line in keeper.text().split("\n")[:-1]]


def _state(collection: Collection) -> tuple[int, object]:
    return collection.count, collection.position
