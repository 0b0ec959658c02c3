"""Several corpora in one stream: each as often as its weight says, the same again for the same generator."""

from collections import Counter

import numpy as np
import pytest

from model.training.mixture import Mixture, Tokens

POEMS: list[Tokens] = [np.arange(start, start + 40, dtype=np.uint16) for start in range(0, 800, 40)]
PROSE: list[Tokens] = [np.arange(start, start + size, dtype=np.uint16) for start, size in ((1000, 900), (2000, 100))]


def stream(mixture: Mixture, seed: int = 0) -> Tokens:
    return mixture.stream(np.random.default_rng(seed))


@pytest.mark.parametrize(("weight", "times"), [(1, [20, 0, 0]), (2, [0, 20, 0]), (0.5, [10, 0, 0]), (2.25, [0, 15, 5])])
def test_a_weight_is_how_often_a_text_is_read(weight: float, times: list[int]) -> None:
    read = Counter(stream(Mixture([(POEMS, weight)])).tolist())
    texts = [{read[token] for token in poem.tolist()} for poem in POEMS]
    assert [texts.count({often}) for often in (1, 2, 3)] == times


def test_every_text_is_read_from_its_start_in_one_piece() -> None:
    read = stream(Mixture([(POEMS, 1), (PROSE, 0.5)]))
    starts = np.flatnonzero(np.diff(read.astype(int)) != 1) + 1
    assert {*read[starts].tolist(), int(read[0])} <= {int(text[0]) for text in (*POEMS, *PROSE)}


def test_corpora_are_shuffled_together() -> None:
    firsts = [token for token in stream(Mixture([(POEMS, 1), (POEMS[:5], 2)])).tolist() if token % 40 == 0]
    assert Counter(firsts) == Counter([int(poem[0]) for poem in (*POEMS, *POEMS[:5], *POEMS[:5])])
    assert firsts[:20] != [int(poem[0]) for poem in POEMS]


@pytest.mark.parametrize("weight", [0.1, 0.33, 0.5, 1.7])
def test_every_epoch_has_as_many_tokens_however_long_its_texts_are(weight: float) -> None:
    mixture = Mixture([(POEMS, 1), (PROSE, weight)])
    assert mixture.tokens == 800 + int(1000 * weight)
    assert {len(stream(mixture, seed)) for seed in range(20)} == {mixture.tokens}


def test_a_half_is_another_one_in_another_epoch_and_the_same_in_the_same() -> None:
    mixture = Mixture([(POEMS, 0.5)])
    assert len({frozenset(stream(mixture, seed).tolist()) for seed in range(5)}) == 5
    assert np.array_equal(stream(mixture, 3), stream(mixture, 3))


def test_ids_stay_as_narrow_as_they_lie() -> None:
    assert stream(Mixture([(POEMS, 1), (PROSE, 0.5)])).dtype == np.uint16
    assert stream(Mixture([(POEMS, 1), ([np.array([70_000], np.uint32)], 1)])).dtype == np.uint32


@pytest.mark.parametrize("others", [([], 1), (PROSE, 0), (PROSE, 0.0001)])
def test_what_comes_to_nothing_is_read_not_at_all(others: tuple[list[Tokens], float]) -> None:
    assert np.array_equal(stream(Mixture([(POEMS, 1), others])), stream(Mixture([(POEMS, 1)])))
