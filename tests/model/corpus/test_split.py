"""The split: the same everywhere, about 90, 5 and 5 %, near-duplicates in one part."""

import random

import pytest

from model.corpus.split import MAX_HOLDERS, split, training_split, without_kin
from model.corpus.texts import Text
from model.errors import ModelError


def poem(*lines: str) -> Text:
    return Text("\n".join(lines))


def numbered(count: int) -> list[Text]:
    return [poem(f"строка под числом {'абвгдежзик'[i % 10] * (i // 10 + 3)}", str(i)) for i in range(count)]


def test_the_shares_are_about_right() -> None:
    parts = split(numbered(1000))
    assert 870 < len(parts["train"]) < 930
    assert 30 < len(parts["validation"]) < 70
    assert sum(map(len, parts.values())) == 1000


def test_order_does_not_matter() -> None:
    poems = numbered(300)
    shuffled = random.Random(1).sample(poems, len(poems))
    for part, chosen in split(poems).items():
        assert {p.text for p in chosen} == {p.text for p in split(shuffled)[part]}


def test_versions_of_one_poem_stay_together() -> None:
    for i in range(60):
        shared = [f"первая общая строка {'аб'[i % 2] * (i + 1)}", f"вторая общая строка {'вг'[i % 2] * (i + 1)}"]
        versions = [poem(*shared, "конец один"), poem("Начало другое", shared[0].upper() + "!", shared[1])]
        holding = [part for part, chosen in split([*numbered(5), *versions]).items() if versions[0] in chosen]
        assert all(version in split([*numbered(5), *versions])[holding[0]] for version in versions)


def test_one_common_line_joins_nothing() -> None:
    common = "эта строка стоит в каждом стихотворении"
    parts = split([poem(common, other.text) for other in numbered(200)])
    assert parts["validation"]
    assert parts["test"]


def test_a_footer_that_stands_under_every_text_joins_nothing() -> None:
    footer = ["эту строку ставят под каждым текстом", "и эту строку ставят под каждым текстом"]
    parts = split([poem(other.text, *footer) for other in numbered(300)])
    assert parts["validation"]
    assert parts["test"]


def test_a_corpus_with_an_empty_part_is_refused_before_training() -> None:
    with pytest.raises(ModelError, match="of 2 texts none fell into the"):
        training_split(numbered(2))


HELD_OUT = [
    poem("над озером туман, и берег пуст", "и лодка старая на берегу лежит", "вдали огни", "и никого кругом не слышно"),
    poem("Тишина.", "Только ходики мерно стучат на стене"),
    poem("Снег.", "Лес."),
]
KIN = {
    "two lines of one, printed otherwise": (
        poem("НАД ОЗЕРОМ ТУМАН И БЕРЕГ ПУСТ!", "совсем другая строка", "И никого кругом не слышно..."),
        True,
    ),
    "one line": (poem("над озером туман, и берег пуст", "совсем другая строка"), False),
    "one line twice": (poem("над озером туман, и берег пуст", "над озером туман, и берег пуст"), False),
    "a long line and a short one": (poem("над озером туман, и берег пуст", "вдали огни"), False),
    "one line of each of two": (
        poem("над озером туман, и берег пуст", "только ходики мерно стучат на стене"),
        False,
    ),
    "the whole of a short one": (
        poem("совсем другая строка", "Тишина...", "Только ходики мерно стучат на стене.", "и ещё одна"),
        True,
    ),
    "words that anybody may have written": (poem("Снег.", "Лес.", "совсем другая строка"), False),
}


@pytest.mark.parametrize(("text", "kin"), KIN.values(), ids=KIN.keys())
def test_a_version_of_a_held_out_text_is_one_that_shares(text: Text, kin: bool) -> None:  # noqa: FBT001
    other = poem("это стихотворение совсем о другом", "и нет в нём ни одной знакомой строки")
    assert list(without_kin([other, text, other], HELD_OUT)) == ([other, other] if kin else [other, text, other])


def test_what_stands_under_many_held_out_texts_is_no_sign_of_kinship() -> None:
    footer = ["эту строку ставят под каждым текстом", "и эту строку ставят под каждым текстом"]
    held_out = [poem(f"строка под числом {'аб'[i % 2] * (i + 3)}", *footer) for i in range(MAX_HOLDERS + 1)]
    further = [poem("совсем другая строка", *footer), poem("вступление", *held_out[0].text.split("\n"))]
    assert list(without_kin(further, held_out)) == further[:1]
