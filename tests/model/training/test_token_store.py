"""Token ids on disk: made once, used again only where they are whole and of the same texts."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model.training.token_store import TokenStore, key_of, made

ROWS = [[2, 5, 6, 3], [2, 3], [], [2, *range(4, 60), 3]]
KEY = key_of({"corpus": "one"})


def rows_of(store: TokenStore) -> list[list[int]]:
    return [row.tolist() for row in store]


def never() -> Iterator[list[int]]:
    pytest.fail("the texts are tokenised again")
    yield []


def silent(line: str) -> None:
    pytest.fail(line)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens" / "one.ids"


def test_a_store_gives_each_text_by_its_index(path: Path) -> None:
    store = made(path, KEY, iter(ROWS), 100, silent)
    assert len(store) == 4
    assert rows_of(store) == ROWS
    assert store[-1].tolist() == ROWS[-1]
    assert [row.tolist() for row in store[1:3]] == ROWS[1:3]
    with pytest.raises(IndexError):
        store[4]


@pytest.mark.parametrize(("vocabulary", "dtype"), [(65_536, np.uint16), (65_537, np.uint32)])
def test_ids_are_as_narrow_as_the_vocabulary_allows(path: Path, vocabulary: int, dtype: type) -> None:
    store = made(path, KEY, [[vocabulary - 1]], vocabulary, silent)
    assert store[0].dtype == dtype
    assert rows_of(store) == [[vocabulary - 1]]
    assert path.stat().st_size < 200


def test_a_store_of_the_same_texts_is_used_again(path: Path) -> None:
    made(path, KEY, ROWS, 100, silent)
    assert rows_of(made(path, KEY, never(), 100, silent)) == ROWS


@pytest.mark.parametrize("rows", [[], [[]], [[], []]])
def test_a_store_may_hold_nothing(path: Path, rows: list[list[int]]) -> None:
    made(path, KEY, rows, 100, silent)
    assert rows_of(made(path, KEY, never(), 100, silent)) == rows


def test_a_store_of_something_else_is_made_anew(path: Path) -> None:
    said: list[str] = []
    made(path, KEY, [[2, 3]], 100, silent)
    assert rows_of(made(path, key_of({"corpus": "another"}), ROWS, 100, said.append)) == ROWS
    assert said == [f"{path} was made from something else: tokenising the texts again"]


def test_a_damaged_store_is_made_anew_wherever_it_is_damaged(path: Path) -> None:
    made(path, KEY, ROWS, 100, silent)
    whole = path.read_bytes()
    altered = [whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :] for i in range(len(whole))]
    cut = [whole[:i] for i in range(len(whole))]
    for damaged in (*altered, *cut, whole + b"\0", whole[1:]):
        path.write_bytes(damaged)
        said: list[str] = []
        made(path, KEY, ROWS, 100, said.append)
        assert path.read_bytes() == whole
        assert said == [f"{path} is damaged: tokenising the texts again"]


def test_a_store_that_is_not_finished_leaves_what_was_there(path: Path) -> None:
    made(path, KEY, [[2, 3]], 100, silent)

    def broken() -> Iterator[list[int]]:
        yield [2, 3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(path, key_of({"corpus": "another"}), broken(), 100, lambda _: None)
    assert rows_of(made(path, KEY, never(), 100, silent)) == [[2, 3]]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_an_id_beyond_the_vocabulary_s_type_is_not_wrapped_around(path: Path) -> None:
    with pytest.raises(OverflowError):
        made(path, KEY, [[65_536]], 100, silent)
    assert not path.exists()


def test_a_key_is_of_all_that_it_is_made_from_in_any_order() -> None:
    one = {"corpus": "a", "normalisation": ["nfc", "yo"]}
    assert key_of(one) == key_of(dict(reversed(one.items())))
    assert key_of(one) != key_of(one | {"normalisation": ["yo", "nfc"]})
