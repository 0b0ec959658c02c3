"""The whole way without TensorFlow: the release's own `model.tflite`, behind the embedded server and the backend."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from model.text.receipt import read
from tests.e2e.conftest import Stack, started

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def lite(lite_models: Path) -> Iterator[Stack]:
    with started(lite_models, "tiny") as stack:
        yield stack
        assert "libtensorflow" not in Path(f"/proc/{stack.serving.process.pid}/maps").read_text()


@pytest.mark.parametrize("temperature", [None, 0.8])
def test_both_decoders_write_the_same_poems_with_the_int8_form(lite: Stack, temperature: float | None) -> None:
    fields = {"prompt": "Снег", "n": 4, "seed": 3, "temperature": temperature}
    graph, loop = (lite.poems(**fields, decoder=decoder) for decoder in ("graph", "loop"))
    for first, second in zip(graph, loop, strict=True):
        assert (first["poem"], first["truncated"]) == (second["poem"], second["truncated"])
        assert replace(read(first["receipt"]), decoder="loop") == read(second["receipt"])


def test_a_receipt_holds_for_the_form_that_wrote_its_poem(stack: Stack, lite: Stack) -> None:
    (poem,) = lite.poems(prompt="Снег", seed=3)

    def again(stack: Stack) -> requests.Response:
        return requests.get(
            f"{stack.backend_url}/poems/{poem['receipt']}", params={"prompt": "Снег"}, headers=JSON, timeout=60
        )

    assert again(lite).json()["poems"][0]["poem"] == poem["poem"]
    assert again(stack).status_code == 410
