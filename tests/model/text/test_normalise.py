"""Text as the network sees it."""

import pytest

from model.text.normalise import BREAK, WORD_START, normalise, tidy

ALL = ["nfc", "dashes", "quotes", "yo"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"])
def test_every_line_end_is_a_newline(end: str) -> None:
    assert tidy(f"раз{end}два") == "раз\nдва"


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("  раз \t два\u00a0три  ", "раз два три"),
        ("раз\n\n\n\n\nдва", "раз\n\nдва"),
        ("\n\nраз\n \n", "раз"),
        ("а\x00б\x07в\x1b", "а б в"),
        (f"а{BREAK}б{WORD_START}в", "абв"),
        ("", ""),
        (" \n\t\r\n", ""),
    ],
)
def test_white_space_and_marks_are_tidied(text: str, tidied: str) -> None:
    assert tidy(text) == tidied


@pytest.mark.parametrize(
    ("step", "text", "result"),
    [
        ("dashes", "Он - я -- ты –\n― мы", "Он — я — ты —\n— мы"),
        ("dashes", "кто-то что-нибудь -5", "кто-то что-нибудь -5"),
        ("dashes", "и…", "и..."),
        ("quotes", "„да“ ‘нет’", "\"да\" 'нет'"),
        ("quotes", "«да»", "«да»"),
        ("yo", "Ёж всё", "Еж все"),
        ("line_starts", "Он шёл\n\n— Куда?\n«Домой», Анна", "он шёл\n\n— куда?\n«домой», Анна"),
        ("line_starts", "ЛЮБОВЬ\n...\n", "лЮБОВЬ\n..."),
        ("nfc", "и\u0306", "й"),
    ],
)
def test_a_step_does_its_part_alone(step: str, text: str, result: str) -> None:
    assert normalise(text, [step]) == result
    assert normalise(result, [step]) == result


@pytest.mark.timeout(60)
def test_marks_heaped_on_a_letter_are_bounded() -> None:
    """To sort two million of them takes an hour."""
    assert normalise("a" + "\u0300\u0316" * 10**6 + "b", ["nfc"]) == "à" + "\u0316" * 15 + "\u0300" * 14 + "b"
    few = "…" * 40 + "и\u0306\u0301" * 40 + "😀" * 40
    assert normalise(few, ["nfc"]) == "…" * 40 + "й\u0301" * 40 + "😀" * 40


def test_a_normalised_text_stays_as_it_is() -> None:
    text = normalise("„Ёж“ - \r\n\r\n\r\n всё…\t", ALL)
    assert normalise(text, ALL) == text == '"Еж" —\n\nвсе...'


def test_an_unknown_step_is_an_error() -> None:
    with pytest.raises(KeyError):
        normalise("а", ["upper"])
