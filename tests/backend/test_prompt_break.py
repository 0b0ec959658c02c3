"""Releases whose text goes on where the prompt ends, with each kind of tokenizer."""

from itertools import count
from pathlib import Path

import pytest

from tests.backend.conftest import Backend
from tests.backend.fake_serving import FakeServing, Version
from tests.model.text.toy import ToyNetwork, ToyRelease, learn

NUMBERS = count(1000)  # of versions: the backend asks for a release once
PROMPTS = ["Снег ложится на до", "Снег\r\nложится,  на дорогу \n", "🦊 Ёж", "🦊🦊", "漢字", "", " \n"]


@pytest.fixture(params=["bpe", "characters", "words"])
def release(request: pytest.FixtureRequest, serving: FakeServing, tmp_path: Path) -> ToyRelease:
    """Return a release that the fake server serves."""
    toy = learn(tmp_path, request.param)
    toy = toy.changed(prompt_break=False, force_breaks=False, capital_lines=False)
    serving.versions = {next(NUMBERS): Version(toy, ToyNetwork(toy.tokenizer))}
    return toy


@pytest.mark.parametrize("decoder", ["graph", "loop"])
@pytest.mark.usefixtures("release")
def test_the_poem_is_the_prompt_continued_by_the_network(backend: Backend, decoder: str) -> None:
    for seed, prompt in enumerate(PROMPTS):
        (poem,) = backend.reply(prompt=prompt, seed=seed, explain=True, decoder=decoder, max_lines=64)["poems"]
        own = prompt.replace("\r\n", "\n").rstrip()
        written = "".join(token["text"] for token in poem["tokens"])
        joint = " " if own in ("🦊🦊", "漢字") else ""
        whole = "\n".join(line.rstrip() for line in (own + joint + written).split("\n")).rstrip("\n")
        cut = whole.rpartition("\n")[0].rstrip("\n")
        assert poem["poem"] == "\n".join(poem["lines"])
        assert poem["poem"] in ((whole, cut) if poem["truncated"] else (whole,))
        assert len(poem["poem"]) > len(own)


def test_the_network_reads_the_prompt_without_a_break(
    backend: Backend, serving: FakeServing, release: ToyRelease
) -> None:
    read = []
    network = ToyNetwork(release.tokenizer)

    class Watched(ToyNetwork):
        def logits(self, tokens: list[int]) -> object:  # type: ignore[override]
            read.append(list(tokens))
            return network.logits(tokens)

    serving.versions = {next(NUMBERS): Version(release, Watched(release.tokenizer))}
    backend.reply(prompt="снег\nложится", seed=1, decoder="loop", max_tokens=2)
    prompt, _ = release.tokenizer.encode_prompt("снег\nложится", with_break=False)
    assert prompt[-1] != release.tokenizer.break_id
    assert read[0] == prompt
    assert read[1][:-1] == prompt


@pytest.mark.usefixtures("release")
def test_the_receipt_writes_the_poem_again(backend: Backend) -> None:
    (poem,) = backend.reply(prompt="Ветер, вет", seed=5, chaos=0.5)["poems"]
    again = backend.get(f"/poems/{poem['receipt']}", params={"prompt": "Ветер, вет"}).json()
    assert again["poems"][0]["poem"] == poem["poem"]


def test_explain_is_exactly_the_text_after_the_prompt(backend: Backend, serving: FakeServing) -> None:
    version = serving.versions[1]
    plain = version.release.changed(capital_lines=False)
    serving.versions = {next(NUMBERS): Version(plain, version.network)}
    for poem in backend.reply(prompt="Снег", seed=9, n=8, explain=True)["poems"]:
        written = "".join(token["text"] for token in poem["tokens"]).strip("\n")
        shown = "\n".join(poem["lines"][1:])
        assert written.startswith(shown) if poem["truncated"] else written == shown


def test_a_broken_tokenizer_is_a_503_and_not_the_end(backend: Backend, serving: FakeServing, tmp_path: Path) -> None:
    toy = learn(tmp_path, "words")
    wrong = toy.changed(tokenizer={"kind": "bpe", "file": "toy.model"})
    serving.versions = {next(NUMBERS): Version(wrong, ToyNetwork(toy.tokenizer))}
    assert backend.post({"seed": 1}).status_code == 503
    serving.versions = {next(NUMBERS): Version(toy, ToyNetwork(toy.tokenizer))}
    assert backend.post({"seed": 1}).status_code == 200
