"""The networks on TensorFlow and on JAX: the same weights say the same and learn the same."""

import sys

import numpy as np
import pytest
from numpy.lib.npyio import NpzFile

from tests.model.networks.one_step import NETWORKS
from tests.processes import start

BACKENDS = ["tensorflow", "jax"]
SECONDS = 280
QUICK_COMPILER = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"

pytestmark = pytest.mark.timeout(SECONDS + 20)  # JAX compiles every operation of every shape


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> list[NpzFile]:
    files = [tmp_path_factory.mktemp(backend) / "observed.npz" for backend in BACKENDS]
    started = []
    for backend, file in zip(BACKENDS, files, strict=True):
        environment = {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": QUICK_COMPILER}
        started.append(start([sys.executable, "-m", "tests.model.networks.one_step", str(file)], env=environment))
    try:
        for process in started:
            assert process.wait(SECONDS) == 0, process.text()
    finally:
        for process in started:
            process.stop()
    return [np.load(file) for file in files]


@pytest.mark.parametrize("name", NETWORKS)
def test_both_backends_say_and_learn_the_same(observed: list[NpzFile], name: str) -> None:
    first, second = observed
    assert set(first) == set(second)
    keys = [key for key in first if key.startswith(f"{name}/")]
    assert len(keys) > 5
    assert all(np.abs(first[key] - second[key]).max() < 1e-5 for key in keys)


def test_a_carried_state_is_among_what_was_compared(observed: list[NpzFile]) -> None:
    carried = [key for key in observed[1] if "/carried_" in key]
    assert len(carried) == 4
    assert all(observed[1][key].any() for key in carried)
