"""Scores against figures worked out by hand."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.errors import ModelError
from model.evaluation import scoring
from model.evaluation.scoring import batches, predictor, score, windows
from model.networks.sizes import TextgenrnnSizes
from model.text.characters import CharacterTokenizer
from model.text.tokens import BOS, EOS, PAD, UNK, Tokenizer
from tests.model import untrained
from tests.model.text.toy import VOCABULARY, learn


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return learn(tmp_path_factory.mktemp("toy")).tokenizer


def uniform(tokens: NDArray[np.int32]) -> NDArray[Any]:
    return np.zeros((*tokens.shape, VOCABULARY), np.float32)


def test_a_network_that_knows_nothing_pays_the_whole_vocabulary_for_every_token(tokenizer: Tokenizer) -> None:
    texts = ["Снег ложится на поля\nТихо", "Осень"]
    scores = score(uniform, tokenizer, texts)
    tokens = sum(len(tokenizer.encode(text)) + 1 for text in texts)  # and one EOS each
    assert scores.tokens == tokens
    assert scores.characters == len(texts[0]) + len(texts[1])
    assert scores.perplexity == pytest.approx(VOCABULARY)
    assert scores.accuracy == 0  # the first of equal logits is PAD's
    assert scores.bits_per_char == pytest.approx(tokens * math.log2(VOCABULARY) / scores.characters)


def test_the_kind_of_line_end_does_not_matter(tokenizer: Tokenizer) -> None:
    text = "Снег\nложится\nна поля"
    assert score(uniform, tokenizer, [text.replace("\n", "\r\n")]) == score(uniform, tokenizer, [text])


@pytest.mark.parametrize(("right", "accuracy", "bits"), [(100, 1, 0), (-1e6, 0, math.inf)])
def test_a_network_that_knows_all_pays_nothing_and_one_that_is_always_wrong_very_much(
    tokenizer: Tokenizer, right: float, accuracy: float, bits: float
) -> None:
    text = "Снег ложится на поля"
    (target,) = batches([tokenizer.encode_text(text)], VOCABULARY)

    def sure(tokens: NDArray[np.int32]) -> NDArray[Any]:
        logits: NDArray[Any] = right * np.eye(VOCABULARY, dtype=np.float32)[target.targets[:, : tokens.shape[1]]]
        return logits

    scores = score(sure, tokenizer, [text])
    assert scores.accuracy == accuracy
    assert scores.bits_per_char == pytest.approx(bits, abs=1e-9) if bits == 0 else scores.bits_per_char > 1e5
    assert math.isfinite(scores.perplexity)


def test_what_is_lost_on_the_way_to_the_network_costs_16_bits_a_character(tokenizer: Tokenizer) -> None:
    plain, lossy = (score(uniform, tokenizer, [text]) for text in ("Снег на поле", "Снег на полё"))
    assert (lossy.bits_per_char - plain.bits_per_char) * plain.characters == pytest.approx(16)


def test_batches_hold_every_row_once_padded_on_the_right() -> None:
    rows = [[BOS, *range(10, 10 + length)] for length in (3, 300, 64, 65, 66, 5000, 8000)]
    found = []
    for batch in batches(rows, 9000):
        assert batch.inputs.shape == batch.targets.shape
        assert batch.inputs.shape[1] % 64 == 0
        found += [[int(token) for token in row if token != PAD] for row in batch.targets]
    assert sorted(found) == sorted(row[1:] for row in rows)


def test_a_text_that_is_too_long_is_read_in_pieces_and_every_token_scored_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "PIECE", 10)
    monkeypatch.setattr(scoring, "WARM_UP", 4)
    row = [BOS, *range(100, 125), EOS]
    seen = []
    for batch in batches([row], 200):
        for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
            at = np.flatnonzero(targets != PAD)
            seen += [int(target) for target in targets[at]]
            first = row.index(int(targets[at[0]]))
            assert list(inputs[: at[0] + 1]) == row[max(0, first - 5) : first]  # what came before
    assert sorted(seen) == sorted(row[1:])


def test_a_large_vocabulary_makes_small_batches() -> None:
    rows = [[BOS, *[5] * 63, EOS]] * 40
    assert max(batch.inputs.shape[0] for batch in batches(rows, 100)) == 40
    assert max(batch.inputs.shape[0] for batch in batches(rows, 100_000)) == 5


def test_an_unknown_token_is_a_miss_and_told_of(tokenizer: Tokenizer) -> None:
    def likes_unk(tokens: NDArray[np.int32]) -> NDArray[Any]:
        logits = uniform(tokens)
        logits[..., UNK] = 9
        return logits

    text = "Снег 漢 на"
    scores = score(likes_unk, tokenizer, [text])
    assert scores.tokens == len(tokenizer.encode(text)) + 1
    assert (scores.unknown, scores.lost, scores.accuracy) == (1, 2, 0)  # and a space that is not needed any more
    assert scores.perplexity == pytest.approx(VOCABULARY - 1 + math.exp(9))  # of the known ones

    few = CharacterTokenizer(["\n", "а"], [])
    sure = score(lambda tokens: np.eye(6)[np.where(np.arange(tokens.shape[1]) < 4, 5, EOS)][None], few, ["аббб"])
    assert (sure.unknown, sure.lost, sure.tokens) == (3, 3, 5)
    assert sure.accuracy == pytest.approx(2 / 5)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_logits_that_are_no_numbers_are_an_error(tokenizer: Tokenizer, value: float) -> None:
    with pytest.raises(ModelError, match="NaN or infinite"):
        score(lambda tokens: uniform(tokens) + value, tokenizer, ["Снег"])


def test_nothing_to_score_is_said(tokenizer: Tokenizer) -> None:
    for texts in ([], [""]):
        with pytest.raises(ModelError, match="no texts to score"):
            score(uniform, tokenizer, texts)


def test_padding_and_batching_do_not_change_a_score(tokenizer: Tokenizer) -> None:
    predict = predictor(untrained.network(replace(untrained.CHARRNN, vocabulary=VOCABULARY)))
    texts = ["Снег ложится на поля", "Ветер в поле песню пел\nИ молчит далёкий лес\n" * 9]
    alone = [score(predict, tokenizer, [text]) for text in texts]
    both = score(predict, tokenizer, texts)
    bits = sum(one.bits_per_char * one.characters for one in alone)
    assert both.bits_per_char * both.characters == pytest.approx(bits, rel=1e-4)


def test_windows_are_the_last_tokens_up_to_each() -> None:
    assert windows(np.array([7, 8, 9, 5], np.int32), 3).tolist() == [[7, 0, 0], [7, 8, 0], [7, 8, 9], [8, 9, 5]]


@pytest.mark.parametrize("sizes", [untrained.TEXTGENRNN, untrained.BOTH_WAYS])
def test_a_network_with_a_context_predicts_each_position_from_its_last_tokens(
    sizes: TextgenrnnSizes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "WINDOWS", 8)  # fewer than there are, and the last batch not full
    network = untrained.network(sizes)
    tokens = untrained.tokens(2, 14)
    tokens[1, 6:] = PAD
    logits = predictor(network)(tokens)
    assert logits.shape == (2, 14, untrained.VOCABULARY)
    for row, position in [(0, 0), (0, 5), (0, 13), (1, 0), (1, 5)]:
        window = tokens[row, max(0, position + 1 - sizes.context) : position + 1]
        alone = np.asarray(network(window[None]))[0, -1]
        np.testing.assert_allclose(logits[row, position], alone, atol=1e-5)
    assert not logits[1, 6:].any()
