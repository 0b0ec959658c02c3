"""Diversity by hand."""

import pytest

from model.evaluation.diversity import distinct, repetition, token_entropy, words


def test_words_are_those_of_the_tokenizer_in_small_letters() -> None:
    assert words("Снег — белый-белый, 2 раза!\nНет") == ["снег", "белый-белый", "2", "раза", "нет"]
    assert words("हिन्दी за\u0301мок") == ["हिन्दी", "за\u0301мок"]


def test_distinct_counts_all_texts_together_and_no_word_pair_across_them() -> None:
    texts = ["Снег белый снег", "снег, белый"]
    assert distinct(texts, 1) == pytest.approx(2 / 5)
    assert distinct(texts, 2) == pytest.approx(2 / 3)  # снег белый, белый снег, снег белый
    assert distinct(texts, 3) == 1


def test_repetition_counts_within_a_text() -> None:
    assert repetition(["а б в г д", "а б в г д"]) == 0
    assert repetition(["и и и и и и"]) == pytest.approx(2 / 3)  # three fours, one kind
    assert repetition(["а б а б а б", "а б в г"]) == pytest.approx(1 / 4)


def test_entropy_is_in_bits_a_token() -> None:
    assert token_entropy([[5, 6], [7, 8]]) == pytest.approx(2)
    assert token_entropy([[5, 5, 5, 6]]) == pytest.approx(0.75 * 0.4150375 + 0.25 * 2)
    assert token_entropy([[9] * 10, [9]]) == 0


def test_of_nothing_there_is_no_diversity() -> None:
    for texts in ([], [""], ["!"]):
        assert distinct(texts, 1) == 0
        assert repetition(texts) == 0
    assert token_entropy([]) == token_entropy([[]]) == 0
