"""Networks of other kinds than the tiny one, from a request to the embedded server and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from model.export.versions import export
from model.generation.poems import write
from model.release.loading import Release
from tests.e2e.conftest import Stack, started
from tests.model import untrained

NAME = "textgenrnn"
PROMPTS = ["", "Снег", "Над рекой плывёт туман\nИ молчит далёкий лес"]  # the last is longer than the context


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return untrained.release(tmp_path_factory.mktemp("context") / NAME, untrained.TEXTGENRNN)


@pytest.fixture(scope="module")
def served(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    models = tmp_path_factory.mktemp("models")
    export(release, models)
    with started(models, NAME) as stack:
        yield stack


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_served_network_writes_what_it_writes_in_this_process(served: Stack, release: Release, prompt: str) -> None:
    here = [write(release.network, release.text, prompt, release.text.defaults, seed).text for seed in (5, 6)]
    assert served.texts(prompt=prompt, n=2, seed=5) == here
    assert here[0] != here[1]


@pytest.fixture(scope="module")
def charrnn(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return untrained.release(tmp_path_factory.mktemp("state") / "charrnn", untrained.CHARRNN)


def test_with_a_state_both_decoders_write_what_it_writes_in_this_process(charrnn: Release, tmp_path: Path) -> None:
    export(charrnn, tmp_path)
    text = charrnn.text
    with started(tmp_path, charrnn.text.name) as stack:
        for prompt in PROMPTS:
            here = [write(charrnn.network, text, prompt, text.defaults, seed).text for seed in (5, 6)]
            for decoder in ("graph", "loop"):
                assert stack.texts(prompt=prompt, n=2, seed=5, decoder=decoder) == here
            assert here[0] != here[1]


def test_lines_that_are_written_backwards_are_read_alike_from_both_decoders_and_this_process(tmp_path: Path) -> None:
    steps = [*untrained.NORMALISATION, "line_starts", "backwards"]
    changes = {"normalisation": steps, "prompt_break": True, "capital_lines": True}
    release = untrained.release(tmp_path / "backwards", untrained.POET, **changes)
    export(release, tmp_path / "models")
    text = release.text
    with started(tmp_path / "models", text.name) as stack:
        for prompt in PROMPTS:
            here = [write(release.network, text, prompt, text.defaults, seed).text for seed in (5, 6)]
            for decoder in ("graph", "loop"):
                assert stack.texts(prompt=prompt, n=2, seed=5, decoder=decoder) == here
            assert here[0] != here[1]


def test_the_fast_decoder_is_not_offered(served: Stack) -> None:
    reply = requests.post(f"{served.backend_url}/generate", json={"decoder": "graph"}, timeout=60)
    assert (reply.status_code, reply.headers["Content-Type"]) == (422, "application/problem+json")
    assert "decoder" in reply.text
