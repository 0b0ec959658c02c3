"""Words as tokens, and the spaces between them."""

import random
from pathlib import Path
from typing import Any

import pytest

from model.text.tokens import BOS, EOS, UNK, Tokenizer
from model.text.words import Spacing, WordTokenizer, is_word, split
from tests.model.text.vocabularies import ENGLISH, LANGUAGES, RUSSIAN, STEPS, TEXTS, learned

SPACING: dict[str, Spacing] = {
    ",": "left", ".": "left", "!": "left", "?": "left", ")": "left", "...": "left", "!!!": "left", "!!": "left",
    "(": "right", "«": "right", "»": "left", "—": "apart", "--": "both", "'": "left", '"': "paired", ":": "both",
}  # fmt: skip
PLAIN = WordTokenizer(["\n", *"abcde", "don't", "1", "5", *SPACING], SPACING, ["nfc"])


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return learned("words", ENGLISH, tmp_path_factory.mktemp("english"))


@pytest.fixture(scope="module")
def russian(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return learned("words", RUSSIAN, tmp_path_factory.mktemp("russian"), steps=["nfc", "dashes"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_normalised_text_of_known_words_comes_back_exactly(language: str, tmp_path: Path) -> None:
    tokenizer = learned("words", TEXTS[language], tmp_path)
    for text in TEXTS[language]:
        normalised = tokenizer.normalise(text)
        ids = tokenizer.encode(normalised)
        assert UNK not in ids
        assert tokenizer.decode(ids) == normalised
        assert tokenizer.normalise(normalised) == normalised


@pytest.mark.parametrize("text", [text for texts in TEXTS.values() for text in texts])
def test_spaces_are_restored_as_the_corpus_wrote_them(text: str, tmp_path: Path) -> None:
    tokenizer = learned("words", next(texts for texts in TEXTS.values() if text in texts), tmp_path)
    assert tokenizer.decode(tokenizer.encode(tokenizer.normalise(text))) == text.lower()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("кто-то don't rock'n'roll l’eau", ["кто-то", "don't", "rock'n'roll", "l’eau"]),
        ("3.14 и 1,000 в 10:30", ["3.14", "и", "1,000", "в", "10:30"]),
        ("да...нет?! ну--и", ["да", "...", "нет", "?", "!", "ну", "--", "и"]),
        ("«а», (б)", ["«", "а", "»", ",", "(", "б", ")"]),
        ("'vexed' a-", ["'", "vexed", "'", "a", "-"]),
        ("हिन्दी में।", ["हिन्दी", "में", "।"]),
        ("!!!!!", ["!!!", "!!"]),
        ("a\n\nb_1", ["a", "\n", "\n", "b_1"]),
        ("👍🏽 ок", ["👍", "🏽", "ок"]),
    ],
)
def test_what_is_a_word_and_what_a_mark(text: str, tokens: list[str]) -> None:
    assert split(text) == tokens


@pytest.mark.parametrize(
    ("text", "restored"),
    [
        ("a , b .", "a, b."),
        ("( a ) b", "(a) b"),
        ("a«b»c", "a «b» c"),
        ("a—b", "a — b"),
        ("a -- b", "a--b"),
        ('" a , b " c " d "', '"a, b" c "d"'),
        ('a "\nb " c', 'a "\nb "c'),  # they are counted within a line
        ("a !!! ! b", "a!!!! b"),
        ("a! !!! b", "a! !!! b"),  # four in a row would be three and one
        ("a!!!!! b", "a!!!!! b"),
        ("a ' b", "a' b"),
        ("1 . 5", "1. 5"),  # not a number
        ("1:5", "1:5"),  # one word, unknown
        ("A  B\n\n\n\nC", "a b\n\nc"),
        ("(«a», b)", "(«a», b)"),
    ],
)
def test_where_the_spaces_stand(text: str, restored: str) -> None:
    assert PLAIN.normalise(text) == restored


def test_marks_that_would_grow_together_keep_a_space() -> None:
    text = PLAIN.decode(PLAIN.encode("1") + PLAIN.encode(":") + PLAIN.encode("5"))
    assert text == "1: 5"
    assert split(text) == ["1", ":", "5"]


@pytest.mark.parametrize("case", range(300))
def test_whatever_is_typed_is_normalised_once_for_all(case: int, english: Tokenizer, russian: Tokenizer) -> None:
    random_ = random.Random(case)
    signs = "abЖ1 5  .,!?:;'’\"«»()-–—_\n\n*/\u0301\u200d\u0130ßΣ👍漢हि"
    text = "".join(random_.choices(signs, k=random_.randint(1, 60)))
    for tokenizer in (PLAIN, english, russian):
        normalised = tokenizer.normalise(text)
        assert tokenizer.normalise(normalised) == normalised
        ids = tokenizer.encode(tokenizer.normalise(tokenizer.known(normalised)))
        assert UNK not in ids
        assert tokenizer.encode(tokenizer.decode(ids)) == ids
        read, _ = tokenizer.encode_prompt(text, with_break=False)
        assert UNK not in read


@pytest.mark.parametrize("case", range(50))
def test_the_parts_of_a_text_put_together_are_the_whole(case: int, english: Tokenizer) -> None:
    random_ = random.Random(case)
    for tokenizer in (PLAIN, english):
        ids = random_.choices(range(tokenizer.vocabulary_size), k=random_.randint(0, 40))
        whole, cut = tokenizer.decode(ids), random_.randint(0, len(ids))
        assert tokenizer.decode(ids[:cut]) + tokenizer.decode(ids[cut:], ids[:cut]) == whole
        assert "".join(tokenizer.texts(ids)) == whole


def test_a_text_goes_on_with_the_space_that_it_needs() -> None:
    comma, quote = (PLAIN.encode(mark)[0] for mark in (",", '"'))
    (a,), (b,) = PLAIN.encode("a"), PLAIN.encode("b")
    assert PLAIN.texts([b, comma], [BOS, a]) == [" b", ","]
    assert PLAIN.texts([quote, b], [BOS, quote, a]) == ['"', " b"]
    assert PLAIN.texts([a], [BOS]) == PLAIN.texts([a], [BOS, b, PLAIN.break_id]) == ["a"]


def test_the_most_frequent_words_are_kept(tmp_path: Path) -> None:
    tokenizer = learned("words", ["б а б\nв б а", "г"], tmp_path, vocabulary=8)
    assert tokenizer.pieces(range(4, 8)) == ["\n", "б", "а", "в"]  # в and г are equally rare
    assert tokenizer.encode("а г") == [6, UNK]


@pytest.mark.parametrize("case", range(60))
def test_a_corpus_knows_its_own_words(case: int, tmp_path: Path) -> None:
    random_ = random.Random(case)
    signs = " \n—'.,!?«»…aAбБ05\u0301\u0307\u030cJİΣΪΐ_:"  # J and a caron are one letter when small
    texts = ["".join(random_.choices(signs, k=random_.randint(20, 60))) for _ in range(6)]
    tokenizer = learned("words", texts, tmp_path)
    for text in texts:
        assert UNK not in tokenizer.encode(tokenizer.normalise(text))


def test_unknown_words_are_left_out_of_a_prompt(russian: Tokenizer) -> None:
    assert russian.encode_prompt("Кот  неведомый НЕ СПИТ\nнечто\n") == russian.encode_prompt("кот не спит")
    assert russian.encode_prompt("кот\nнечто 漢字\nспит") == russian.encode_prompt("кот\nспит")
    assert russian.encode_prompt("нечто") == ([BOS], False)


def test_special_tokens_are_not_text() -> None:
    a, b = PLAIN.encode("a b")
    assert PLAIN.decode([BOS, a, UNK, b, 0, EOS]) == "a b"


@pytest.mark.parametrize("id_", [-1, PLAIN.vocabulary_size])
def test_an_id_out_of_range_is_an_error(id_: int) -> None:
    with pytest.raises(ValueError, match="there is no token"):
        PLAIN.decode([id_])


def test_the_file_opens_as_it_was_learned(english: Tokenizer, tmp_path: Path) -> None:
    learned("words", ENGLISH, tmp_path)
    opened = WordTokenizer.read((tmp_path / "vocabulary").read_bytes(), STEPS)
    assert opened.pieces(range(opened.vocabulary_size)) == english.pieces(range(english.vocabulary_size))
    for text in ENGLISH:
        assert opened.normalise(text) == english.normalise(text) == text.lower()


@pytest.mark.parametrize(
    ("tokens", "spacing"),
    [
        (["\n"], {}),
        (["\n", "a"], []),
        (["\n", "a", ","], {}),
        (["\n", "a"], {",": "left"}),
        (["\n", "a", ","], {",": "middle"}),
        (["\n", "a", ","], {",": ["left"]}),
        (["\n", "a", ","], {",": None}),
        (["\n", "A"], {}),
        (["\n", "a b"], {}),
        (["\n", "a,"], {}),
        (["\n", "a\nb"], {}),
        (["a", "\n"], {}),
        (["\n", "\ud800"], {}),
        (["\n", "a", 1], {}),
    ],
)
def test_a_broken_file_is_a_value_error(tokens: list[Any], spacing: Any) -> None:
    import json

    data = json.dumps({"kind": "words", "tokens": tokens, "spacing": spacing}).encode()
    with pytest.raises(ValueError, match=r"vocabulary|token|spacing|word"):
        WordTokenizer.read(data, [])


def test_marks_are_no_words() -> None:
    assert [is_word(token) for token in ("a", "1", "हि", "_", ",", "—", "👍")] == [True] * 4 + [False] * 3
