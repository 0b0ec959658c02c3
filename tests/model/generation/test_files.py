"""Mass generation: nothing lost and nothing twice, whenever it is killed, and no other file touched."""

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.errors import ModelError
from model.generation.files import SEPARATOR, write_file
from model.textgenrnn import TextGenerator

ORIGIN = {"model": "abc", "prompt": ""}
TEXTS = ["один\nдва", "", "три\n\nчетыре", "пять", "шесть"]


class StoppedError(Exception):
    pass


def write(path: Path, count: int = len(TEXTS), origin: dict[str, str] = ORIGIN, stop: int = 99) -> int:
    def texts(first: int, last: int) -> Iterator[str]:
        for i in range(first, last):
            if i == stop:
                raise StoppedError
            yield TEXTS[i]

    return write_file(path, origin, 10, count, texts)


def contents(path: Path) -> list[str]:
    text = path.read_text("utf-8")
    if path.suffix == ".txt":
        assert text.endswith(SEPARATOR)
        return text.split(SEPARATOR)[:-1]
    rows = [json.loads(line) for line in text.splitlines()]
    assert [row["seed"] for row in rows] == list(range(10, 10 + len(rows)))
    return [row["text"] for row in rows]


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_the_texts_are_as_they_were_written(tmp_path: Path, name: str) -> None:
    assert write(tmp_path / "new" / name) == 0
    assert contents(tmp_path / "new" / name) == TEXTS
    assert write(tmp_path / "new" / name) == len(TEXTS)
    assert contents(tmp_path / "new" / name) == TEXTS


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_cut_at_any_byte_it_goes_on_with_nothing_lost_or_twice(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write(path)
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        write(path)
        assert path.read_bytes() == whole


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_more_texts_of_the_same_join_those_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoppedError):
        write(tmp_path / name, stop=2)
    assert contents(tmp_path / name) == TEXTS[:2]
    assert write(tmp_path / name, count=4) == 2
    assert write(tmp_path / name) == 4
    assert contents(tmp_path / name) == TEXTS


def test_the_file_of_another_command_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path)
    before = path.read_bytes()
    with pytest.raises(ModelError, match="other prompt"):
        write(path, origin={**ORIGIN, "prompt": "Ночь"})
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_a_file_of_the_users_own_is_left_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("my novel\n", "utf-8")
    with pytest.raises(ModelError, match="exists and was not"):
        write(path)
    assert path.read_text("utf-8") == "my novel\n"


def test_a_name_whose_file_is_gone_is_free_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path)
    path.unlink()
    assert write(path, origin={**ORIGIN, "prompt": "Ночь"}) == 0
    assert contents(path) == TEXTS
    with pytest.raises(ModelError, match="other prompt"):
        write(path)


@pytest.mark.parametrize("origin", ["[]", "no JSON", "1"])
def test_an_invalid_origin_file_is_reported(tmp_path: Path, origin: str) -> None:
    path = tmp_path / "a.jsonl"
    write(path)
    (tmp_path / "a.jsonl.from.json").write_text(origin, "utf-8")
    with pytest.raises(ModelError, match="cannot be read"):
        write(path)


def test_lines_that_are_no_texts_of_ours_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path)
    for line in ('{"seed": 11, "text": ""}', "[]", "no JSON", '{"text": ""}'):
        path.write_text(line + "\n", "utf-8")
        with pytest.raises(ModelError, match="line 1"):
            write(path)
        assert path.read_text("utf-8") == line + "\n"


def test_two_commands_do_not_write_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ModelError, match="another command"):
            write(path)
    assert list(tmp_path.iterdir()) == [path]  # it left no origin file


def test_a_name_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"\.jsonl or \.txt"):
        write(tmp_path / "a.csv")


def test_blank_lines_of_a_prompt_make_no_other_texts(generator: TextGenerator, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="blank lines"):
        generator.generate_to_file(tmp_path / "a.txt", 2, prefix="а" + "\n" * 11 + "б")


def test_killed_it_goes_on_where_it_was(tmp_path: Path) -> None:
    """A real kill of a real process, in the midst of the fourth text."""
    path, (reading, writing) = tmp_path / "a.jsonl", os.pipe()

    def texts(_first: int, _last: int) -> Iterator[str]:
        yield from TEXTS[:3]
        os.write(writing, b"3")
        signal.pause()

    if not (child := os.fork()):
        try:
            write_file(path, ORIGIN, 10, len(TEXTS), texts)
        finally:
            os._exit(1)
    os.close(writing)  # so that a child that fails ends the wait
    assert os.read(reading, 1) == b"3"
    os.close(reading)
    with pytest.raises(ModelError, match="another command"):
        write(path)
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0) == (child, signal.SIGKILL)
    assert contents(path) == TEXTS[:3]
    assert write(path) == 3
    assert contents(path) == TEXTS
