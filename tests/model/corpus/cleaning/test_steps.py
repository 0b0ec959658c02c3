"""Each step of cleaning: what it changes, what it leaves, that it takes linear time, and how a preset names it."""

from pathlib import Path

import pytest

from model.corpus.cleaning.steps import PLAIN, Alone, Comparing, known, parse
from model.errors import ModelError
from model.presets.preset import PRESETS, cleaning_steps, load

CASES = [
    ("residual_spaces", " а \t б\u00a0в \n\n\n\n г\x07", "а б в\n\nг"),
    ("residual_spaces", " \n \t", None),
    ("yo", "Ёлка и ёж", "Елка и еж"),
    ("links", "раз\nhttp://a.ru/1\nдва\nвот vk.com/wall1 вот\nwww.stihi.ru", "раз\nдва"),
    ("links", "Amazon.com is down. Он пришёл.Ну и пусть", "Amazon.com is down. Он пришёл.Ну и пусть"),
    ("links", "см. http://a.ru", None),
    ("digits", "раз\n12 мая\n\nдва ٣\n\nтри", "раз\n\nтри"),
    ("digits", "1913", None),
    ("short_lines", "очень длинная строка\n\nну\nещё одна длинная", "очень длинная строка\nещё одна длинная"),
    ("short_lines", "а\nб", "а\nб"),
    ("short_lines", " " * 20 + "\nа", None),
    ("min_lines=2", "раз\n\n \n", None),
    ("min_lines=2", "раз\n\nдва", "раз\n\nдва"),
    ("line_words=2..3", "раз\nодин", None),
    ("line_words=2..3", "раз два\nодин", "раз два\nодин"),
    ("line_words=2..3", "раз два три четыре\nодин", None),
    ("words_only", "Кое-где — «да»!\nрок-н-ролл, d'Artagnan…", "Кое-где да\nрок-н ролл d'Artagnan"),
    ("words_only", "— …\n!", None),
    ("words_only", "за\u0301мок, и\u0306од-и\u0306од!", "за\u0301мок и\u0306од-и\u0306од"),
    ("lower", "Жизнь ПРОШЛА", "жизнь прошла"),
    ("latin", "Радио business fm", None),
    ("latin", "Café", None),
    ("latin", "Жизнь: 2 × 2 ÷ 4", "Жизнь: 2 × 2 ÷ 4"),
    ("latin_lines", "Потом Monsieur её сменил\nРебёнок был резов", "Ребёнок был резов"),
    ("ukrainian", "Реве та стогне Днiпр широкий", "Реве та стогне Днiпр широкий"),
    ("ukrainian", "Реве та стогне Дніпр широкий", None),
    ("ukrainian", "Їжак", None),
    ("dates", "July 12, 2016\nOn July 12, 2016 we won.", "On July 12, 2016 we won."),
    ("dates", "7/12/2016\n2016-07-12\n(12 мая 1913 г.)\nМай 1913\n1913\nслово", "слово"),
    ("dates", "May I\n12 стульев\nв мае 12 дней\n7/12", "May I\n12 стульев\nв мае 12 дней\n7/12"),
    ("dates", "Thursday, June 16, 2015\n16 June 2015, New York\nВторник, 16 июня 2015 г., Москва\nслово", "слово"),
    ("dates", "1913, Paris, Texas, USA\n7/12/2016, Salt Lake City\nслово", "слово"),
    (
        "dates",
        "16 June 2015, we won\nThursday we won\n1913, Москва горела",
        "16 June 2015, we won\nThursday we won\n1913, Москва горела",
    ),
    ("room_marks", "Hello [laughter]and on", "Hello and on"),
    ("room_marks", "Hello[laughter][applause]and «[laughter]on»", "Hello and «on»"),
    ("room_marks", "WOW! [laughter]and, [laughter], on", "WOW! and,, on"),
    ("room_marks", "It was (Mike) who spoke (off mike)", "It was (Mike) who spoke"),
    ("room_marks", "WOW! [ CHEERING ] WHOA! (Applause.)", "WOW! WHOA!"),
    ("room_marks", "(AUDIENCE MEMBERS SHOUTING)\nHe said (ph) so\n[interrupted by protester]", "He said so"),
    ("room_marks", "Да! (Бурные, продолжительные аплодисменты. Все встают.)", "Да!"),
    ("room_marks", "He (a nice guy) paid $5 [million] (to the crowd's laughter)", None),  # left as it is
    ("room_marks", "(Смех.)", None),
    ("speech_headers", "SPEECH 1\n\nThank you. This SPEECH 2\nSpeech 12.", "Thank you. This SPEECH 2"),
    ("bugurt_headers", "БУГУРТ-ТРЕД\nИДЁШЬ В МАГАЗИН\n# бугурт-тред:", "ИДЁШЬ В МАГАЗИН"),
    ("bugurt_headers", "ЧИТАЕШЬ БУГУРТ-ТРЕД", "ЧИТАЕШЬ БУГУРТ-ТРЕД"),
    ("line_marks", "РАЗ\n@\nДВА\n @ \nТРИ @ ЧЕТЫРЕ", "РАЗ\nДВА\nТРИ @ ЧЕТЫРЕ"),
    ("mentions", "привет, [id1|Паша] и [club22|Группа]", "привет, Паша и Группа"),
    ("mentions", "[id1:bp-12_3|Паша], вот [https://vk.com/wall-1_2|текст]", "Паша, вот текст"),
    ("mentions", "[id1] и [в скобках|палка]", "[id1] и [в скобках|палка]"),
    ("hashtags", "раз #бугурт-тред два #тред-", "раз два-"),
    ("hashtags", "раз #смешно два\n#бугурт@public #ещё\nC# на #1", "раз два\nC# на #1"),
]
UNCHANGED = {"He (a nice guy) paid $5 [million] (to the crowd's laughter)"}


