"""A training run in a folder: started, resumed, and made into a release."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras

from model.card import licences, write_card
from model.corpus.reading import read_corpus
from model.corpus.split import Part, split, training_split
from model.corpus.texts import Text
from model.errors import ModelError
from model.folder import RUN, TOKENIZER, sha256
from model.networks.network import build as build_network
from model.preset import Preset, load, read
from model.release import Release, build, with_scores
from model.text.bpe import BpeTokenizer
from model.tokenizing import learn_bpe
from model.training import BEST, CHECKPOINT, HISTORY, Trainer


def train_run(corpus: Path, preset_name: str, folder: Path, *, resume: bool, say: Callable[[str], None]) -> None:
    """Train in `folder`. Resuming takes the preset and the corpus that it was started with, and no others."""
    preset = load(preset_name)
    parts = training_split(read_corpus(corpus))
    train, validation = ([poem.text for poem in parts[part]] for part in ("train", "validation"))
    account = {"preset": asdict(preset), "corpus_sha256": sha256(corpus)}
    if resume:
        _check_same(folder, account)
    else:
        _start(folder, preset, train, account)
    keras.utils.set_random_seed(preset.training.seed)
    network = build_network(preset.network, preset.sizes, preset.training.dtype)
    tokenizer = BpeTokenizer(folder / TOKENIZER, preset.normalisation)
    Trainer(network, tokenizer, preset.training, folder, say).run(train, validation)
    say(f"the best weights are in {folder / BEST}")


def release_run(run: Path, corpus: Path, out: Path, preset_name: str | None = None) -> Release:
    """Make a release of the run's best weights, and score it on the validation and test parts.

    The sampling defaults are the run's, or those of the named preset: they are chosen by reading, afterwards.
    """
    account = _account(run)
    if account["corpus_sha256"] != sha256(corpus):
        raise ModelError(f"{corpus} is not the corpus that {run} was trained on")
    preset = read(account["preset"], str(run / RUN))
    if preset_name is not None:
        preset = replace(preset, sampling=load(preset_name).sampling)
    parts = split(read_corpus(corpus))
    release = build(out, preset, run / TOKENIZER, run / BEST, _origin(run, corpus, parts))
    release = with_scores(release, {part: parts[part] for part in ("validation", "test")})
    write_card(release, parts["train"], licences(corpus))
    return release


def _start(folder: Path, preset: Preset, train: list[str], account: dict[str, Any]) -> None:
    if (folder / CHECKPOINT).exists():
        raise ModelError(f"{folder} holds a run; go on with --resume, or choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    learn_bpe(train, folder / TOKENIZER, preset.sizes.vocabulary, preset.normalisation)
    (folder / RUN).write_text(json.dumps(account, ensure_ascii=False, indent=1), "utf-8")


def _origin(run: Path, corpus: Path, parts: Mapping[Part, list[Text]]) -> dict[str, Any]:
    """Give what the configuration tells of the run and its data."""
    if not (run / HISTORY).exists():
        raise ModelError(f"{run} has not finished an epoch yet")
    history = json.loads((run / HISTORY).read_bytes())
    counts = {str(part): len(poems) for part, poems in parts.items()}
    return {
        "run": {"epochs": len(history), "hours": round(history[-1]["seconds"] / 3600, 2)},
        "data": {"corpus": corpus.name, "sha256": sha256(corpus), **counts},
    }


def _account(folder: Path) -> dict[str, Any]:
    try:
        account: dict[str, Any] = json.loads((folder / RUN).read_bytes())
    except (OSError, ValueError):
        raise ModelError(f"{folder} holds no run") from None
    return account


def _check_same(folder: Path, account: dict[str, Any]) -> None:
    before = _account(folder)
    for name, value in account.items():
        if _without_sampling(before.get(name)) != _without_sampling(value):
            other = name.partition("_")[0]
            raise ModelError(f"{folder} was started with another {other}; start a new run for this one")


def _without_sampling(value: Any) -> Any:
    return {k: v for k, v in value.items() if k != "sampling"} if isinstance(value, dict) else value
