"""Texts in one plain file: what is written is read back, and what could not be is refused."""

import random

import pytest

from model.corpus import layout as module
from model.corpus.layout import Layout, TooLongError
from model.errors import ModelError

LAYOUTS = {
    "a line each": Layout(lines=True),
    "one blank line": Layout(blank_lines=1),
    "ten blank lines": Layout(blank_lines=10),
    "ten blank lines and marked lines": Layout(blank_lines=10, line_mark="@"),
    "a separator": Layout(separator="* * *"),
    "a separator and marked lines": Layout(separator="===", line_mark="@"),
}


def read(layout: Layout, content: str) -> list[str]:
    return list(layout.parse(content.split("\n")))


def made_up(rng: random.Random, layout: Layout) -> str:
    """Return a text of a few lines; with stanzas where the layout leaves room for a blank line."""
    words = ["снег", "идёт", "КОТ", "a b", "@you", "  indented", "*"]
    lines = [rng.choice(words) for _ in range(1 if layout.lines else rng.randint(1, 5))]
    gap = "\n\n" if not layout.lines and layout.blank_lines != 1 and rng.random() < 0.5 else "\n"
    return gap.join(lines)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_what_is_written_is_read_back(layout: Layout) -> None:
    rng = random.Random(7)
    for _ in range(200):
        texts = [made_up(rng, layout) for _ in range(rng.randint(1, 6))]
        assert read(layout, "".join(layout.write(texts))) == texts


def test_ten_blank_lines_and_marks_look_as_they_did_in_neurobugurt() -> None:
    written = "".join(Layout(blank_lines=10, line_mark="@").write(["ПРИХОДИШЬ\nУХОДИШЬ", "СПИШЬ"]))
    assert written == "ПРИХОДИШЬ\n@\nУХОДИШЬ" + "\n" * 11 + "СПИШЬ\n"


UNFIT = {
    "a line that is the mark": (Layout(blank_lines=2, line_mark="@"), "a\n@\nb"),
    "as many blank lines as part texts": (Layout(blank_lines=1), "a\n\nb"),
    "a line that is the separator": (Layout(separator="***"), "a\n***\nb"),
    "several lines where a line is a text": (Layout(lines=True), "a\nb"),
    "nothing": (Layout(lines=True), "  "),
}


@pytest.mark.parametrize(("layout", "text"), UNFIT.values(), ids=UNFIT.keys())
def test_a_text_that_would_be_read_otherwise_is_refused(layout: Layout, text: str) -> None:
    with pytest.raises(ModelError, match="text 2 contains"):
        list(layout.write(["fine", text]))


def test_a_file_that_is_one_text_takes_one_text() -> None:
    assert "".join(Layout().write(["a\n\n\nb"])) == "a\n\n\nb\n"
    with pytest.raises(ModelError, match="cannot hold several"):
        list(Layout().write(["a", "b"]))


@pytest.mark.parametrize("blank", ["", "   ", "\t"])
def test_blank_lines_part_texts_even_if_they_hold_spaces_and_are_more(blank: str) -> None:
    assert read(Layout(blank_lines=2), f"a\n{blank}\nb\n{blank}\n{blank}\n{blank}\n{blank}\nc") == [
        f"a\n{blank}\nb\n{blank}\n{blank}".rstrip("\n"),
        f"{blank}\n{blank}\nc".lstrip("\n"),
    ]


def test_two_ways_of_parting_are_one_too_many() -> None:
    with pytest.raises(ModelError, match="one way"):
        Layout(lines=True, blank_lines=2)
    with pytest.raises(ModelError, match="one line without surrounding"):
        Layout(separator=" --- ")
    with pytest.raises(ModelError, match="no lines to mark"):
        Layout(lines=True, line_mark="@")


def test_a_text_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TEXT", 10)
    assert read(Layout(separator="-"), "123456789\n-\n123456789") == ["123456789", "123456789"]
    with pytest.raises(TooLongError, match="longer than 10 characters"):
        read(Layout(separator="-"), "1234\n5678\n9")
