"""What rhymes, and how well."""

import pytest

from model.verse.rhyme import CLOSE, EXACT, LOOSE, Ending, ending, likeness
from model.verse.stress import Stress


def hear(stress: Stress, form: str) -> Ending:
    return ending(form, stress.readings(form)[0])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("мороз", "берёз"), ("сад", "брат"), ("любовь", "кровь"), ("окно", "давно"), ("покой", "рукой"),
        ("прекрасный", "напрасный"), ("улыбаться", "братца"), ("счастье", "ненастье"), ("белого", "смелого"),
        ("поздно", "грозно"), ("стоя", "покоя"), ("моя", "твоя"), ("честный", "чудесный"), ("дождь", "вождь"),
    ],
)  # fmt: skip
def test_exact_rhymes(stress: Stress, first: str, second: str) -> None:
    assert likeness(hear(stress, first), hear(stress, second)) == EXACT


@pytest.mark.parametrize(
    ("first", "second"), [("милый", "силы"), ("поле", "воля"), ("нежной", "безбрежный"), ("мысли", "зависли")]
)
def test_rhymes_of_reduced_vowels(stress: Stress, first: str, second: str) -> None:
    assert likeness(hear(stress, first), hear(stress, second)) >= CLOSE


@pytest.mark.parametrize(("first", "second"), [("балкон", "знаком"), ("порок", "восторг"), ("железом", "полезен")])
def test_loose_rhymes_count_less(stress: Stress, first: str, second: str) -> None:
    assert likeness(hear(stress, first), hear(stress, second)) <= LOOSE


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("рука", "луна"), ("дорога", "корова"), ("снег", "свет"), ("он", "она"), ("брат", "брать"), ("сон", "сан"),
        ("мороз", "мороз"), ("море", "зимой"),
    ],
)  # fmt: skip
def test_what_does_not_rhyme(stress: Stress, first: str, second: str) -> None:
    assert likeness(hear(stress, first), hear(stress, second)) < CLOSE


def test_likeness_has_no_direction(stress: Stress) -> None:
    forms = ["сад", "брат", "милый", "силы", "окно", "балкон", "знаком", "стужам"]
    heard = [hear(stress, form) for form in forms]
    assert all(likeness(one, other) == likeness(other, one) for one in heard for other in heard)


@pytest.mark.parametrize(("form", "clausula"), [("окно", 0), ("сад", 0), ("дорога", 1), ("девушка", 2)])
def test_the_clausula_is_the_syllables_behind_the_stress(stress: Stress, form: str, clausula: int) -> None:
    assert hear(stress, form).clausula == clausula
