"""The decoder `verse`, over a model server that drafts the lines that a test wants."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.decoders import Drafter
from backend.errors import ModelServerUnavailableError
from model.text.release import TextRelease, config_hash, read
from model.text.tokens import BOS, CANDIDATES, EOS, LINE_TOKENS, PAD, WINDOW
from model.verse.drafting import Kept
from model.verse.writing import Writing, verse

SHIPPED = Path(__file__).resolve().parents[2] / "model" / "releases" / "neuralpoet"
PROMPT = "Зима рисует на окне"
GOOD = ["Большие белые цветы", "И снится саду в тишине", "Что снова в поле вышла ты", "И дом стоит в морозном дне"]
MADE_UP = "И озарилие весны"


@pytest.fixture(scope="module")
def release() -> TextRelease:
    return read((SHIPPED / "config.json").read_bytes(), (SHIPPED / "tokenizer.model").read_bytes())


class Drafts:
    """A model server whose candidates are the given lines, other ones for each call; the first is the likeliest."""

    def __init__(self, release: TextRelease, *calls: Sequence[str], end: bool = True) -> None:
        self.release, self.calls, self.end = release, calls, end
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, body: dict[str, Any]) -> dict[str, Any]:
        lines = self.calls[min(len(self.bodies), len(self.calls) - 1)]
        self.bodies.append(body)
        if body["signature_name"] == "serving_default":
            return {"predictions": np.zeros((len(body["instances"]), self.release.tokenizer.vocabulary_size)).tolist()}
        poems = len(body["inputs"]["prompt"])
        tokens = np.full((poems, CANDIDATES, LINE_TOKENS), PAD, np.int32)
        logs = np.zeros(tokens.shape)
        for number in range(CANDIDATES):
            ids = self.release.tokenizer.encode(self.release.tokenizer.normalise(lines[number % len(lines)]))
            ids += [self.release.rules.break_id] * self.end
            tokens[:, number, : len(ids)] = ids
            logs[:, number, : len(ids)] = -1 - number / 5
        return {"outputs": {"tokens": tokens.tolist(), "log_probability": logs.tolist()}}


def write(
    release: TextRelease, drafts: Callable[[dict[str, Any]], dict[str, Any]], prompt: str = PROMPT, **changes: Any
) -> Writing:
    return write_all(release, drafts, [7], prompt, **changes)[0]


def write_all(
    release: TextRelease,
    drafts: Callable[[dict[str, Any]], dict[str, Any]],
    seeds: list[int],
    prompt: str = PROMPT,
    **changes: Any,
) -> list[Writing]:
    parameters = replace(release.defaults, **changes)
    tokens, _ = release.tokenizer.encode_prompt(prompt, with_break=True)
    return verse(Drafter(drafts, release), release, prompt, tokens, parameters, seeds)


def test_the_best_line_without_a_fault_is_taken(release: TextRelease) -> None:
    drafts = Drafts(release, [MADE_UP, GOOD[0]], [GOOD[1]], [GOOD[2]])
    assert write(release, drafts, max_lines=4).text.split("\n") == GOOD[:3]
    assert len(drafts.bodies) == 3


def test_the_model_reads_the_poem_so_far(release: TextRelease) -> None:
    drafts = Drafts(release, *([line] for line in GOOD))
    write(release, drafts, max_lines=8)
    read_tokens = [[token for token in body["inputs"]["prompt"][0] if token != PAD] for body in drafts.bodies]
    break_id = release.rules.break_id
    assert release.tokenizer.decode(read_tokens[0][1:]).strip() == PROMPT.lower().replace("зима", "Зима")
    assert release.tokenizer.decode(read_tokens[1][1:]).split("\n")[1].strip() == GOOD[0]
    # The prompt is the first line of four.
    assert [tokens[-2:].count(break_id) for tokens in read_tokens[:4]] == [1, 1, 1, 2]
    assert all(len(body["inputs"]["prompt"][0]) == WINDOW for body in drafts.bodies)


def test_stanzas_are_separated(release: TextRelease) -> None:
    text = write(release, Drafts(release, *([line] for line in GOOD)), max_lines=8).text
    assert [len(stanza.split("\n")) for stanza in text.split("\n\n")] == [3, 4]


def test_more_is_drawn_from_wider_pools_before_anything_gives_way(release: TextRelease) -> None:
    drafts = Drafts(release, [MADE_UP], [GOOD[0]])
    writing = write(release, drafts, max_lines=1)
    assert (writing.text, writing.kept.words) == (GOOD[0], True)
    first, second = (body["inputs"] for body in drafts.bodies)
    assert second["top_k"][0][0] > first["top_k"][0][0]
    assert second["noise"] != first["noise"]


def test_what_gave_way_is_said(release: TextRelease) -> None:
    writing = write(release, Drafts(release, [MADE_UP]), max_lines=1)
    assert (writing.text, writing.kept.words) == (MADE_UP, False)


def test_a_rhyme_that_is_missed_is_said(release: TextRelease) -> None:
    assert write(release, Drafts(release, [GOOD[0]]), max_lines=1, scheme="AABB").kept.rhyme is False
    assert write(release, Drafts(release, [GOOD[1]]), max_lines=1, scheme="AABB").kept.rhyme is True
    assert write(release, Drafts(release, [GOOD[0]]), max_lines=1).kept == Kept(None, metre=True, words=True)


def test_made_up_words_are_welcome_in_madness(release: TextRelease) -> None:
    drafts = Drafts(release, [MADE_UP, GOOD[0]])
    assert write(release, drafts, max_lines=1, chaos=0.7).text == MADE_UP
    assert write(release, drafts, max_lines=1, chaos=0.2).text == GOOD[0]


def test_poems_are_drafted_together_each_with_its_own_noise(release: TextRelease) -> None:
    drafts = Drafts(release, [GOOD[0]])
    assert [one.text for one in write_all(release, drafts, [1, 2, 3], max_lines=1)] == [GOOD[0]] * 3
    (body,) = drafts.bodies
    noise = body["inputs"]["noise"]
    assert len(noise) == 3
    assert noise[0] != noise[1]


def test_only_as_many_candidates_as_asked_are_judged(release: TextRelease) -> None:
    writing = write(release, Drafts(release, [MADE_UP, GOOD[0]]), max_lines=1, candidates=1)
    assert writing.text == MADE_UP
    assert len(writing.chosen[0].others) == 1  # of the second draw


def test_a_seed_has_its_noise(release: TextRelease) -> None:
    bodies = []
    for seed in (5, 5, 6):
        drafts = Drafts(release, [GOOD[0]])
        write_all(release, drafts, [seed], max_lines=1)
        bodies.append(drafts.bodies)
    assert bodies[0] == bodies[1]
    assert bodies[0] != bodies[2]


@pytest.fixture(scope="module")
def backwards() -> TextRelease:
    """Return the release as if it wrote lines from their end."""
    config = json.loads((SHIPPED / "config.json").read_bytes())
    config["normalisation"].append("backwards")
    config["hash"] = config_hash(config)
    return read(json.dumps(config).encode(), (SHIPPED / "tokenizer.model").read_bytes())


def starts_of(release: TextRelease, seed: int, **changes: Any) -> list[str]:
    """Return the words that the candidates of the first line begin with; blank where they are free."""
    drafts = Drafts(release, [GOOD[0]])
    write_all(release, drafts, [seed], max_lines=1, scheme="AABB", **changes)
    body = next(body for body in drafts.bodies if body["signature_name"] == "lines")
    return [
        release.tokenizer.decode([token for token in row if token != PAD]).strip()
        for row in body["inputs"]["starts"][0]
    ]


def test_a_line_written_from_its_end_begins_with_a_rhyme(backwards: TextRelease) -> None:
    words = starts_of(backwards, 7)
    assert len(set(words)) > CANDIDATES / 2
    for word in words:
        assert word.endswith(("не", "нэ"))
        assert not word.startswith("окн")
    assert starts_of(backwards, 7) == words
    assert starts_of(backwards, 8) != words


def test_a_line_written_from_its_beginning_is_free(release: TextRelease) -> None:
    assert set(starts_of(release, 7)) == {""}


def test_a_word_that_nothing_rhymes_with_leaves_the_line_free(backwards: TextRelease) -> None:
    assert set(starts_of(backwards, 7, prompt="Зима рисует на coffee")) == {""}


@pytest.mark.parametrize("prompt", ["", "🌊", "42", "hello", "Ночь", "…", "раз\n\nдва\n"])
def test_any_prompt_is_written_on(release: TextRelease, prompt: str) -> None:
    writing = write(release, Drafts(release, *([line] for line in GOOD)), prompt, max_lines=2, scheme="AABB")
    assert len(writing.chosen) >= 1


@pytest.mark.parametrize(
    "outputs",
    [
        {},
        {"tokens": [[[1]]], "log_probability": [[[0.0]]]},
        {"tokens": np.full((1, CANDIDATES, LINE_TOKENS), -1).tolist(), "log_probability": [[[0.0]]]},
        {
            "tokens": np.full((1, CANDIDATES, LINE_TOKENS), 10**6).tolist(),
            "log_probability": np.zeros((1, CANDIDATES, LINE_TOKENS)).tolist(),
        },
        {
            "tokens": np.ones((1, CANDIDATES, LINE_TOKENS), int).tolist(),
            "log_probability": np.full((1, CANDIDATES, LINE_TOKENS), np.nan).tolist(),
        },
    ],
)
def test_a_reply_of_another_form_is_the_model_servers_fault(release: TextRelease, outputs: dict[str, Any]) -> None:
    with pytest.raises(ModelServerUnavailableError):
        write(release, lambda _: {"outputs": outputs}, max_lines=1)


def test_a_candidate_without_end_is_not_taken_if_another_is_there(release: TextRelease) -> None:
    class Mixed(Drafts):
        def __call__(self, body: dict[str, Any]) -> dict[str, Any]:
            self.end = len(self.bodies) > 0
            return super().__call__(body)

    drafts = Mixed(release, [GOOD[0]], [GOOD[1]])
    assert write(release, drafts, max_lines=1).text == GOOD[1]


def test_an_end_of_text_ends_the_line_alone(release: TextRelease) -> None:
    def ended(body: dict[str, Any]) -> dict[str, Any]:
        reply = Drafts(release, [GOOD[0]])(body)
        tokens = np.asarray(reply["outputs"]["tokens"])
        tokens[tokens == release.rules.break_id] = EOS
        return {"outputs": {**reply["outputs"], "tokens": tokens.tolist()}}

    assert write(release, ended, max_lines=1).text == GOOD[0]
    assert BOS not in write(release, ended, max_lines=1).tokens[1:]
