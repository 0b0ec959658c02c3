"""The tiny model, loaded once."""

import pytest

from model.release.loading import Release
from model.textgenrnn import TextGenerator
from tests.conftest import Trained


@pytest.fixture(scope="session")
def generator(trained: Trained) -> TextGenerator:
    """Load the tiny release. Tests must not train or reset it."""
    return TextGenerator(trained.release)


@pytest.fixture(scope="session")
def release(generator: TextGenerator) -> Release:
    return generator.release
