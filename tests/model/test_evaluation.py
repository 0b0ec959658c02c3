"""Scores against figures worked out by hand."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.evaluation import batches, lost_characters, score
from model.text.bpe import BpeTokenizer
from model.text.tokens import EOS, PAD
from tests.conftest import Trained, model

VOCABULARY = 160


@pytest.fixture(scope="module")
def tokenizer(trained: Trained) -> BpeTokenizer:
    return BpeTokenizer(trained.run / "tokenizer.model", ["nfc", "dashes", "quotes", "yo"])


def uniform(tokens: NDArray[np.int32]) -> NDArray[Any]:
    return np.zeros((*tokens.shape, VOCABULARY), np.float32)


def test_a_network_that_knows_nothing_pays_the_whole_vocabulary_for_every_token(tokenizer: BpeTokenizer) -> None:
    texts = ["Снег ложится на поля\nТихо", "Ветер"]
    scores = score(uniform, tokenizer, texts)
    tokens = sum(len(tokenizer.encode(text)) + 1 for text in texts)  # and one EOS each
    assert scores.tokens == tokens
    assert scores.characters == len(texts[0]) + len(texts[1])
    assert scores.perplexity == pytest.approx(VOCABULARY)
    assert scores.accuracy == 0  # the first of equal logits is PAD's
    assert scores.bits_per_char == pytest.approx(tokens * math.log2(VOCABULARY) / scores.characters)


def test_the_kind_of_line_end_does_not_matter(tokenizer: BpeTokenizer) -> None:
    text = "Снег\nложится\nна поля"
    assert score(uniform, tokenizer, [text.replace("\n", "\r\n")]) == score(uniform, tokenizer, [text])


def test_a_network_that_knows_all_pays_nothing(tokenizer: BpeTokenizer) -> None:
    text = "Снег ложится на поля"
    (target,) = batches([tokenizer.encode_text(text)])

    def knowing(tokens: NDArray[np.int32]) -> NDArray[Any]:
        return 100 * np.eye(VOCABULARY, dtype=np.float32)[target[:, 1 : tokens.shape[1] + 1]]

    scores = score(knowing, tokenizer, [text])
    assert scores.accuracy == 1
    assert scores.bits_per_char == pytest.approx(0, abs=1e-9)


def test_what_is_lost_on_the_way_to_the_network_costs_16_bits_a_character(tokenizer: BpeTokenizer) -> None:
    assert lost_characters(tokenizer, "Снег на поля") == 0
    assert lost_characters(tokenizer, "Снёг на полё") == 2  # ё
    assert lost_characters(tokenizer, "Снег 🙂Q на поля") == 2  # not in the vocabulary
    assert lost_characters(tokenizer, "Снег  на поля ") == 2  # spaces
    plain, lossy = (score(uniform, tokenizer, [text]) for text in ("Снег на поле", "Снег на полё"))
    assert (lossy.bits_per_char - plain.bits_per_char) * plain.characters == pytest.approx(16)


def test_batches_hold_every_row_once_padded_on_the_right() -> None:
    rows = [list(range(10, 10 + length)) for length in (3, 300, 64, 65, 66, 5000, 9000)]
    found = []
    for batch in batches(rows):
        assert (batch.shape[1] - 1) % 64 == 0
        found += [[int(token) for token in row if token != PAD] for row in batch]
    assert sorted(found) == sorted(rows)


def test_the_command_line_scores_a_release(trained: Trained) -> None:
    printed = model("evaluate", trained.release, trained.corpus).stdout
    assert '"texts": 125' in printed
    assert '"bits_per_char"' in printed


def test_padding_and_batching_do_not_change_a_score(trained: Trained, tokenizer: BpeTokenizer) -> None:
    from model.release import load

    predict = load(trained.release).network.predict_on_batch
    texts = ["Снег ложится на поля", "Ветер в поле песню пел\nИ молчит далёкий лес\n" * 9]
    alone = [score(predict, tokenizer, [text]) for text in texts]
    both = score(predict, tokenizer, texts)
    bits = sum(one.bits_per_char * one.characters for one in alone)
    assert both.bits_per_char * both.characters == pytest.approx(bits, rel=1e-4)
    assert EOS not in tokenizer.encode(texts[0])


def test_no_file_is_left_by_learning(trained: Trained) -> None:
    assert sorted(path.name for path in Path(trained.run).iterdir()) == [
        "best.weights.h5", "checkpoint.npz", "history.json", "run.json", "tokenizer.model",
    ]  # fmt: skip
