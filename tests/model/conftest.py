"""The tiny model, loaded once, and what a process needs that runs on JAX."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Trained
from tests.forks import Forks
from tests.sharing import common

if TYPE_CHECKING:  # these import Keras, which many tests do without
    from model.release.loading import Release
    from model.textgenrnn import TextGenerator

XLA_FLAGS = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


@pytest.fixture(scope="session")
def generator(trained: Trained) -> "TextGenerator":
    """Load the tiny release. Tests must not train or reset it."""
    from model.textgenrnn import TextGenerator

    return TextGenerator(trained.release)


@pytest.fixture(scope="session")
def release(generator: "TextGenerator") -> "Release":
    return generator.release


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Start processes on TensorFlow, forked from one that has imported it and Keras but has not yet begun to use it."""
    forks = Forks("model.training.run", "tensorflow")
    yield forks
    forks.stop()


@pytest.fixture(scope="session")
def on_jax(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a process on JAX: it compiles quickly, and what another compiled already not at all."""
    return {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": XLA_FLAGS,
        "JAX_COMPILATION_CACHE_DIR": str(common(tmp_path_factory) / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


@pytest.fixture(scope="session")
def jax_forks(on_jax: dict[str, str]) -> Iterator[Forks]:
    """Start processes on JAX, forked from one that has imported it and Keras but has not yet begun to use devices.

    TensorFlow is imported too: Keras does so where it seeds the random numbers.
    """
    forks = Forks("model.training.run", "tensorflow", environment=on_jax)
    yield forks
    forks.stop()
