"""What the tests of the text share."""

from pathlib import Path

import pytest

from model.text.tokens import Tokenizer
from tests.model.text.toy import ToyRelease, learn


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> ToyRelease:
    return learn(Path(tmp_path_factory.mktemp("toy")))


@pytest.fixture(scope="session")
def tokenizer(toy: ToyRelease) -> Tokenizer:
    return toy.tokenizer
