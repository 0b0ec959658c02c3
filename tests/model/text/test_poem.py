"""From generated text to lines."""

from dataclasses import replace
from pathlib import Path

import pytest

from model.text.poem import compose, lay_out
from model.text.release import TextRelease, read
from model.text.sampling import Stop
from tests.model.text.toy import ToyRelease, learn


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


def gone_on(prompt: str, generated: str, stop: Stop = Stop.EOS, max_chars: int | None = None) -> list[str]:
    return lay_out(prompt, generated, stop, max_chars=max_chars, capital_lines=True, joint="").lines


@pytest.mark.parametrize(
    ("prompt", "generated", "lines"),
    [
        ("Ёлка  - «а» ", " и б,\nв", ["Ёлка  - «а» и б,", "В"]),
        ("раз\r\nдва\n", "жды  \n\n три \n\n", ["раз", "дважды", "", " Три"]),
        ("раз", "\nдва", ["раз", "Два"]),
        ("раз", "\n\nдва", ["раз", "", "Два"]),
        ("раз", "", ["раз"]),
        ("раз", " \n ", ["раз"]),
        ("", "раз\nдва", ["Раз", "Два"]),
        (" \n", "раз", ["Раз"]),
    ],
)
def test_a_text_may_go_on_in_the_users_last_line(prompt: str, generated: str, lines: list[str]) -> None:
    assert gone_on(prompt, generated) == lines


def test_a_text_that_goes_on_is_cut_at_the_same_places() -> None:
    assert gone_on("раз", " и два\nтри", Stop.MAX_TOKENS) == ["раз и два"]
    assert gone_on("раз", " и дв", Stop.MAX_TOKENS) == ["раз и дв"]
    assert gone_on("раз", " и два\nтри", max_chars=10) == ["раз и два", "Три"]
    assert gone_on("раз", " и два\nтри", max_chars=9) == ["раз и два"]
    assert gone_on("раз", " и два\nтри", max_chars=5) == ["раз и"]
    assert gone_on("раз", " и два", max_chars=1) == ["раз"]


def test_white_space_goes_at_the_ends_of_lines_only() -> None:
    assert lines("  раз  два \n три\t\n \n  ") == ["  раз  два", " три"]
    assert lines("раз  два", max_chars=5) == ["раз"]
    assert lines("раз\n  ", Stop.MAX_TOKENS) == ["раз"]


@pytest.mark.parametrize("kind", ["bpe", "characters", "words"])
def test_each_tokenizer_goes_on_as_it_was_written(kind: str, tmp_path: Path) -> None:
    release = toy_release(learn(tmp_path, kind))
    tokenizer = release.tokenizer
    whole = tokenizer.encode(tokenizer.normalise("Снег ложится, на дорогу,\nФонари горят"))
    for cut in range(1, len(whole)):
        prompt = tokenizer.decode(whole[:cut])
        if prompt != prompt.rstrip():
            continue
        ids, _ = tokenizer.encode_prompt(prompt, with_break=False)
        if ids[1:] == whole[:cut]:
            poem = compose(release, prompt, ids, tokenizer.decode(whole[cut:], ids), Stop.EOS, None)
            assert poem.text == tokenizer.decode(whole)


@pytest.mark.parametrize("kind", ["bpe", "characters", "words"])
def test_behind_a_prompt_that_is_all_unknown_stands_a_space(kind: str, tmp_path: Path) -> None:
    release = toy_release(learn(tmp_path, kind))
    tokenizer = release.tokenizer
    ids, _ = tokenizer.encode_prompt("🦊🦊", with_break=False)
    text = tokenizer.decode(tokenizer.encode("на"), ids)
    assert compose(release, "🦊🦊", ids, text, Stop.EOS, None).lines == ["🦊🦊 на"]
    with_break = replace(release, prompt_break=True)
    assert compose(with_break, "🦊🦊", ids, text, Stop.EOS, None).lines == ["🦊🦊", "на"]


def toy_release(toy: ToyRelease) -> TextRelease:
    changed = toy.changed(prompt_break=False, capital_lines=False)
    return read(changed.config_bytes, changed.tokenizer_bytes)
