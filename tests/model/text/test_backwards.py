"""Lines that the network writes from their last word to their first."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from model.text.normalise import WORD_START, normalise, turn
from model.text.poem import compose
from model.text.release import open_tokenizer, read
from model.text.sampling import Stop
from model.text.tokens import BOS, EOS, PROMPT_TOKENS, UNK, Tokenizer
from tests.model.text.toy import NORMALISATION, TEXTS, ToyRelease, learn

KINDS = ["bpe", "characters"]
STEPS = [*NORMALISATION, "backwards"]
HARD = [
    *TEXTS,
    "Снег",
    "Снег — дорога",
    "— Снег! — на — дорогу —",
    '"Снег, дорога", — он говорит. "Да!"',
    "Снег   ложится \t на дорогу  ",
    "\n\nСнег на\n\n\n\nдорогу\n \nв окне\n",
    " \n ",
    "",
]


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, Tokenizer]:
    """Return a tokenizer that turns lines, and one of the same tokens that does not."""
    folder = Path(tmp_path_factory.mktemp(request.param))
    plain = learn(folder, request.param).tokenizer
    return open_tokenizer(request.param, folder / "toy.model", STEPS), plain


@pytest.fixture(scope="module")
def turning(pair: tuple[Tokenizer, Tokenizer]) -> Tokenizer:
    return pair[0]


def _ids(tokenizer: Tokenizer, seed: int, count: int = 30) -> list[int]:
    """Draw tokens such as no text has, with many breaks."""
    random = Random(seed)
    return [
        random.choice([random.randrange(tokenizer.vocabulary_size), tokenizer.break_id, BOS, EOS]) for _ in range(count)
    ]


def _joined(placed: Sequence[tuple[int, str]]) -> str:
    return "".join(text for _, text in placed)


def test_words_are_what_spaces_part() -> None:
    assert turn("Ночь, улица, фонарь") == "фонарь улица, Ночь,"
    assert turn("— Да! — он —\n\nОдно") == "— он — Да! —\n\nОдно"


@pytest.mark.parametrize("text", [*HARD, "а  б ", "  "])
def test_turned_twice_it_is_the_same(text: str) -> None:
    assert turn(turn(text)) == text


@pytest.mark.parametrize("text", HARD)
def test_a_text_comes_back_in_the_order_of_reading(pair: tuple[Tokenizer, Tokenizer], text: str) -> None:
    turning, plain = pair
    normalised = turning.normalise(text)
    assert normalised == plain.normalise(text) == turning.normalise(normalised)
    ids = turning.encode(normalised)
    assert turning.decode(ids) == normalised
    assert ids == plain.encode(turn(normalised))
    assert "".join(turning.texts(ids)) == turn(normalised)


@pytest.mark.parametrize("place", [0, 3, 5])
def test_line_starts_are_those_of_reading_wherever_the_step_stands(place: int) -> None:
    steps = [*NORMALISATION, "line_starts"]
    text = "«Ночь, Улица» Фонарь\nМосква — Тверь"
    turned = normalise(text, [*steps[:place], "backwards", *steps[place:]])
    assert turned == normalise(text, steps) == "«ночь, Улица» Фонарь\nмосква — Тверь"


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("Снег ложится\nна дорогу", "ложится Снег\nдорогу на"),
        ("Снег\n\nна 🦊 дорогу 漢字\n🦊🦊\n", "Снег\n\nдорогу на"),
        ("  Снег,  Снег!  ветер", "ветер Снег! Снег,"),
        ("🦊\n漢 Снег дорогу", "дорогу Снег"),
    ],
)
def test_the_network_reads_each_line_of_a_prompt_from_its_end(
    pair: tuple[Tokenizer, Tokenizer], prompt: str, read: str
) -> None:
    turning, plain = pair
    assert turning.encode_prompt(prompt) == ([BOS, *plain.encode(read), plain.break_id], False)


def test_a_long_prompt_keeps_its_last_lines(turning: Tokenizer) -> None:
    text = "\n".join(f"{a} {b} снег" for a in range(10) for b in range(10))
    ids, cut = turning.encode_prompt(text)
    assert (cut, len(ids)) == (True, PROMPT_TOKENS + 2)
    assert turning.decode(ids).endswith("\n9 8 снег\n9 9 снег\n")


def test_what_there_is_of_a_line_is_its_end(turning: Tokenizer) -> None:
    ids = turning.encode("Снег ложится на дорогу")
    ends = [turning.decode(ids[:count]) for count in range(len(ids) + 1)]
    assert {"дорогу", "на дорогу", "ложится на дорогу", "Снег ложится на дорогу"} <= set(ends)
    assert all(end.split()[-1] == "дорогу" for end in ends if " " in end.strip())


def test_tokens_are_shown_in_the_order_of_reading(turning: Tokenizer) -> None:
    ids = [*turning.encode("Чай остыл, и\n\nснег"), EOS]
    shown = turning.reading(ids)
    assert _joined(shown) == "Чай остыл, и\n\nснег"
    assert sorted(place for place, _ in shown) == list(range(len(ids)))
    assert shown[-1] == (len(ids) - 1, "")
    pieces = turning.pieces(ids)
    words = [(place, text) for place, text in shown[:-1] if text != "\n"]
    assert all(text.strip() == pieces[place].strip(f"{WORD_START} ") for place, text in words)


def test_a_space_is_shown_behind_the_word_that_it_opens(tmp_path: Path) -> None:
    letters = open_tokenizer("characters", _vocabulary("characters", tmp_path), STEPS)
    assert letters.reading(letters.encode("да, я")) == [(2, "д"), (3, "а"), (4, ","), (1, " "), (0, "я")]
    pairs = open_tokenizer("bpe", _vocabulary("bpe", tmp_path), STEPS)
    ids = pairs.encode("снег на")  # of one or several tokens a word, as the vocabulary has it
    (first,) = [text for place, text in pairs.reading(ids) if " " in text]
    assert first.endswith(" ")
    assert "снег ".endswith(first)


def _vocabulary(kind: str, folder: Path) -> Path:
    learn(folder, kind)
    return folder / "toy.model"


@pytest.mark.parametrize("seed", range(200))
def test_whatever_was_written_is_shown_with_nothing_lost(turning: Tokenizer, seed: int) -> None:
    ids = _ids(turning, seed)
    cut = seed % len(ids)
    for new, after in ((ids, []), (ids[cut:], ids[:cut])):
        shown = turning.reading(new, after)
        assert _joined(shown) == turning.decode(new, after) == turn("".join(turning.texts(new, after)))
        assert sorted(place for place, _ in shown) == list(range(len(new)))


def test_without_the_step_places_are_in_their_order(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("Чай остыл\nснег")
    assert tokenizer.reading(ids) == list(enumerate(tokenizer.texts(ids)))


def test_a_poem_opens_with_the_users_own_line_and_no_line_begins_with_a_space(toy: ToyRelease) -> None:
    changed = toy.changed(normalisation=STEPS)
    release = read(changed.config_bytes, changed.tokenizer_bytes)
    prompt = "Снег,  ложится 🦊 …"
    ids, _ = release.tokenizer.encode_prompt(prompt)
    poem = compose(release, prompt, ids, " снег в окне\nтихо  \n  да", Stop.EOS, None)
    assert poem.lines == [prompt, "Снег в окне", "Тихо", "Да"]


def test_an_unknown_word_is_unknown_in_either_order(pair: tuple[Tokenizer, Tokenizer]) -> None:
    turning, plain = pair
    for text in ("🦊 снег", "снег 🦊 на", "на снег🦊"):
        ids = turning.encode(text)
        assert sorted(ids) == sorted(plain.encode(text))
        assert UNK in ids
        assert turning.decode(ids) == plain.decode(plain.encode(text))
