"""Text to tokens and back."""

import pytest

from model.text.normalise import BREAK, WORD_START
from model.text.tokens import BOS, EOS, PROMPT_TOKENS, UNK, Tokenizer
from tests.model.text.toy import TEXTS, VOCABULARY


@pytest.mark.parametrize("text", TEXTS)
def test_a_normalised_text_comes_back_exactly(tokenizer: Tokenizer, text: str) -> None:
    normalised = tokenizer.normalise(text)
    ids = tokenizer.encode(normalised)
    assert UNK not in ids
    assert tokenizer.decode(ids) == normalised


def test_a_line_break_is_one_token_and_a_stanza_two(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("Снег\nСнег\n\nСнег")
    word = tokenizer.encode("Снег")
    brk = tokenizer.break_id
    assert ids == [*word, brk, *word, brk, brk, *word]
    assert 0 < brk < tokenizer.vocabulary_size == VOCABULARY


def test_a_text_has_a_beginning_and_an_end(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode_text("Снег") == [BOS, *tokenizer.encode("Снег"), EOS]


def test_a_prompt_ends_in_a_break(tokenizer: Tokenizer) -> None:
    ids, cut = tokenizer.encode_prompt(" Снёг \r\n\r\n")
    assert ids == [BOS, *tokenizer.encode("Снег"), tokenizer.break_id]
    assert cut is False


@pytest.mark.parametrize("prompt", ["", " \n\t", "🦊🦊", "🦊\n🦊", "漢", BREAK, WORD_START, "\x00"])
def test_a_prompt_with_nothing_known_in_it_is_the_beginning_alone(tokenizer: Tokenizer, prompt: str) -> None:
    assert tokenizer.encode_prompt(prompt) == ([BOS], False)


def test_unknown_characters_are_left_out(tokenizer: Tokenizer) -> None:
    ids, _ = tokenizer.encode_prompt("снег🦊")
    assert UNK not in ids
    assert tokenizer.decode(ids).startswith("снег")


@pytest.mark.parametrize("prompt", ["снег\n🦊", "🦊\nснег", "🦊\n\n🦊\n\n🦊\nснег", "снег 🦊 \n🦊\n"])
def test_a_line_of_unknown_characters_leaves_no_line(tokenizer: Tokenizer, prompt: str) -> None:
    assert tokenizer.encode_prompt(prompt) == tokenizer.encode_prompt("снег")


@pytest.mark.parametrize(
    ("prompt", "read"), [("снег\n漢字\nпоют", "снег\nпоют"), ("снег\n\n漢字 🦊\n\nпоют", "снег\n\nпоют")]
)
def test_a_line_of_unknown_characters_makes_no_stanza(tokenizer: Tokenizer, prompt: str, read: str) -> None:
    assert tokenizer.encode_prompt(prompt) == tokenizer.encode_prompt(read)


def test_a_long_prompt_keeps_its_end(tokenizer: Tokenizer) -> None:
    text = "\n".join(f"{a} {b} снег" for a in range(10) for b in range(10))
    ids, cut = tokenizer.encode_prompt(text)
    assert cut is True
    assert len(ids) == PROMPT_TOKENS + 2
    assert ids[1:-1] == tokenizer.encode(text)[-PROMPT_TOKENS:]


def test_special_tokens_are_not_text(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("Снег")
    assert tokenizer.decode([BOS, 0, *ids, UNK, EOS]) == "Снег"
    assert tokenizer.decode([]) == ""


def test_the_bare_marks_are_neither_lines_nor_text(tokenizer: Tokenizer) -> None:
    pieces = tokenizer.pieces(range(tokenizer.vocabulary_size))
    bare_break, bare_space = pieces.index(BREAK), pieces.index(WORD_START)
    word = tokenizer.encode("Снег")
    assert tokenizer.decode([*word, bare_break, bare_space, bare_space, *word]) == "Снег Снег"


@pytest.mark.parametrize("id_", [-1, VOCABULARY, 10**6])
def test_an_id_out_of_range_is_an_error(tokenizer: Tokenizer, id_: int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (YouTokenToMe's own words)
        tokenizer.decode([id_])
