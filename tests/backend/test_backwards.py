"""A model whose network writes each line from its last word."""

from itertools import groupby

import pytest

from model.text.normalise import turn
from tests.backend.conftest import Backend
from tests.backend.fake_serving import FakeServing, Version
from tests.backend.test_prompt_break import NUMBERS
from tests.model.text.toy import NORMALISATION, ToyNetwork, ToyRelease

PROMPTS = ["", "Снег ложится на дорогу", "Чай остыл,  и кот\n🦊\nне спит"]


@pytest.fixture
def release(serving: FakeServing, toy: ToyRelease) -> ToyRelease:
    changed = toy.changed(normalisation=[*NORMALISATION, "backwards"], capital_lines=False)
    serving.versions = {next(NUMBERS): Version(changed, ToyNetwork(toy.tokenizer))}
    return changed


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_poem_is_what_the_network_wrote_turned_and_the_users_line_is_not(
    backend: Backend, release: ToyRelease, prompt: str
) -> None:
    own = prompt.split("\n") if prompt else []
    for poem in backend.reply(prompt=prompt, seed=3, n=4, explain=True)["poems"]:
        assert poem["lines"][: len(own)] == own
        ids = [token["id"] for token in sorted(poem["tokens"], key=lambda token: token["step"])]
        written = "".join(release.tokenizer.texts(ids)).strip("\n")
        shown = "\n".join(poem["lines"][len(own) :])
        assert turn(written).startswith(shown) if poem["truncated"] else turn(written) == shown
        assert any(turn(line) != line for line in written.split("\n"))


@pytest.mark.usefixtures("release")
def test_explain_is_in_the_order_of_reading_and_tells_that_of_writing(backend: Backend) -> None:
    (poem,) = backend.reply(prompt="Снег", seed=9, explain=True)["poems"]
    assert not poem["truncated"]
    tokens = poem["tokens"]
    assert "".join(token["text"] for token in tokens).strip("\n").split("\n") == poem["lines"][1:]
    steps = [token["step"] for token in tokens]
    assert steps != sorted(steps) == list(range(len(tokens)))
    lines = [list(line) for ended, line in groupby(tokens, lambda token: token["text"] == "\n") if not ended]
    for line in lines:  # the first token that was written of a line is in its last word
        first = min(line, key=lambda token: token["step"])
        behind = "".join(token["text"] for token in line[line.index(first) :])
        assert " " not in behind
        assert first["pool"] in ("line_start", "forced")


@pytest.mark.usefixtures("release")
@pytest.mark.parametrize("seed", range(4))
def test_both_decoders_write_one_poem_and_the_receipt_writes_it_again(backend: Backend, seed: int) -> None:
    for prompt in PROMPTS:
        graph, loop = (
            backend.reply(prompt=prompt, seed=seed, chaos=0.5, decoder=decoder)["poems"][0]
            for decoder in ("graph", "loop")
        )
        assert graph["lines"] == loop["lines"]
        for poem in (graph, loop):
            again = backend.get(f"/poems/{poem['receipt']}", params={"prompt": prompt}).json()
            assert again["poems"][0]["lines"] == poem["lines"]
