"""Stress: listed forms, ambiguous ones, and the rule for what is not listed."""

import gzip
from pathlib import Path

import pytest

from model.verse.packing import pack, read_list
from model.verse.stress import Reading, Stress, spelled, vowel_at

STRESSED = {
    "дорога": "дорОга", "корова": "корОва", "молоко": "молокО", "берёза": "берЁза", "береза": "берЕза",
    "кто-нибудь": "ктО-нибудь", "солнце": "сОлнце", "бездорожье": "бездорОжье",
}  # fmt: skip


@pytest.mark.parametrize(("form", "expected"), list(STRESSED.items()))
def test_known_words_are_stressed(stress: Stress, form: str, expected: str) -> None:
    place = vowel_at(form, stress.readings(form)[0])
    assert form[:place] + form[place].upper() + form[place + 1 :] == expected


def test_yo_is_put_back(stress: Stress) -> None:
    assert [spelled(form, stress.readings(form)[0]) for form in ("береза", "идешь", "звезды")] == [
        "берёза",
        "идёшь",
        "звёзды",
    ]


def test_an_ambiguous_word_has_all_its_readings(stress: Stress) -> None:
    assert {reading.vowel for reading in stress.readings("замок")} == {0, 1}
    assert {spelled("все", reading) for reading in stress.readings("все")} == {"все", "всё"}


@pytest.mark.parametrize("form", ["перекукарекать", "суперлунный", "глокая", "бокренка", "ъ", "ыыы", "й", "щ"])
def test_any_word_has_a_reading_for_each_that_has_a_vowel(stress: Stress, form: str) -> None:
    for reading in stress.readings(form):
        assert vowel_at(form, reading) < len(form)
    assert bool(stress.readings(form)) == any(letter in "аеёиоуыэюя" for letter in form)


def test_a_letter_of_another_alphabet_is_no_error(stress: Stress) -> None:
    assert not stress.knows("ђїлоко")


def test_a_list_is_packed_with_its_rule(tmp_path: Path) -> None:
    lines = ["луна\t2", "волна\t2", "весна\t2", "страна\t2", "рана\t1", "замок\t1,2", "елка\t1e", "ъъ\t1"]
    with gzip.open(tmp_path / "list.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    pack(read_list(tmp_path / "list.gz"), tmp_path)
    packed = Stress(tmp_path)
    assert packed.readings("замок") == [Reading(0), Reading(1)]
    assert packed.readings("елка") == [Reading(0, yo=True)]
    assert packed.readings("сосна") == [Reading(1)]  # as most words in -на
    assert not packed.knows("сосна")


def test_a_list_that_is_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.gz").write_bytes(b"not gzip")
    with pytest.raises(ValueError, match=r"list\.gz cannot be read"):
        read_list(tmp_path / "list.gz")
