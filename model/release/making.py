"""Making a release of a training run: float16 weights, scores, card."""

import dataclasses
import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from model.corpus.provenance import sources
from model.corpus.reading import digest, read_corpus
from model.corpus.split import Part, split
from model.corpus.texts import Text
from model.errors import ModelError
from model.evaluation.scoring import predictor, score
from model.files.folder import TOKENIZER, WEIGHTS, sha256, write_config
from model.networks.network import build as build_network
from model.networks.sizes import TextgenrnnSizes, signatures
from model.networks.weights import load_weights
from model.presets.preset import Preset, Training
from model.presets.preset import load as load_preset
from model.release.card import licences, write_card
from model.release.loading import Release, load
from model.text import release as text_release
from model.text.tokens import BOS, EOS, PAD, UNK
from model.training.checkpoints import BEST
from model.training.corpora import learned
from model.training.record import form_of, preset_of, read_record
from model.training.recorder import HISTORY
from model.training.run import open_run_tokenizer, with_vocabulary


@dataclass(frozen=True)
class Choice:
    """What a release is made of and judged by. The defaults are the run's own."""

    preset: str | None = None  # whose sampling defaults and moods it has: they are chosen by reading, afterwards
    weights: Path | None = None  # one of the run's snapshots
    notes: Path | None = None  # a Markdown file that the card takes in
    scored: Sequence[Part] = ("validation",)


def release_run(run: Path, corpus: Path, out: Path, choice: Choice = Choice()) -> Release:
    """Make a release of the run's best weights, or of the choice's, and score it."""
    account = read_record(run)
    if account["corpus_sha256"] != digest(corpus):
        raise ModelError(f"{corpus} is not the corpus that {run} was trained on")
    notes = choice.notes.read_text("utf-8") if choice.notes else ""
    parts = split(read_corpus(corpus, form_of(run)))
    parts["train"] = learned(parts["train"], preset_of(run).training)
    origin = _origin(run, account, corpus.name, parts, choice.weights)
    release = build(out, _released(run, choice), run / TOKENIZER, choice.weights or run / BEST, origin)
    release = with_scores(release, {part: parts[part] for part in choice.scored})
    told = [source for further in account.get("further_corpora", {}).values() for source in further["sources"]]
    write_card(release, parts, licences([*sources(corpus), *told]), notes)
    return release


def build(folder: Path, preset: Preset, tokenizer: Path, weights: Path, account: Mapping[str, Any]) -> Release:
    """Make a release without scores of a tokenizer and float32 weights. `account` joins the configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(tokenizer, folder / TOKENIZER)
    _save_half(preset, weights, folder / WEIGHTS)
    config: dict[str, Any] = {
        "format": 1,
        "name": preset.name,
        "preset": preset.name,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "network": {"kind": preset.network, **asdict(preset.sizes)},
        "tokenizer": {"kind": preset.tokenizer, "file": TOKENIZER, "pad": PAD, "unk": UNK, "bos": BOS, "eos": EOS},
        "normalisation": preset.normalisation,
        "context": preset.sizes.context,
        "force_breaks": preset.force_breaks,
        "prompt_break": preset.prompt_break,
        "capital_lines": preset.capital_lines,
        "signatures": signatures(preset.sizes),
        "sampling": preset.sampling,
        "moods": preset.moods,
        "pretraining": asdict(preset.pretraining) if preset.pretraining else None,
        "training": asdict(preset.training),
        "files": {name: sha256(folder / name) for name in (TOKENIZER, WEIGHTS)},
        **account,
    }
    config["hash"] = text_release.config_hash(config)
    write_config(folder, config)
    return load(folder)


def with_scores(release: Release, parts: Mapping[str, Sequence[Text]]) -> Release:
    """Score the shipped float16 file on the named parts, and write the scores into config.json."""
    predict, text = predictor(release.network), release.text
    scores = {
        part: asdict(score(predict, text.tokenizer, [one.text for one in texts], capital_lines=text.capital_lines))
        for part, texts in parts.items()
    }
    config = {**release.config, "scores": scores}
    write_config(release.folder, config)
    return dataclasses.replace(release, config=config)


def _save_half(preset: Preset, weights: Path, path: Path) -> None:
    """Write float32 weights as float16: half the size, and the same to a thousandth of a bit per character."""
    network = build_network(preset.network, preset.sizes)
    load_weights(network, weights)
    # A network in float16 could write itself, but JAX on a CPU cannot make one.
    with tempfile.TemporaryDirectory() as beside:
        network.save_weights(whole := Path(beside) / WEIGHTS)
        with h5py.File(whole) as full, h5py.File(path, "w") as half:
            copy_half(full, half)


def copy_half(full: h5py.Group, half: h5py.Group) -> None:
    """Copy a group of HDF5 into an empty one, every dataset in float16."""
    half.attrs.update(full.attrs)
    for name, item in full.items():
        if isinstance(item, h5py.Group):
            copy_half(item, half.create_group(name))
        else:
            half[name] = item[()].astype(np.float16)


def _released(run: Path, choice: Choice) -> Preset:
    """Return the preset of a run as its release has it: as trained, with its vocabulary, reading text alone."""
    preset = _as_trained(preset_of(run), read_record(run).get("further_corpora", {}))
    if choice.preset is not None:
        chosen = load_preset(choice.preset)
        preset = replace(preset, sampling=chosen.sampling, moods=chosen.moods)
    preset = with_vocabulary(preset, open_run_tokenizer(preset, run))
    if isinstance(preset.sizes, TextgenrnnSizes):  # labels help to train, and are not asked for afterwards
        preset = replace(preset, sizes=replace(preset.sizes, labels=0))
    return preset


def _as_trained(preset: Preset, given: Mapping[str, Any]) -> Preset:
    """Return the preset without the corpora that it names and the run was not given."""

    def read(phase: Training) -> Training:
        return replace(phase, corpora={name: weight for name, weight in phase.corpora.items() if name in given})

    before = read(preset.pretraining) if preset.pretraining else None
    return replace(preset, training=read(preset.training), pretraining=before if before and before.corpora else None)


def _origin(
    run: Path, account: Mapping[str, Any], corpus: str, parts: Mapping[Part, list[Text]], weights: Path | None
) -> dict[str, Any]:
    """Return what the configuration tells of the run and its data."""
    try:
        epochs = json.loads((run / HISTORY).read_bytes())["epochs"]
        told = {"epochs": epochs[-1]["epoch"], "hours": round(epochs[-1]["seconds"] / 3600, 2)}
    except (OSError, ValueError, LookupError, TypeError):
        raise ModelError(f"{run} has not finished an epoch yet") from None
    began = {name: value for name, value in account.items() if name == "init_from"}
    known = {name: corpus["sha256"] for name, corpus in account.get("further_corpora", {}).items()}
    further = {"further": known} if known else {}
    counts = {str(part): len(texts) for part, texts in parts.items()}
    return {
        "run": {**told, **began, **({"weights": weights.name} if weights else {})},
        "data": {"corpus": corpus, "sha256": account["corpus_sha256"], **counts, **further},
    }
