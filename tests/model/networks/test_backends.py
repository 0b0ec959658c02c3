"""The networks on TensorFlow and on JAX: the same weights say the same and learn the same."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.forks import Forks
from tests.model.networks import one_step
from tests.model.networks.one_step import NETWORKS

SECONDS = 280

pytestmark = pytest.mark.timeout(SECONDS + 20)  # JAX compiles every operation of every shape


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, jax_forks: Forks) -> list[Mapping[str, Any]]:
    """Return what is observed on TensorFlow, in this process, and on JAX."""
    file = tmp_path_factory.mktemp("jax") / "observed.npz"
    process = jax_forks.start("tests.model.networks.one_step", [str(file)])
    try:
        here = one_step.observed()
        assert process.wait(SECONDS) == 0, process.text()
    finally:
        process.stop()
    return [here, np.load(file)]


@pytest.mark.parametrize("name", NETWORKS)
def test_both_backends_say_and_learn_the_same(observed: list[Mapping[str, Any]], name: str) -> None:
    first, second = observed
    assert set(first) == set(second)
    keys = [key for key in first if key.startswith(f"{name}/")]
    assert len(keys) > 5
    assert all(np.abs(first[key] - second[key]).max() < 1e-5 for key in keys)


def test_a_carried_state_is_among_what_was_compared(observed: list[Mapping[str, Any]]) -> None:
    carried = [key for key in observed[1] if "/carried_" in key]
    assert len(carried) == 4
    assert all(observed[1][key].any() for key in carried)
