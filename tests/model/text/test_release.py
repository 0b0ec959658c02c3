"""A release from its two small files."""

import json
from pathlib import Path
from typing import Any

import pytest

from model.text.parameters import Parameters
from model.text.release import BadRelease, read
from model.text.sampling import Rules
from tests.model.text.toy import SAMPLING, ToyRelease, learn


def test_a_release_tells_all_that_writing_needs(toy: ToyRelease) -> None:
    release = read(toy.config_bytes, toy.tokenizer_bytes)
    assert (release.name, release.hash) == ("toy", toy.config["hash"])
    assert release.rules == Rules(toy.tokenizer.break_id, force_breaks=True)
    assert release.prompt_break is True
    assert release.defaults == Parameters(**SAMPLING)
    assert release.signatures == ("serving_default", "generate", "release")
    assert release.tokenizer.encode("Снег") == toy.tokenizer.encode("Снег")


@pytest.mark.parametrize("context", [None, 1, 255])
def test_a_context_fits_into_the_window(toy: ToyRelease, context: int | None) -> None:
    changed = toy.changed(context=context)
    assert read(changed.config_bytes, changed.tokenizer_bytes).context == context


def test_without_a_word_on_signatures_there_is_no_generate(toy: ToyRelease) -> None:
    config = {name: value for name, value in toy.config.items() if name != "signatures"}
    assert "generate" not in read(json.dumps(config).encode(), toy.tokenizer_bytes).signatures


def test_what_decides_the_text_decides_the_hash(toy: ToyRelease) -> None:
    files = {**toy.config["files"], "weights": "other"}
    changed = [toy, toy.changed(context=20), toy.changed(files=files)]
    changed += [toy.changed(**{name: False}) for name in ("force_breaks", "prompt_break", "capital_lines")]
    assert len({release.config["hash"] for release in changed}) == 6
    assert toy.changed(sampling={**SAMPLING, "chaos": 0.5}).config["hash"] == toy.config["hash"]


def test_an_ear_is_none_of_it_and_older_releases_have_none(toy: ToyRelease) -> None:
    eared = toy.changed(ear=True)
    assert eared.config["hash"] == toy.config["hash"]
    assert read(eared.config_bytes, eared.tokenizer_bytes).ear is True
    assert "ear" not in toy.config
    assert read(toy.config_bytes, toy.tokenizer_bytes).ear is False


def test_the_order_of_words_decides_the_hash_and_is_the_tokenizers(toy: ToyRelease) -> None:
    changed = toy.changed(normalisation=[*toy.config["normalisation"], "backwards"])
    assert changed.config["hash"] != toy.config["hash"]
    assert read(changed.config_bytes, changed.tokenizer_bytes).tokenizer.backwards
    assert not read(toy.config_bytes, toy.tokenizer_bytes).tokenizer.backwards


def test_words_are_not_written_backwards(tmp_path: Path) -> None:
    toy = learn(tmp_path, "words").changed(normalisation=["backwards"])
    with pytest.raises(BadRelease, match="'words' separates"):
        read(toy.config_bytes, toy.tokenizer_bytes)


@pytest.mark.parametrize("change", [{"context": 9}, {"hash": "0" * 64}])
def test_an_altered_config_is_refused(toy: ToyRelease, change: dict[str, Any]) -> None:
    with pytest.raises(BadRelease, match="hash"):
        read(json.dumps({**toy.config, **change}).encode(), toy.tokenizer_bytes)


def test_another_tokenizer_is_refused(toy: ToyRelease) -> None:
    with pytest.raises(BadRelease, match="checksum"):
        read(toy.config_bytes, toy.tokenizer_bytes + b"\n")


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_a_release_opens_the_tokenizer_that_it_names(kind: str, tmp_path: Path) -> None:
    toy = learn(tmp_path, kind)
    release = read(toy.config_bytes, toy.tokenizer_bytes)
    assert type(release.tokenizer) is type(toy.tokenizer)
    assert release.tokenizer.encode("снег") == toy.tokenizer.encode("снег")
    assert release.rules.break_id == toy.tokenizer.break_id == 4


@pytest.mark.parametrize("config", [b"[" * 100_000, b"", b"{", b"[]", b"1", b"null", b"{}", b"\xff"])
def test_what_is_no_config_is_refused(config: bytes, toy: ToyRelease) -> None:
    with pytest.raises(BadRelease):
        read(config, toy.tokenizer_bytes)


@pytest.mark.parametrize(
    "change",
    [
        {"sampling": {}},
        {"sampling": {**SAMPLING, "top_k": 0}},
        {"sampling": {**SAMPLING, "more": 1}},
        {"sampling": []},
        {"moods": {"mad": {"chaos": 2}}},
        {"moods": {"mad": {"more": 1}}},
        {"moods": {"mad": 1}},
        {"moods": []},
        {"tokenizer": {}},
        {"files": {}},
        {"tokenizer": {"kind": "letters", "file": "toy.model"}},
        {"tokenizer": {"kind": "words", "file": "toy.model"}},
        {"tokenizer": {"kind": [], "file": "toy.model"}},
        {"normalisation": ["loud"]},
        {"normalisation": 5},
        {"normalisation": ["backwards"], "prompt_break": False},
        {"prompt_break": "no"},
        {"prompt_break": None},
        {"force_breaks": 1},
        {"ear": "yes"},
        {"ear": None},
        {"context": "x"},
        {"context": 2.5},
        {"context": [1]},
        {"context": -3},
        {"context": 0},
        {"context": 256},
        {"context": True},
    ],
)
def test_a_config_with_a_wrong_part_is_refused(toy: ToyRelease, change: dict[str, Any]) -> None:
    changed = toy.changed(**change)
    with pytest.raises(BadRelease):
        read(changed.config_bytes, changed.tokenizer_bytes)
