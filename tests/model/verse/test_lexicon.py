"""The lexicon, and the runs of words that a corpus has."""

from pathlib import Path

import pytest

from model.verse.lexicon import Lexicon, Runs
from model.verse.packing import pack_corpus
from model.verse.stress import Stress


@pytest.fixture(scope="module")
def lexicon(stress: Stress) -> Lexicon:
    return Lexicon(stress)


@pytest.mark.parametrize(
    "line", ["Над рекой плывёт туман", "И в небе — звёзды", "Кто-то ждёт у тёмно-синих вод", "42 coffee"]
)
def test_words_of_the_language_are_known(lexicon: Lexicon, line: str) -> None:
    assert lexicon.unknown(line) == []


def test_made_up_words_are_named(lexicon: Lexicon) -> None:
    assert lexicon.unknown("Вакхалов озарилие заглокая река") == ["вакхалов", "озарилие", "заглокая"]


def test_the_forms_of_a_corpus_are_known(stress: Stress, tmp_path: Path) -> None:
    assert Lexicon(stress).unknown("бокр курдячит") == ["бокр", "курдячит"]
    pack_corpus(["Кудланул бокр и курдячит"], stress, tmp_path)
    assert Lexicon(stress, tmp_path).unknown("бокр курдячит") == []


def test_runs_of_five_words_are_found_across_lines() -> None:
    runs = Runs.of(["Над рекой плывёт густой туман\nи молчит далёкий лес"])
    assert runs.copied([], "Вдруг над рекой плывет густой туман")
    assert runs.copied(["густой", "туман"], "И молчит далёкий снег и лес")
    assert not runs.copied([], "Над рекой плывёт большой туман")


def test_a_filter_is_read_as_it_was_saved(tmp_path: Path) -> None:
    Runs.of(["раз два три четыре пять шесть"]).save(tmp_path)
    kept = Runs.read(tmp_path)
    assert "два три четыре пять шесть" in kept
    assert "шесть пять четыре три два" not in kept
