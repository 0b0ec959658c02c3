"""The words of a line."""

import pytest

from model.verse.words import words_of


def test_words_are_in_lower_case_with_their_places() -> None:
    line = "«Над рекой, — шепнул Кто-то…»"
    assert [(word.form, line[word.start]) for word in words_of(line)] == [
        ("над", "Н"),
        ("рекой", "р"),
        ("шепнул", "ш"),
        ("кто-то", "К"),
    ]


@pytest.mark.parametrize(
    ("form", "syllables"), [("в", 0), ("снег", 1), ("зелёная", 4), ("кто-нибудь", 3), ("coffee", 2), ("1837", 0)]
)
def test_syllables_are_vowels_and_those_of_latin_words_are_guessed(form: str, syllables: int) -> None:
    (word,) = words_of(form)
    assert word.syllables == syllables


def test_a_line_of_marks_and_emoji_has_no_words() -> None:
    assert words_of("— … 🌊 !") == []
