"""The rules by which verse is measured."""

import pytest

from model.evaluation.verse import VerseRules

QUATRAIN = "Зима рисует на окне\nБольшие белые цветы,\nИ снится полю в тишине,\nЧто снова в поле вышла ты"
PROSE = "Сервер упал, и администратор не спит\nПотому что обновили все зависимости"


@pytest.fixture(scope="module")
def rules() -> VerseRules:
    return VerseRules(["Осень золотая\nИ снится полю в тишине,\nЧто осень"])


def test_a_good_quatrain(rules: VerseRules) -> None:
    row = rules.row("human", [QUATRAIN], 12.5)
    assert (row.name, row.texts, row.rhymed, row.in_metre, row.made_up, row.repeated) == ("human", 1, 1, 1, 0, 0)
    assert row.milliseconds == 12.5
    assert row.copied == len("\nИ снится полю в тишине,\nЧто ")


def test_prose_is_in_no_metre_and_does_not_rhyme(rules: VerseRules) -> None:
    row = rules.row("prose", [PROSE])
    assert (row.rhymed, row.in_metre) == (0, 0)


def test_made_up_words_and_repeated_lines_are_counted(rules: VerseRules) -> None:
    row = rules.row("x", ["Озарилие окна\nИ снег\nИ снег"])
    assert row.made_up == pytest.approx(100 / 6)
    assert row.repeated == pytest.approx(1 / 3)
    assert row.distinct_1 == pytest.approx(4 / 6)


def test_texts_count_by_their_lines(rules: VerseRules) -> None:
    row = rules.row("both", [QUATRAIN, PROSE])
    assert [row.in_metre, row.rhymed] == pytest.approx([4 / 6, 4 / 6])
