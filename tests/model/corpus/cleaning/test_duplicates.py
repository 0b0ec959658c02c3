"""Repeats are found in two passes over hashes exactly as one would find them with everything at hand."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from io import BytesIO

import pytest

from model.corpus.cleaning import duplicates
from model.corpus.cleaning.duplicates import Repeats
from model.corpus.cleaning.steps.keys import long_lines, whole
from model.corpus.split import MIN_LINE_LETTERS, letters


def kept(texts: Sequence[str], key: object = long_lines, piece: int = 3) -> list[bool]:
    """Run the texts through in pieces, as chunks of a corpus are."""
    repeats = Repeats(BytesIO())
    keys = [key(text) for text in texts]  # type: ignore[operator]
    pieces = [keys[i : i + piece] for i in range(0, len(keys), piece)]
    for some in pieces:
        repeats.observe(some)
    repeats.settle()
    return [keep for some in pieces for keep in repeats.keep(some, [True] * len(some))]


def naive(texts: Sequence[str]) -> list[bool]:
    """The same by its definition: every line of every kept text in one dictionary."""
    holders: dict[str, list[int]] = defaultdict(list)
    result = []
    for i, text in enumerate(texts):
        lines = {letters(line) for line in text.split("\n")} - {""}
        long = {line for line in lines if len(line) >= MIN_LINE_LETTERS}
        needed = (len(lines) + 1) // 2
        if not long or len(long) < needed:
            long, needed = {letters(text)}, 1
        shared = Counter(holder for line in long for holder in holders[line])
        result.append(max(shared.values(), default=0) < needed)
        if result[-1]:
            for line in long:
                holders[line].append(i)
    return result


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("part", [2**21, 7])
def test_repeats_are_those_of_the_definition(seed: int, part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_PART", part)
    monkeypatch.setattr(duplicates, "_BLOCK", 5)
    dice = random.Random(seed)
    lines = [f"строка под именем {'абвгдежз'[i % 8] * (i // 8 + 1)}" for i in range(120)] + ["да", "нет", "ну вот"]
    texts = ["\n".join(dice.choices(lines, k=dice.randint(1, 6))) for _ in range(60)]
    found = kept(texts)
    assert found == naive(texts)
    assert 0 < sum(found) < len(texts)


def test_case_punctuation_and_yo_make_no_difference() -> None:
    assert kept(["Ёлка, ёлка!", "елка елка", "ёлка-палка"], whole) == [True, False, True]


def test_digits_make_a_difference() -> None:
    assert kept(["iOS 10", "iOS 11", "ios-10!", "1984", "2001", "«1984»"], whole) == [
        True,
        True,
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ["Apple wins 11-2", "Apple wins 1-12"],
        ["Mix 12 of a", "Mix 1 of a 2", "Mix of a 12"],
        ["C#", "C++", "C"],
        ["Magic", "Magic+"],
    ],
)
def test_where_numbers_stand_and_how_a_name_ends_make_a_difference(texts: list[str]) -> None:
    assert kept(texts, whole) == [True] * len(texts)


def test_signs_that_end_no_name_make_none() -> None:
    assert kept(["#tag + one", "tag, one", "за\u0301мок", "замок"], whole) == [True, False, True, False]


def test_texts_of_signs_alone_are_compared_as_they_are() -> None:
    assert kept(["…", "!", " … "], whole) == [True, True, False]


def test_half_of_the_lines_in_one_earlier_text_make_a_repeat() -> None:
    first = "первая строка стихов\nвторая строка стихов\nтретья строка стихов"
    half = "третья строка стихов\nчетвёртая строка стихов"
    less = "первая строка стихов\nпятая строка стихов\nшестая строка стихов"
    assert kept([first, half, less]) == [True, False, True]


def test_lines_of_two_earlier_texts_make_none() -> None:
    one, other = "первая строка стихов\nдалее по тексту одного", "вторая строка стихов\nдалее по тексту другого"
    both = "первая строка стихов\nвторая строка стихов\nи ещё две своих строки\nи ещё одна своя строка"
    assert kept([one, other, both]) == [True, True, True]


def test_a_dropped_text_makes_no_repeats() -> None:
    first = "первая строка стихов\nвторая строка стихов"
    second = "вторая строка стихов\nтретья строка стихов"  # dropped: half of it is in the first
    third = "третья строка стихов\nчетвёртая строка стихов"  # half of it is in the second alone
    assert kept([first, second, third]) == [True, False, True]


def test_one_long_line_does_not_condemn_a_ladder() -> None:
    ladder = "вот\nжизни\nрадость\nи печаль её такая же\nмоя"
    assert kept(["и печаль её такая же\nне у меня одного она", ladder, ladder]) == [True, True, False]


def test_what_is_no_candidate_is_not_kept_and_not_remembered() -> None:
    repeats = Repeats(BytesIO())
    keys = [whole("раз"), whole("раз"), whole("два")]
    repeats.observe(keys)
    repeats.settle()
    assert repeats.keep(keys, [False, True, True]) == [False, True, True]


def test_an_empty_corpus_has_no_repeats() -> None:
    repeats = Repeats(BytesIO())
    repeats.settle()
    assert repeats.keep([], []) == []


def test_a_line_of_very_many_texts_is_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "MAX_HOLDERS", 2)
    formula = "эту строку ставят все"
    texts = [f"{formula}\nсвоя строка {'абвг'[i] * 9}\nещё своя строка {'абвг'[i] * 9}" for i in range(4)]
    assert kept(texts) == [True] * 4
    # Of the holders, the third is not remembered: what shares the formula with it shares one line less.
    assert kept([*texts, f"{formula}\nсвоя строка {'в' * 9}\nдве чужие строки\nи ещё одна чужая"])[-1]
