"""Prose becomes lines of a verse's length, cut where phrases end, and nothing but its line breaks changes."""

import random

import pytest

from model.corpus.cleaning.steps.phrases import MOST, phrases

PARAGRAPHS = {
    "sentences, rather than commas": (
        "Снег выпал ещё ночью. Утром весь двор, сад и крыша были белые. Дети выбежали из дома.",
        "Снег выпал ещё ночью.\nУтром весь двор, сад и крыша были белые.\nДети выбежали из дома.",
    ),
    "commas, rather than conjunctions": (
        "Старый почтальон медленно шёл по улице и курил трубку, а за ним бежала чужая рыжая собака.",
        "Старый почтальон медленно шёл по улице и курил трубку,\nа за ним бежала чужая рыжая собака.",
    ),
    "conjunctions, rather than prepositions": (
        "Мы сидели у самого огня и слушали долгий рассказ старого лесника",
        "Мы сидели у самого огня\nи слушали долгий рассказ старого лесника",
    ),
    "prepositions, rather than anywhere": (
        "Тяжёлый товарный поезд осторожно подходил к маленькой заброшенной лесной станции",
        "Тяжёлый товарный поезд осторожно подходил\nк маленькой заброшенной лесной станции",
    ),
    "short sentences stay together": ("Стемнело. Пошёл дождь. Мы молчали.", "Стемнело. Пошёл дождь. Мы молчали."),
    "speech": (
        "— Пойдём домой, ведь уже совсем поздно, — сказала она очень тихо. — Нас давно ждут к ужину.",
        "— Пойдём домой, ведь уже совсем поздно, —\nсказала она очень тихо.\n— Нас давно ждут к ужину.",
    ),
    "speech that goes on in small letters": (
        "«Неужели опять опоздали на последний поезд?» — спросил он у самого входа.",
        "«Неужели опять опоздали на последний поезд?» —\nспросил он у самого входа.",
    ),
    "initials": (
        "Письмо передал лично И. П. Кузнецов из соседнего большого дома.",
        "Письмо передал лично И. П. Кузнецов\nиз соседнего большого дома.",
    ),
    "several paragraphs": ("Да.\nНет, не пойду.\n\n\nНу и ладно.", "Да.\n\nНет, не пойду.\n\nНу и ладно."),
    "marks alone": ("— …\n— Ну?", "— …\n\n— Ну?"),
}


@pytest.mark.parametrize(("before", "after"), PARAGRAPHS.values(), ids=PARAGRAPHS.keys())
def test_a_paragraph_is_cut_by_preference_at(before: str, after: str) -> None:
    assert phrases(before) == after


@pytest.mark.parametrize("text", ["", "\n", " \n\t\n"])
def test_nothing_is_left_of_nothing(text: str) -> None:
    assert phrases(text) is None


def paragraph(chance: random.Random) -> str:
    """Return awkward prose: conjunctions, prepositions, marks and stops in any order, with a few words between."""
    pieces = [
        "и",
        "что,",
        "в",
        "на",
        "—",
        "-",
        "…",
        "»",
        "«Да!»",
        "нет.",
        "А.",
        "слово",
        "слово,",
        "Слово!..",
        "(так)",
        "5",
    ]
    return " ".join(chance.choices(pieces, k=chance.randint(1, 60)))


@pytest.mark.parametrize("seed", range(200))
def test_of_any_prose_only_the_line_breaks_change(seed: int) -> None:
    chance = random.Random(seed)
    paragraphs = [paragraph(chance) for _ in range(3)]
    cut = phrases("\n".join(paragraphs))
    assert cut is not None
    stanzas = [stanza.split("\n") for stanza in cut.split("\n\n")]
    assert [" ".join(lines) for lines in stanzas] == paragraphs
    assert max(len(line.split()) for lines in stanzas for line in lines) <= MOST


def test_no_line_is_a_dash_alone_and_short_lines_are_rare() -> None:
    chance = random.Random(1)
    words = ["слово"] * 6 + ["слово,", "слово.", "и", "в", "Слово", "слово —", "слово. — Слово"]
    cut = phrases("\n".join(" ".join(chance.choices(words, k=40)) for _ in range(200)))
    assert cut is not None
    counts = [sum(word != "—" for word in line.split()) for line in cut.split("\n") if line]
    assert min(counts) > 0
    assert sum(count < 3 for count in counts) < len(counts) / 100
