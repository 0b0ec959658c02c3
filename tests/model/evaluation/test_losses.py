"""What a text loses: by hand, and by those who would like it to cost nothing."""

import pytest

from model.evaluation.losses import lost_characters, mending, printed
from model.text.characters import CharacterTokenizer
from model.text.tokens import Tokenizer
from model.text.words import WordTokenizer
from tests.model.text.toy import learn

LETTERS = "\n абвгдежзийклмнопрстуфхцчшщъыьэюя,.!—"


@pytest.fixture(scope="module")
def bpe(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return learn(tmp_path_factory.mktemp("toy")).tokenizer


@pytest.fixture
def characters() -> CharacterTokenizer:
    return CharacterTokenizer(LETTERS + LETTERS[2:34].upper(), ["nfc"])


class SmallLetters(CharacterTokenizer):
    """Takes the easy way."""

    def normalise(self, text: str) -> str:
        return super().normalise(text).lower()


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("Снег на поля", 0),
        ("Снёг на полё", 2),
        ("Снег 🙂Q на поля", 3),  # and one of the spaces about them
        ("Снег  на поля ", 2),
        ("Снег\n\n\n\nна поля", 2),
        ("\n\nСнег\r\nна поля\n", 3),
        ("Снег\n🙂🙂🙂\nна поля\nСнёг", 4),  # a line without a known character moves no other
        ("🙂\nСнег", 1),
        ("Снег на поле - поле", 1),
        ("\x01", 1),
    ],
)
def test_what_does_not_come_back_is_counted(bpe: Tokenizer, text: str, lost: int) -> None:
    assert lost_characters(bpe, [text], capital_lines=False) == lost


@pytest.mark.parametrize("steps", [["nfc"], ["nfc", "line_starts"]])
def test_the_order_of_words_costs_nothing_and_hides_nothing(steps: list[str]) -> None:
    letters = LETTERS + LETTERS[2:34].upper()
    plain, turning = (CharacterTokenizer(letters, order) for order in (steps, ["backwards", *steps]))
    texts = ["Снег — на поля,\n\nи Снег!", "я", "Иван и Анна"]
    assert lost_characters(turning, [texts[2]], capital_lines=True) == 0
    for text in [*texts, "Снег 🙂Q на  поля", "\n🙂 снег 漢\r\nна ё 🙂", " — снег"]:
        lost = lost_characters(turning, [text], capital_lines=True)
        assert lost == lost_characters(plain, [text], capital_lines=True)


def test_small_line_starts_cost_what_capital_lines_do_not_bring_back() -> None:
    tokenizer = CharacterTokenizer(LETTERS + LETTERS[2:34].upper(), ["line_starts", "backwards"])
    text = "Иван и Анна\nАнна Иван\nи Анна"
    assert tokenizer.normalise(text) == "иван и Анна\nанна Иван\nи Анна"
    assert lost_characters(tokenizer, [text], capital_lines=True) == 1  # the last line has a small letter
    assert lost_characters(tokenizer, [text], capital_lines=False) == 2


def test_an_exact_round_trip_loses_nothing(characters: CharacterTokenizer) -> None:
    texts = ["Снег — на поля,\n\nи снег!", "я"]
    assert lost_characters(characters, texts, capital_lines=False) == 0


@pytest.mark.parametrize(
    ("original", "back", "cost"),
    [
        ("Анна и Иван", "анна и иван", 2),
        ("Анна и Иван", "анна И иван", 3),  # a capital too many here makes up for none there
        ("а б", "а б", 0),
        ("аб в", "а бв", 2),  # nor does a space
        ("слово-слово", "слово - слово", 1),
        ("это слово", "это сло во", 1),
        ("три…", "три...", 1),
        ("все три… все", "все три... все", 1),
        ("абв", "вба", 2),
        ("ВСЁ БОЛЬШИМИ", "все большими", 11),
        ("раз два три", "раз три", 4),
        ("раз три", "раз два три", 1),
        ("", "а", 1),
        ("а\nб", "а б", 3),  # two characters that are not where they belong, and a line end
    ],
)
def test_a_place_is_mended_for_each_character_that_stood_there(original: str, back: str, cost: int) -> None:
    assert mending(original, back) == cost


def test_small_letters_are_no_shortcut_but_capitals_that_are_printed_are_there() -> None:
    small = SmallLetters(LETTERS, ["nfc"])
    texts = ["Снег\nЛожится на Поля", "Тихо"]
    assert lost_characters(small, texts, capital_lines=False) == 4
    assert lost_characters(small, texts, capital_lines=True) == 1
    assert lost_characters(small, ["снег\nложится", "Тихо"], capital_lines=True) == 1  # those too many are left out
    assert printed(small, texts[0], capital_lines=True) == "Снег\nЛожится на поля"


def test_capitals_cost_nothing_where_the_tokens_keep_the_case(characters: CharacterTokenizer) -> None:
    texts = ["снег\nложится\nна поля", "Тихо"]
    assert lost_characters(characters, texts, capital_lines=True) == 0


def test_words_pay_for_capitals_and_unknown_words_and_odd_spaces() -> None:
    words = WordTokenizer(["\n", "снег", "на", "поля", ","], {",": "left"}, [])
    assert lost_characters(words, ["снег, на поля"], capital_lines=False) == 0
    assert lost_characters(words, ["Снег, на поля"], capital_lines=False) == 1
    assert lost_characters(words, ["снег ,на поля"], capital_lines=False) == 2
    assert lost_characters(words, ["снег на белые поля"], capital_lines=False) == len("белые ")


def test_a_line_of_any_length_is_compared_in_time(characters: CharacterTokenizer) -> None:
    text = "Ё" * 10_000 + "а  б" * 5_000
    assert lost_characters(characters, [text], capital_lines=False) == 15_000
