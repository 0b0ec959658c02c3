"""The split: the same everywhere, about 90, 5 and 5 %, near-duplicates in one part."""

import random

import pytest

from model.corpus.split import split, training_split
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
