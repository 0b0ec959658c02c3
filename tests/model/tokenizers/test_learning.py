"""Learning tokenizers, and opening what was learned."""

import random
from pathlib import Path

import pytest

from model.errors import ModelError
from model.text.release import TOKENIZERS, BadRelease, open_tokenizer, read_tokenizer
from model.text.tokens import UNK
from model.tokenizers.learning import LEARNERS, learn
from tests.model.text.vocabularies import ENGLISH, RUSSIAN

SYLLABLES = ["ка", "ло", "ми", "ре", "ту", "со"]


def titles(count: int) -> list[str]:
    """Return texts of one line each."""
    random_ = random.Random(1)
    return [" ".join("".join(random_.choices(SYLLABLES, k=2)) for _ in range(6)) for _ in range(count)]


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_what_was_learned_is_opened_by_its_kind(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "vocabulary"
    learned = learn(kind, RUSSIAN, path, 60, ["nfc"])
    opened = open_tokenizer(kind, path, ["nfc"])
    assert type(opened) is type(learned)
    every = range(learned.vocabulary_size)
    assert opened.pieces(every) == learned.pieces(every)
    assert LEARNERS.keys() == TOKENIZERS.keys()


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_two_learn_the_same_file(kind: str, tmp_path: Path) -> None:
    for name, texts in (("one", ENGLISH), ("two", ENGLISH[::-1])):
        learn(kind, iter(texts), tmp_path / name, 40, [])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("texts", [titles(60), [*titles(60), "ка\nло"]], ids=["none", "one"])
def test_bpe_has_a_line_break_where_the_texts_have_hardly_any(texts: list[str], tmp_path: Path) -> None:
    tokenizer = learn("bpe", texts, tmp_path / "vocabulary", 40, ["nfc"])
    assert tokenizer.vocabulary_size == 40
    for text in [*texts[:5], "ка\nло\n\nми"]:
        ids = tokenizer.encode(text)
        assert UNK not in ids
        assert ids.count(tokenizer.break_id) == text.count("\n")
        assert tokenizer.decode(ids) == text


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize("texts", [[], ["", "\n"]])
def test_nothing_to_learn_from_is_a_clear_error(kind: str, texts: list[str], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no text"):
        learn(kind, texts, tmp_path / "vocabulary", 500, [])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("vocabulary", [8, 500])
def test_a_vocabulary_that_does_not_fit_is_a_clear_error(vocabulary: int, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(vocabulary)):
        learn("bpe", ["раз два"], tmp_path / "vocabulary", vocabulary, [])


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no tokenizer 'letters'; there are: bpe, characters, words"):
        learn("letters", RUSSIAN, tmp_path / "vocabulary", 60, [])
    with pytest.raises(BadRelease, match="'letters' is unknown"):
        read_tokenizer("letters", b"", [])
    with pytest.raises(BadRelease, match="normalisation 'loud' is unknown"):
        read_tokenizer("characters", b"", ["loud"])


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize(
    "data", [b"", b"garbage", b"4 3\n1 2\n", b"1 0\n1 2\n1 0 2 3", random.Random(0).randbytes(200)]
)
def test_a_broken_file_is_a_bad_release(kind: str, data: bytes) -> None:
    with pytest.raises(BadRelease, match="cannot be read"):
        read_tokenizer(kind, data, [])


def test_a_vocabulary_without_a_line_break_is_a_bad_release(tmp_path: Path) -> None:
    with pytest.raises(BadRelease, match="the line break is not a token"):
        read_tokenizer("bpe", b"2 0\n97 4\n9601 5\n1 0 2 3\n", [])
    with pytest.raises(ModelError, match="the line break is not a token"):
        learn("bpe", ["аб"], tmp_path / "vocabulary", 8, [])


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_half_a_file_is_a_bad_release(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "vocabulary"
    learn(kind, RUSSIAN, path, 60, [])
    data = path.read_bytes()
    for length in range(0, len(data) - 1, 7):
        with pytest.raises(BadRelease):
            read_tokenizer(kind, data[:length], [])
