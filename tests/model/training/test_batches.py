"""What a step reads: every token once an epoch, nothing of another text where texts are apart, the same again."""

from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest

from model.errors import ModelError
from model.presets.preset import Training
from model.text.tokens import PAD
from model.training.batches import Batch, Batches, CarriedBatches, StreamBatches, TextBatches
from model.training.mixture import Mixture

ROWS = [
    np.arange(start, start + length, dtype=np.int32)
    for start, length in (
        (200, 90),
        (400, 70),
        (600, 45),
        (800, 120),
        (1000, 2),
        (1200, 5),
    )  # two shorter than a window
]
SETTINGS = Training(epochs=1, batch_size=3, window=16, learning_rate=1e-3)
OTHERS = [np.arange(start, start + 60, dtype=np.uint16) for start in range(2000, 3000, 100)]
MIXTURE = Mixture([(ROWS, 1), (OTHERS, 0.5)])
BATCHES: dict[str, Batches] = {
    "stream": StreamBatches(ROWS, SETTINGS),
    "carried": CarriedBatches(ROWS, SETTINGS),
    "text": TextBatches(ROWS, SETTINGS, 10, every_position=True),
    "mixed stream": StreamBatches(MIXTURE, SETTINGS),
    "mixed and carried": CarriedBatches(MIXTURE, SETTINGS),
    "last": TextBatches(ROWS, SETTINGS, 10, every_position=False),
}


@pytest.mark.parametrize("batches", BATCHES.values(), ids=BATCHES)
def test_every_epoch_has_its_steps_and_another_order(batches: Batches) -> None:
    epochs = [list(batches.epoch(number)) for number in range(6)]
    assert all(len(epoch) == batches.steps for epoch in epochs)
    assert all(batch.tokens.shape == epochs[0][0].tokens.shape for epoch in epochs for batch in epoch)
    assert len({epoch[0].tokens.tobytes() for epoch in epochs}) == len(epochs)


@pytest.mark.parametrize("batches", BATCHES.values(), ids=BATCHES)
def test_an_epoch_is_the_same_when_it_is_asked_for_again(batches: Batches) -> None:
    pairs = zip(batches.epoch(5), batches.epoch(5), strict=True)
    assert all(np.array_equal(a.tokens, b.tokens) and np.array_equal(a.targets, b.targets) for a, b in pairs)


# Of batches as they were before a run could read several corpora: a run of that time goes on as it began.
BEFORE = {
    "stream": "fd0c74542070de8fa92385fe4e0d8400d9d0fb77dc00935d83b584b7201c5772",
    "carried": "f8893d1a46be616e4bc1ff9287ad442a186a6574023123ee32627ad3a60bc3e9",
}


@pytest.mark.parametrize(("name", "digest"), BEFORE.items())
@pytest.mark.parametrize("dtype", [np.int32, np.uint16])
def test_one_corpus_is_read_as_ever(name: str, digest: str, dtype: type[np.int32 | np.uint16]) -> None:
    batches = type(BATCHES[name])([row.astype(dtype) for row in ROWS], SETTINGS)  # type: ignore[call-arg]
    seen = sha256()
    for number in range(3):
        for batch in batches.epoch(number):
            seen.update(batch.tokens.astype("<i4").tobytes() + batch.targets.astype("<i4").tobytes())
    assert seen.hexdigest() == digest


@pytest.mark.parametrize("name", ["mixed stream", "mixed and carried"])
def test_an_epoch_of_several_corpora_reads_the_expected_tokens_but_for_what_fills_no_batch(name: str) -> None:
    batches = BATCHES[name]
    read = sum(batch.counted for batch in batches.epoch(0))
    per_batch = SETTINGS.window * SETTINGS.batch_size
    assert read == batches.steps * per_batch
    assert MIXTURE.tokens - 2 * per_batch < read < MIXTURE.tokens


def test_a_batch_is_of_the_type_that_the_network_reads() -> None:
    for batches in BATCHES.values():
        for batch in batches.epoch(0):
            assert batch.tokens.dtype == batch.targets.dtype == np.int32


def test_windows_of_a_stream_overlap_by_the_one_token_that_is_predicted() -> None:
    seen = np.concatenate([batch.tokens[0] for batch in StreamBatches(ROWS, replace(SETTINGS, batch_size=1)).epoch(0)])
    assert len(seen) == len(set(seen.tolist())) == 16 * (len(seen) // 16)


def test_targets_are_the_tokens_one_further_on() -> None:
    for batches in (BATCHES["stream"], BATCHES["carried"]):
        for batch in batches.epoch(0):
            assert np.array_equal(batch.tokens[:, 1:], batch.targets[:, :-1])


def test_a_carried_track_goes_on_where_the_batch_before_it_ended() -> None:
    read = list(BATCHES["carried"].epoch(0))
    for before, after in pairwise(read):
        assert np.array_equal(before.targets[:, -1], after.tokens[:, 0])


def counted(batch: Batch) -> list[int]:
    weights = np.ones_like(batch.targets) if batch.weights is None else batch.weights
    return [int(token) for token in batch.targets[weights > 0]]


@pytest.mark.parametrize("name", ["text", "last"])
def test_every_token_of_a_text_is_predicted_once_an_epoch(name: str) -> None:
    every = TextBatches(ROWS, replace(SETTINGS, batch_size=1), 10, every_position=name == "text")
    predicted = [token for batch in every.epoch(3) for token in counted(batch)]
    assert sorted(predicted) == sorted(int(token) for row in ROWS for token in row[1:])


@pytest.mark.parametrize("name", ["text", "last"])
def test_no_window_shows_two_texts(name: str) -> None:
    for batch in BATCHES[name].epoch(0):
        for row, targets in zip(batch.tokens, batch.targets, strict=True):
            of = {int(token) // 200 for token in (*row[row != PAD], *targets[targets != PAD])}
            assert len(of) == 1


def test_a_token_that_counts_has_seen_half_a_context_or_all_there_is() -> None:
    for batch in BATCHES["text"].epoch(0):
        assert batch.weights is not None
        for row, targets, weights in zip(batch.tokens, batch.targets, batch.weights, strict=True):
            start = next(first[0] for first in ROWS if first[0] <= row[0] <= first[-1])
            first_counted = int(np.flatnonzero(weights)[0])
            assert row[0] == start or first_counted >= 4, targets


def test_each_window_knows_the_label_of_its_text() -> None:
    labelled = TextBatches(ROWS, SETTINGS, 10, every_position=True, labels=[7, 8, 9, 6, 5, 4])
    kinds = {1: 7, 2: 8, 3: 9, 4: 6, 5: 5, 6: 4}
    for batch in labelled.epoch(0):
        assert batch.labels is not None
        assert [kinds[int(row[0]) // 200] for row in batch.tokens] == batch.labels.tolist()


@pytest.mark.parametrize("kind", [StreamBatches, CarriedBatches])
def test_too_small_a_corpus_is_refused(kind: type[StreamBatches]) -> None:
    with pytest.raises(ModelError, match="smaller than one batch of windows"):
        kind(ROWS[:1], replace(SETTINGS, window=64))
