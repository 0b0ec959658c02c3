"""Scanning a text: stanzas, schemes, stresses, score."""

import pytest

from model.verse.metre import Ear
from model.verse.scan import scan, stanzas_of

QUATRAIN = "Зима рисует на окне\nБольшие белые цветы,\nИ снится полю в тишине,\nЧто снова в поле вышла ты"


def test_a_quatrain(ear: Ear) -> None:
    found = scan(ear, QUATRAIN)
    assert (found.metre, found.feet, found.scheme, found.score) == ("iamb", "4", "ABAB", 1.0)
    assert found.stressed.splitlines()[0] == "Зима́ рису́ет на окне́"


def test_stanzas_have_their_own_schemes(ear: Ear) -> None:
    other = (
        "Летит над полем белый снег\nИ кончился твой долгий бег,\n"
        "Открой скорее дверь и свет,\nУслышь далёкий мой привет"
    )
    assert scan(ear, f"{QUATRAIN}\n\n\n{other}\n").scheme == "ABAB AABB"


def test_yo_is_written(ear: Ear) -> None:
    assert "берёза" in scan(ear, "Стоит береза под моим окном").stressed


@pytest.mark.parametrize("text", ["", "\n\n", "…", "42", "hello\nworld"])
def test_what_is_no_verse_scores_nothing(ear: Ear, text: str) -> None:
    found = scan(ear, text)
    assert found.scheme.strip("- ") == ""
    assert found.score <= 0.5


def test_a_word_does_not_rhyme_with_itself(ear: Ear) -> None:
    assert scan(ear, "Я вижу снег\nИ снова снег").scheme == "--"


def test_blank_lines_separate_stanzas() -> None:
    assert stanzas_of("\nа\nб\n \n\nв\n") == [["а", "б"], ["в"]]
