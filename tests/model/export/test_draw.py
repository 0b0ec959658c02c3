"""The draw in the graph, in integers, beside the one that it follows, in float64."""

from itertools import accumulate

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from model.export.steps import first_beyond
from model.text.sampling import draw as choose_rank
from model.text.sampling import noise_vector

NOISES = 2_000
BITS = 149  # every float32 is a multiple of 2^-149


def logits(most: int, count: int) -> NDArray[np.float32]:
    """Return the greatest of so many logits, falling."""
    drawn = np.random.default_rng(most).normal(size=most) * 3
    return np.sort(drawn)[::-1][:count].astype(np.float32)


def ranks(weights: NDArray[np.float32], noise: NDArray[np.float32], most: int) -> list[int]:
    found = first_beyond(tf.constant(np.tile(weights, (len(noise), 1))), tf.constant(noise), most)
    return [int(rank) for rank in found.numpy()]


def exactly(weights: NDArray[np.float32], noise: NDArray[np.float32]) -> list[int]:
    """Return the ranks by integers without bounds."""
    sums = list(accumulate(int(float(weight) * 2.0**BITS) for weight in weights))
    words = [int(value * 2**24) for value in noise.tolist()]
    return [sum(total * 2**24 <= word * sums[-1] for total in sums) for word in words]


@pytest.mark.parametrize(("most", "count"), [(5, 1), (160, 160), (3500, 200), (3500, 3500), (4096, 4096)])
@pytest.mark.parametrize("temperature", [0.01, 0.7, 1.3, 100])
def test_the_sums_are_exact_up_to_the_whole_vocabulary(most: int, count: int, temperature: float) -> None:
    ranked = logits(most, count)
    weights = np.exp((ranked - ranked[0]) * np.float32(1 / temperature))
    noise = np.concatenate([noise_vector(7, 60), np.array([0, 1 - 2**-24], np.float32)])
    assert ranks(weights, noise, most) == exactly(weights, noise)


def test_a_large_vocabulary_does_not_overflow() -> None:
    weights = np.ones(40_000, np.float32)
    noise = noise_vector(1, 20)
    assert ranks(weights, noise, 40_000) == exactly(weights, noise)


def test_a_sum_that_only_reaches_the_noise_is_not_yet_it() -> None:
    weights, noise = np.ones(4, np.float32), np.array([0, 0.25, 0.5, 0.75], np.float32)
    assert ranks(weights, noise, 4) == [choose_rank(weights, one, np.float32(1)) for one in noise] == [0, 1, 2, 3]


@pytest.mark.parametrize("count", [10, 200, 3500])
def test_it_picks_what_float64_picks(count: int) -> None:
    ranked, inverse_temperature = logits(3500, count), np.float32(1 / 0.7)
    noise = noise_vector(3, NOISES)
    found = ranks(np.exp((ranked - ranked[0]) * inverse_temperature), noise, 3500)
    expected = [choose_rank(ranked, one, inverse_temperature) for one in noise]
    assert sum(a != b for a, b in zip(found, expected, strict=True)) <= 1  # weights are float32 here: a tie may part
