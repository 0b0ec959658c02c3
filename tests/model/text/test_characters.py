"""Characters as tokens."""

from pathlib import Path

import pytest

from model.errors import ModelError
from model.text.characters import CharacterTokenizer
from model.text.tokens import BOS, EOS, PROMPT_TOKENS, UNK, Tokenizer
from tests.model.text.vocabularies import ENGLISH, LANGUAGES, RUSSIAN, STEPS, TEXTS, learned

LETTERS = CharacterTokenizer(["\n", " ", *"abcdeé"], ["nfc"])
BREAK = LETTERS.break_id


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return learned("characters", ENGLISH, tmp_path_factory.mktemp("english"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_of_its_alphabet_comes_back_exactly(language: str, tmp_path: Path) -> None:
    tokenizer = learned("characters", TEXTS[language], tmp_path)
    for text in TEXTS[language]:
        normalised = tokenizer.normalise(text)
        ids = tokenizer.encode(normalised)
        assert len(ids) == len(normalised)
        assert UNK not in ids
        assert tokenizer.decode(ids) == normalised


def test_the_file_opens_as_it_was_learned(english: Tokenizer, tmp_path: Path) -> None:
    learned("characters", ENGLISH, tmp_path)
    opened = CharacterTokenizer.read((tmp_path / "vocabulary").read_bytes(), STEPS)
    everything = range(english.vocabulary_size)
    assert opened.pieces(everything) == english.pieces(everything)
    assert (opened.break_id, opened.alphabet) == (english.break_id, english.alphabet)


def test_the_frequent_come_first_and_the_equal_in_the_order_of_their_code(tmp_path: Path) -> None:
    tokenizer = learned("characters", ["ббб\nвв", "гаав"], tmp_path)
    assert tokenizer.pieces(range(4, tokenizer.vocabulary_size)) == ["\n", "б", "в", "а", "г"]


def test_the_rarest_are_left_out_of_a_small_vocabulary(tmp_path: Path) -> None:
    tokenizer = learned("characters", ["ббб\nвв", "гаав"], tmp_path, vocabulary=7)
    assert tokenizer.vocabulary_size == 7
    assert tokenizer.encode("абв") == [UNK, 5, 6]


def test_an_unknown_character_is_one_token_apart_from_all_others() -> None:
    assert LETTERS.encode("aЖbЖЖ") == [6, UNK, 7, UNK, UNK]
    assert LETTERS.decode(LETTERS.encode("aЖb")) == "ab"


def test_spaces_are_text_like_any_other() -> None:
    ids = [5, 5, 6, 5, BREAK, 5, 7, BREAK, BREAK, 5]
    assert LETTERS.decode(ids) == "  a \n b\n\n "
    assert LETTERS.texts(ids[2:], ids[:2]) == ["a", " ", "\n", " ", "b", "\n", "\n", " "]


def test_special_tokens_are_not_text() -> None:
    assert LETTERS.decode([BOS, 0, 6, UNK, 7, EOS]) == "ab"


def test_a_prompt_is_read_without_what_is_unknown() -> None:
    assert LETTERS.encode_prompt(" abЖ \n🦊\r\ne\u0301 ") == ([BOS, *LETTERS.encode("ab\né"), BREAK], False)
    assert LETTERS.encode_prompt("ab c", with_break=False) == ([BOS, *LETTERS.encode("ab c")], False)


@pytest.mark.parametrize("with_break", [True, False])
def test_a_prompt_with_nothing_known_is_the_beginning_alone(with_break: bool) -> None:  # noqa: FBT001
    assert LETTERS.encode_prompt("Ж Ж\nЖ", with_break=with_break) == ([BOS], False)


def test_what_becomes_unknown_on_its_way_is_left_out() -> None:
    assert LETTERS.encode_prompt("dЖ\u0301") == LETTERS.encode_prompt("d")
    assert LETTERS.encode_prompt("cЖ\u0327") == LETTERS.encode_prompt("c")


def test_a_long_prompt_keeps_its_end() -> None:
    ids, cut = LETTERS.encode_prompt("a" * 300 + "b", with_break=False)
    assert (len(ids), ids[-1], cut) == (PROMPT_TOKENS + 1, 7, True)


@pytest.mark.parametrize("id_", [-1, LETTERS.vocabulary_size])
def test_an_id_out_of_range_is_an_error(id_: int) -> None:
    for call in (LETTERS.decode, LETTERS.texts, LETTERS.pieces):
        with pytest.raises(ValueError, match="there is no token"):
            call([id_])


BROKEN = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff",
    b"[" * 100_000,
    b"{}",
    b'{"kind": "words", "tokens": ["\\n", "a"]}',
    b'{"kind": "characters"}',
    b'{"kind": "characters", "tokens": {}}',
    b'{"kind": "characters", "tokens": []}',
    b'{"kind": "characters", "tokens": ["\\n"]}',
    b'{"kind": "characters", "tokens": ["a", "\\n"]}',
    b'{"kind": "characters", "tokens": ["\\n", "a", "a"]}',
    b'{"kind": "characters", "tokens": ["\\n", "\\n"]}',
    b'{"kind": "characters", "tokens": ["\\n", "ab"]}',
    b'{"kind": "characters", "tokens": ["\\n", ""]}',
    b'{"kind": "characters", "tokens": ["\\n", 5]}',
    b'{"kind": "characters", "tokens": ["\\n", ["a"]]}',
    b'{"kind": "characters", "tokens": [["\\n"], "a"]}',
    b'{"kind": "characters", "tokens": ["\\n", "\\ud800"]}',
    b'{"kind": "characters", "tokens": ["\\n", "\\r"]}',
    b'{"kind": "characters", "tokens": ["\\n", "\\t"]}',
    b'{"kind": "characters", "tokens": ["\\n", "\\ue000"]}',
    b'{"kind": "characters", "tokens": ["\\n", "a"], "more": 1}',
]


@pytest.mark.parametrize("data", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"the vocabulary|token"):
        CharacterTokenizer.read(data, [])


@pytest.mark.parametrize("texts", [[], [""], ["\n \n", "\t"]])
def test_nothing_to_learn_from_is_a_clear_error(texts: list[str], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no text"):
        learned("characters", texts, tmp_path)


def test_a_vocabulary_without_room_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="special tokens only"):
        learned("characters", RUSSIAN, tmp_path, vocabulary=5)
