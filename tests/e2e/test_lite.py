"""The whole way without TensorFlow: the release's own `model.tflite`, behind the embedded server and the backend."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.files.folder import LITE
from tests.conftest import Trained
from tests.e2e.conftest import Stack, started


@pytest.fixture(scope="module")
def lite(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    models = tmp_path_factory.mktemp("models")
    (models / "tiny" / "1").mkdir(parents=True)
    shutil.copy(trained.release / LITE, models / "tiny" / "1")
    with started(models, "tiny") as stack:
        yield stack
        assert "libtensorflow" not in Path(f"/proc/{stack.serving.process.pid}/maps").read_text()


@pytest.mark.parametrize("decoder", ["graph", "loop"])
@pytest.mark.parametrize("temperature", [None, 0.8])
def test_both_engines_write_the_same_poems_under_the_same_receipts(
    stack: Stack, lite: Stack, temperature: float | None, decoder: str
) -> None:
    fields = {"prompt": "Снег", "n": 4, "seed": 3, "temperature": temperature, "decoder": decoder}
    kept = ("poem", "receipt", "truncated")
    assert [[poem[name] for name in kept] for poem in lite.poems(**fields)] == [
        [poem[name] for name in kept] for poem in stack.poems(**fields)
    ]
