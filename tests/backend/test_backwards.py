"""A model whose network writes each line from its last word."""

from itertools import groupby
from typing import Any

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
def test_the_networks_lines_are_reversed_and_the_users_line_is_not(
    backend: Backend, release: ToyRelease, prompt: str
) -> None:
    own, turned = prompt.split("\n") if prompt else [], 0
    for poem in backend.reply(prompt=prompt, seed=3, n=8, explain=True)["poems"]:
        assert poem["lines"][: len(own)] == own
        written = release.tokenizer.texts([token["id"] for token in _in_order(poem["tokens"])])
        read, shown = turn("".join(written)).strip("\n"), "\n".join(poem["lines"][len(own) :])
        assert read.startswith(shown) if poem["truncated"] else read == shown
        turned += turn(read) != read
    assert turned


@pytest.mark.usefixtures("release")
def test_explain_is_in_reading_order_and_numbers_the_steps_of_writing(backend: Backend) -> None:
    for poem in backend.reply(prompt="Снег", seed=9, n=8, explain=True)["poems"]:
        tokens, shown = poem["tokens"], "\n".join(poem["lines"][1:])
        text = "".join(token["text"] for token in tokens).strip("\n")
        assert text.startswith(shown) if poem["truncated"] else text == shown
        assert [token["step"] for token in _in_order(tokens)] == list(range(len(tokens)))
        for is_break, line in groupby(tokens, lambda token: token["text"] == "\n"):
            if not is_break:
                _begins_with_its_last_word(list(line))


def _in_order(tokens: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return tokens in writing order."""
    return sorted(tokens, key=lambda token: token["step"])


def _begins_with_its_last_word(line: list[dict[str, Any]]) -> None:
    first = _in_order(line)[0]
    assert " " not in "".join(token["text"] for token in line[line.index(first) :])
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
