"""The tiny model, loaded once."""

import pytest

from model.generation import TextGenerator
from model.release import Release
from tests.conftest import Trained


@pytest.fixture(scope="session")
def generator(trained: Trained) -> TextGenerator:
    """Load the tiny release. Tests must not train or reset it."""
    return TextGenerator(trained.release)


@pytest.fixture(scope="session")
def release(generator: TextGenerator) -> Release:
    return generator.release
