"""A poem in progress: partners, stanzas, length, habits."""

import pytest

from model.verse.metre import METRES
from model.verse.poem import Form, Poem, habit

QUATRAIN = ["Зима рисует на окне", "Большие белые цветы,", "И снится полю в тишине,", "Что снова в поле вышла ты"]


@pytest.mark.parametrize(
    ("scheme", "partners"),
    [
        ("ABAB", [None, None, 0, 1]), ("AABB", [None, 0, None, 2]), ("ABBA", [None, None, 1, 0]),
        ("AXAX", [None, None, 0, None]),
    ],
)  # fmt: skip
def test_the_scheme_names_the_partner(scheme: str, partners: list[int | None]) -> None:
    for number, partner in enumerate(partners):
        poem = Poem(Form(scheme), ("Earlier",) * 4 + tuple(QUATRAIN[:number]))
        assert poem.partner == (None if partner is None else QUATRAIN[partner])
        assert poem.starts_stanza == (number == 0)


def test_a_short_prompt_is_a_theme_and_no_line_of_the_scheme() -> None:
    assert Poem.after("Ночь", Form("AABB")).lines == ()
    assert Poem.after("", Form("AABB")).lines == ()
    assert Poem.after("42 🌊", Form("AABB")).lines == ()
    assert Poem.after(f"Старая строфа\n\n{QUATRAIN[0]}", Form("AABB")).lines == (QUATRAIN[0],)


@pytest.mark.parametrize(
    ("opening", "most", "length"), [(0, 8, 8), (1, 8, 7), (1, 2, 2), (4, 8, 8), (6, 3, 2), (0, 1, 1)]
)
def test_a_poem_ends_with_a_stanza_where_it_can(opening: int, most: int, length: int) -> None:
    assert Poem(Form(), ("Строка",) * opening, opening).length(most) == length


def test_a_seed_has_its_habit_and_the_usual_one_is_iambic() -> None:
    habits = [habit(seed) for seed in range(200)]
    assert habits == [habit(seed) for seed in range(200)]
    names = [METRES[one.metre].name for one in habits]
    assert {"iamb", "trochee", "anapaest", "amphibrach"} == set(names)
    assert max(set(names), key=names.count) == "iamb"
