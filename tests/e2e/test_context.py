"""Networks of other kinds than the tiny one, from a request to the embedded server and back."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from model.export.versions import export
from model.generation.poems import write
from model.release.loading import Release
from tests.e2e.conftest import Stack, started
from tests.model import untrained
from tests.model.untrained import CHARRNN, NORMALISATION, POET, TEXTGENRNN

pytestmark = pytest.mark.slow
PROMPTS = ["", "Снег", "Над рекой плывёт туман\nИ молчит далёкий лес"]  # the last is longer than the context
BACKWARDS = {
    "normalisation": [*NORMALISATION, "line_starts", "backwards"],
    "prompt_break": True,
    "capital_lines": True,
}


@dataclass(frozen=True)
class Served:
    """Releases, and one server and one backend for all of them."""

    stack: Stack
    releases: dict[str, Release]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder, models = tmp_path_factory.mktemp("releases"), tmp_path_factory.mktemp("models")
    releases = {
        "textgenrnn": untrained.release(folder / "textgenrnn", TEXTGENRNN),
        "charrnn": untrained.release(folder / "charrnn", CHARRNN),
        "backwards": untrained.release(folder / "backwards", POET, **BACKWARDS),
    }
    for release in releases.values():
        export(release, models)
    with started(models, *releases) as stack:
        yield Served(stack, releases)


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize(("name", "decoders"), [
    ("textgenrnn", ["loop"]), ("charrnn", ["graph", "loop"]), ("backwards", ["graph", "loop"]),
])  # fmt: skip
def test_a_served_network_writes_what_it_writes_in_this_process(
    served: Served, name: str, decoders: list[str], prompt: str
) -> None:
    release, text = served.releases[name], served.releases[name].text
    here = [write(release.network, text, prompt, text.defaults, seed).text for seed in (5, 6)]
    for decoder in decoders:
        assert served.stack.texts(model=name, prompt=prompt, n=2, seed=5, decoder=decoder) == here
    assert here[0] != here[1]


def test_a_network_with_a_context_is_decoded_by_the_loop_without_being_asked_to(served: Served) -> None:
    fields = {"model": "textgenrnn", "prompt": "Снег", "seed": 5}
    assert served.stack.texts(**fields) == served.stack.texts(**fields, decoder="loop")


def test_the_fast_decoder_is_not_offered_for_it(served: Served) -> None:
    fields = {"model": "textgenrnn", "decoder": "graph"}
    reply = requests.post(f"{served.stack.backend_url}/generate", json=fields, timeout=60)
    assert (reply.status_code, reply.headers["Content-Type"]) == (422, "application/problem+json")
    assert "decoder" in reply.text