def alone(spec: str) -> Alone:
    step = parse(spec)
    assert isinstance(step, Alone)
    return step


@pytest.mark.parametrize(("spec", "before", "after"), CASES)
def test_a_step_does_what_its_name_says(spec: str, before: str, after: str | None) -> None:
    assert alone(spec).clean(before) == (before if before in UNCHANGED else after)


def test_no_step_turns_lines_backwards() -> None:
    with pytest.raises(ModelError, match="'backwards' is unknown"):
        parse("backwards")


@pytest.mark.parametrize("spec", [*(name for name in PLAIN if name != "phrases"), "min_lines=2", "line_words=2..13"])
def test_a_plain_text_is_left_alone(spec: str) -> None:
    text = "я помню чудное мгновенье\nпередо мной явилась ты"
    assert alone(spec).clean(text) == text


def test_verse_keeps_its_accents() -> None:
    first, *_ = cleaning_steps("stihi")
    assert first.spec == "nfc"


def test_profanity_is_left_alone() -> None:
    text = "какая сволочь съела\nмою чёртову колбасу"
    for preset in PRESETS.glob("*.toml"):
        for step in cleaning_steps(preset.stem):
            if isinstance(step, Alone) and step.spec != "yo":
                assert (step.clean(text) or "").split() == text.split()


PIECES = [
    *" \n\t@#-'\".([{а1_«", "a-", "' ", "[id1|", "[id1|a", "#1", "#а", " #", "((", "[[", "(смех", "(and ", '""', "а ",
    "http",
    "www", ".ru", ".ru/", "may ", "12 ", "12 мая ", "1/1/", "19", "speech ", "speech 1", "бугурт", "бугурт-", "г ",
    "\u2028", "\ue000", "e\u0301", "\u0300\u0316", "[https://", "[https://a|", "1/1/19, A. ", "1913, ", "#а-",
    "(off mike)",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("spec", [*PLAIN, "min_lines=2", "line_words=2..13", "duplicates", "near_duplicates"])
def test_no_text_makes_a_step_slow(spec: str) -> None:
    """A step that takes quadratic time does not come to an end here: two thousand million moves for each piece."""
    step = parse(spec)
    run = step.clean if isinstance(step, Alone) else step.key
    for piece in PIECES:
        for end in ("", "!", "\n", "]"):
            run(piece * (50_000 // len(piece)) + end)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("shorten", "the step 'shorten' is unknown; there are: below_percentile=N, bugurt_headers"),
        ("latin=2", "'latin=2': the step latin takes no value"),
        ("min_lines", "'min_lines': the step min_lines takes a value, min_lines=N: expected a whole number from 1 to"),
        ("min_lines=0", "expected a whole number from 1 to"),
        ("min_lines=²", "expected a whole number from 1 to"),
        ("below_percentile=100", "expected a whole number from 1 to 99"),
        ("line_words=3", "line_words=FEWEST..MOST: expected a whole number"),
        ("line_words=5..2", "expected two whole numbers, the smaller one first"),
    ],
)
def test_a_step_that_is_wrong_is_named(spec: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence.replace("²", "")):
        parse(spec)


def test_what_is_known_can_be_parsed() -> None:
    for spec in known():
        step = parse(spec.replace("FEWEST..MOST", "1..2").replace("=N", "=3"))
        assert isinstance(step, Alone | Comparing)


def test_a_preset_s_mistake_is_named_with_the_preset(tmp_path: Path) -> None:
    preset = tmp_path / "mine.toml"
    for table, sentence in (
        ('[cleaning]\nsteps = ["nope"]', r"mine.toml, \[cleaning\]: the step 'nope' is unknown"),
        ("[cleaning]\nsteps = []", "steps must be a list of one or more strings"),
        ("[cleaning]\nsteps = [1]", "steps: each element must be of type str"),
        ('[cleaning]\nsteps = "yo"', "steps must be of type list"),
        ('[cleaning]\nstep = ["yo"]', "unknown key 'step'"),
        ("cleaning = 1", r"there is no table \[cleaning\]"),
        ("", r"there is no table \[cleaning\]"),
    ):
        preset.write_text(table, "utf-8")
        with pytest.raises(ModelError, match=sentence):
            cleaning_steps(str(preset))


def test_a_preset_that_only_cleans_cannot_be_trained() -> None:
    with pytest.raises(ModelError, match="only cleans texts and cannot train a network"):
        load("stihi")
    assert load("neuralpoet").network == "poet"
