"""Metre and feet of lines and poems."""

import pytest

from model.text.parameters import FREE
from model.verse.metre import METRES, Ear, feet_pattern, metre_of

POEMS = {
    ("iamb", "4"): ["Зима рисует на окне", "Большие белые цветы,", "И снится полю в тишине,",
        "Что снова в поле вышла ты"],
    ("trochee", "4"): ["Тихо падает снежинка", "На холодную ладонь,", "За рекой горит тропинка,",
        "Словно маленький огонь"],
    ("dactyl", "3"): ["Медленно тянутся вечером", "Тени по белому берегу,", "Нам торопиться и нечего,",
        "Верю любому я дереву"],
    ("amphibrach", "3"): ["Гудит за окном непогода,", "И ветер стучится в окно,",
        "Я жду от судьбы перехода,", "Но в доме темно и темно"],
    ("anapaest", "3"): ["Над рекой догорает заря,", "И туман поднимается с поля,",
        "Я с тобой говорил, но зазря,", "Не моя и не ваша то воля"],
}  # fmt: skip


@pytest.mark.parametrize(("named", "lines"), list(POEMS.items()), ids=[name for name, _ in POEMS])
def test_the_five_metres(ear: Ear, named: tuple[str, str], lines: list[str]) -> None:
    metre = metre_of([ear.line(line) for line in lines])
    assert (metre.name, feet_pattern(metre.feet)) == named


def test_prose_is_in_no_metre(ear: Ear) -> None:
    lines = [
        "Сервер упал, и администратор давно не спит",
        "Потому что вчера обновили все зависимости",
        "И теперь никто не понимает, что произошло",
    ]
    assert metre_of([ear.line(line) for line in lines]).name == FREE


def test_the_metre_decides_how_an_ambiguous_word_is_read(ear: Ear) -> None:
    castle, lock = ear.line("Старинный замок над рекой"), ear.line("Висел замок на тех дверях")
    iamb = [metre.name for metre in METRES].index("iamb")
    places = [line.fits[iamb].readings[1] for line in (castle, lock)]
    assert [place and place.vowel for place in places] == [0, 1]


@pytest.mark.parametrize("line", ["", "…", "12 345", "🌊🌊", "в к с", "a" * 400, "а" * 400, "hello my friend"])
def test_any_line_is_heard(ear: Ear, line: str) -> None:
    heard = ear.line(line)
    assert all(fit.cost >= 0 for fit in heard.fits)
    assert metre_of([heard]).name in {FREE, *(metre.name for metre in METRES)}


@pytest.mark.parametrize(
    ("feet", "pattern"),
    [([4, 4, 4, 4], "4"), ([4, 3, 4, 3], "43"), ([6, 6, 6, 4] * 2, "6664"), ([2, 5, 3, 6, 1, 4, 4], "v"), ([], "v")],
)
def test_feet_are_a_pattern(feet: list[int], pattern: str) -> None:
    assert feet_pattern(feet) == pattern
