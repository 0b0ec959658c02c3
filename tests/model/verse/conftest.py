"""The ear with the data that is shipped."""

import pytest

from model.verse.metre import Ear
from model.verse.stress import Stress


@pytest.fixture(scope="session")
def stress() -> Stress:
    return Stress()


@pytest.fixture(scope="session")
def ear(stress: Stress) -> Ear:
    return Ear(stress)
