"""A training run in a folder: started, resumed, and made into a release."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from model.card import licences, write_card
from model.corpus.reading import read_poems
from model.corpus.split import split
from model.errors import ModelError
from model.folder import TOKENIZER, sha256
from model.networks import poet
from model.preset import load, read
from model.release import Release, build, with_scores
from model.text.tokens import BpeTokenizer
from model.tokenizing import learn_bpe
from model.training import BEST, CHECKPOINT, HISTORY, Trainer

RUN = "run.json"


def train_run(corpus: Path, preset_name: str, folder: Path, *, resume: bool, say: Callable[[str], None]) -> None:
    """Train in `folder`. Resuming takes the preset and the corpus that it was started with, and no others."""
    preset = load(preset_name)
    parts = split(read_poems(corpus))
    account = {"preset": asdict(preset), "corpus_sha256": sha256(corpus)}
    if resume:
        _check_same(folder, account)
    elif (folder / CHECKPOINT).exists():
        raise ModelError(f"{folder} holds a run; go on with --resume, or choose another folder")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        texts = [poem.text for poem in parts["train"]]
        learn_bpe(texts, folder / TOKENIZER, preset.sizes["vocabulary"], preset.normalisation)
        (folder / RUN).write_text(json.dumps(account, ensure_ascii=False, indent=1), "utf-8")
    keras.utils.set_random_seed(preset.training.seed)
    network = poet.build(poet.Sizes(**preset.sizes), preset.training.dtype)
    trainer = Trainer(network, BpeTokenizer(folder / TOKENIZER, preset.normalisation), preset.training, folder, say)
    trainer.run([poem.text for poem in parts["train"]], [poem.text for poem in parts["validation"]])
    say(f"the best weights are in {folder / BEST}")


def release_run(run: Path, corpus: Path, out: Path) -> Release:
    """Make a release of the run's best weights, and score it on the validation and test parts."""
    account = _account(run)
    if account["corpus_sha256"] != sha256(corpus):
        raise ModelError(f"{corpus} is not the corpus that {run} was trained on")
    parts = split(read_poems(corpus))
    history = json.loads((run / HISTORY).read_bytes())
    counts = {str(part): len(poems) for part, poems in parts.items()}
    origin = {
        "run": {"epochs": len(history), "hours": round(history[-1]["seconds"] / 3600, 2)},
        "data": {"corpus": corpus.name, "sha256": account["corpus_sha256"], **counts},
    }
    release = build(out, read(account["preset"], str(run / RUN)), run / TOKENIZER, run / BEST, origin)
    release = with_scores(release, {part: parts[part] for part in ("validation", "test")})
    write_card(release, parts["train"], licences(corpus))
    return release


def _account(folder: Path) -> dict[str, Any]:
    try:
        account: dict[str, Any] = json.loads((folder / RUN).read_bytes())
    except (OSError, ValueError):
        raise ModelError(f"{folder} holds no run") from None
    return account


def _check_same(folder: Path, account: dict[str, Any]) -> None:
    before = _account(folder)
    for name, value in account.items():
        if before.get(name) != value:
            raise ModelError(
                f"{folder} was started with another {name.replace('_', ' ')}; start a new run for this one"
            )
