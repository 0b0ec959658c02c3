"""From generated text to lines."""

import pytest

from model.text.poem import lay_out
from model.text.sampling import Stop


def lines(generated: str, stop: Stop = Stop.EOS, prompt: str = "", max_chars: int | None = None) -> list[str]:
    poem = lay_out(prompt, generated, stop, max_chars=max_chars, capital_lines=False)
    assert poem.text == "\n".join(poem.lines)
    return poem.lines


def truncated(generated: str, stop: Stop, max_chars: int | None = None) -> bool:
    return lay_out("", generated, stop, max_chars=max_chars, capital_lines=False).truncated


@pytest.mark.parametrize(
    ("prompt", "opening"),
    [
        ("Ёлка  - «а»", ["Ёлка  - «а»"]),
        ("раз\r\nдва\u2028три \n\t", ["раз", "два", "три"]),
        ("  раз", ["  раз"]),
        ("раз\n\nдва", ["раз", "", "два"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_the_users_own_text_opens_the_poem_unchanged(prompt: str, opening: list[str]) -> None:
    assert lines("а", prompt=prompt) == [*opening, "а"]


def test_a_last_line_that_nothing_ended_is_cut() -> None:
    assert lines("раз\nдва", Stop.MAX_TOKENS) == ["раз"]
    assert lines("раз\n\nдва", Stop.MAX_TOKENS) == ["раз"]
    assert truncated("раз\nдва", Stop.MAX_TOKENS)


def test_the_only_line_is_kept_even_so() -> None:
    assert lines("раз", Stop.MAX_TOKENS) == ["раз"]
    assert truncated("раз", Stop.MAX_TOKENS)


def test_a_line_that_was_ended_is_kept() -> None:
    assert lines("раз\nдва\n", Stop.MAX_LINES) == ["раз", "два"]
    assert lines("раз\nдва\n", Stop.MAX_TOKENS) == ["раз", "два"]
    assert lines("раз\nдва", Stop.EOS) == ["раз", "два"]
    assert not truncated("раз\nдва", Stop.EOS)
    assert not truncated("раз\nдва\n", Stop.MAX_LINES)


def test_stanzas_stay_and_blank_ends_go() -> None:
    assert lines("раз\n\nдва\n\n", Stop.MAX_LINES) == ["раз", "", "два"]


def test_nothing_generated_adds_no_line() -> None:
    assert lines("", Stop.MAX_TOKENS, prompt="раз") == ["раз"]


def test_only_first_letters_become_capitals() -> None:
    poem = lay_out("проза", '— а Маша?\n"ёж"\n123\niPhone', Stop.EOS, max_chars=None, capital_lines=True)
    assert poem.lines == ["проза", "— А Маша?", '"Ёж"', "123", "IPhone"]


@pytest.mark.parametrize(
    ("bound", "kept"),
    [
        (100, ["раз два", "три", "", "четыре"]),
        (19, ["раз два", "три", "", "четыре"]),
        (18, ["раз два", "три"]),
        (11, ["раз два", "три"]),
        (10, ["раз два"]),
        (7, ["раз два"]),
        (6, ["раз"]),
        (3, ["раз"]),
        (2, ["ра"]),
    ],
)
def test_max_chars_cuts_at_line_ends_and_then_at_words(bound: int, kept: list[str]) -> None:
    text = "раз два\nтри\n\nчетыре"
    assert lines(text, max_chars=bound, prompt="как бы ни был длинен запрос") == ["как бы ни был длинен запрос", *kept]
    assert truncated(text, Stop.EOS, bound) == (bound < 19)
