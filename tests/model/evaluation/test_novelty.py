"""Novelty against looking everything up."""

import random
from collections.abc import Sequence

import pytest

from model.evaluation import novelty as module
from model.evaluation.novelty import LENGTHS, novelty


def looked_up(texts: list[str], corpus: list[str], length: int) -> float | None:
    parts = [text[i : i + length] for text in texts for i in range(len(text) - length + 1)]
    return sum(not any(part in text for text in corpus) for part in parts) / len(parts) if parts else None


def test_a_copied_text_has_nothing_new() -> None:
    corpus = ["Снег ложится на поля\nТихо", "Ветер в поле " * 20]
    found = novelty(corpus, corpus)
    assert set(found.new) == {0}
    assert found.longest == corpus[1]


def test_a_text_in_another_script_is_all_new() -> None:
    found = novelty(["snow"], ["снег"])
    assert found.new == [1, 1, 1, 1, *[None] * 45]
    assert found.longest == ""


@pytest.mark.parametrize("block", [1, 50, 2**20])
def test_it_is_what_looking_up_every_substring_gives(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(module, "BLOCK", block)
    stream = random.Random(1)
    corpus = ["".join(stream.choices("абв ", k=stream.randrange(60))) for _ in range(30)]
    texts = ["".join(stream.choices("абвг", [9, 9, 9, 1], k=40)) for _ in range(5)] + ["", corpus[3][4:30] + "г"]
    found = novelty(texts, corpus)
    assert found.new == pytest.approx([looked_up(texts, corpus, length) for length in LENGTHS])
    runs = {text[i:j] for text in texts for i in range(len(text)) for j in range(i, len(text) + 1)}
    assert len(found.longest) == max(len(run) for run in runs if any(run in text for text in corpus))
    assert any(found.longest in text for text in corpus)
    assert any(found.longest in text for text in texts)


@pytest.mark.parametrize("length", [1, 48, 49, 50, 51, 700])
def test_a_copied_run_is_found_whatever_its_length(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = random.Random(length)
    run = "".join(stream.choices("абвгдежз", k=length))
    corpus = ["я" + run + "ю", "э" * 30]
    assert novelty(["ы" + run + "ъ", "q"], corpus).longest == run
    for block in (7, 300):
        monkeypatch.setattr(module, "BLOCK", block)
        assert novelty(["ы" + run + "ъ", "q"], corpus).longest == run


def test_a_large_text_is_looked_at_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    class Counted(module._Hashed):
        def __init__(self, texts: Sequence[str]) -> None:
            sizes.append(sum(map(len, texts)))
            super().__init__(texts)

    monkeypatch.setattr(module, "BLOCK", 100)
    monkeypatch.setattr(module, "_Hashed", Counted)
    novelty(["абв" * 10], ["абвг" * 500])
    assert max(sizes) < 300


def test_nothing_is_copied_across_two_texts() -> None:
    assert novelty(["абв"], ["а", "бв"]).longest == "бв"
    assert novelty(["а", "бв"], ["абв"]).new[:3] == [0, 0, None]


def test_without_texts_or_corpus_there_is_an_answer() -> None:
    assert novelty([], ["а"]).new == [None] * len(LENGTHS)
    assert novelty(["а"], []).new[0] == 1
