"""What a corpus file may hold, and the sentence for one that may not."""

from pathlib import Path

import pytest

from model.corpus.reading import read_corpus
from model.errors import ModelError
from tests.conftest import model

BAD = {
    "empty": (b"", "the corpus is empty"),
    "blank lines only": (b"\n \n", "the corpus is empty"),
    "not UTF-8": (b'{"text": "a"}\n{"text": "\xff"}\n', "line 2: not UTF-8 at byte 10"),
    "not JSON": (b'{"text": "a"}\n{"text"\n', "line 2: not JSON"),
    "no object": (b"[1]\n", "line 1: expected an object"),
    "no text": (b'{"title": "a"}\n', "line 1: expected an object"),
    "text of another type": (b'{"text": 7}\n', "line 1: expected an object"),
    "empty text": (b'{"text": "  "}\n', "line 1: expected an object"),
    "half of a surrogate pair": (b'{"text": "\\ud83d"}\n', "line 1: the text holds half of a surrogate pair"),
}


@pytest.mark.parametrize(("content", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_corpus_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "poems.jsonl"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=sentence):
        read_corpus(path)


def test_a_poem_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "poems.jsonl"
    path.write_bytes('{"author": "А", "title": "Б", "text": "Строка\\n\\nЕщё"}\r\n\n'.encode())
    (poem,) = read_corpus(path)
    assert (poem.author, poem.title, poem.text) == ("А", "Б", "Строка\n\nЕщё")


@pytest.mark.parametrize("content", [b"", b'{"text": "\xff"}\n'])
def test_the_command_line_answers_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "poems.jsonl"
    path.write_bytes(content)
    done = model("train", path, "--out", tmp_path / "run", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"model: {path}")
    assert done.stderr.count("\n") == 1


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        read_corpus(tmp_path / "none.jsonl")
