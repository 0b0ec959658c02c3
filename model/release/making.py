"""Making a release from a training run: float16 weights, scores, card."""

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
from model.presets.preset import Preset, Training, check_ear
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
    """What a release is made from and scored on. The defaults are those of the run."""

    # The preset for the sampling defaults and moods, which are chosen by reading, after training, and for the ear.
    preset: str | None = None
    weights: Path | None = None  # one of the run's snapshots
    notes: Path | None = None  # a Markdown file to include in the card
    scored: Sequence[Part] = ("validation",)


def release_run(run: Path, corpus: Path, out: Path, choice: Choice = Choice()) -> Release:
    """Make a release from the run's best weights, or from those of `choice`, and score it."""
    record = read_record(run)
    if record["corpus_sha256"] != digest(corpus):
        raise ModelError(f"{corpus} is not the corpus that {run} was trained on")
    notes = choice.notes.read_text("utf-8") if choice.notes else ""
    parts = split(read_corpus(corpus, form_of(run)))
    parts["train"] = learned(parts["train"], preset_of(run).training)
    origin = _origin(run, record, corpus.name, parts, choice.weights)
    release = build(out, _released(run, choice), run / TOKENIZER, choice.weights or run / BEST, origin)
    release = with_scores(release, {part: parts[part] for part in choice.scored})
    further_sources = [
        source for further in record.get("further_corpora", {}).values() for source in further["sources"]
    ]
    write_card(release, parts, licences([*sources(corpus), *further_sources]), notes)
    return release


def build(folder: Path, preset: Preset, tokenizer: Path, weights: Path, record: Mapping[str, Any]) -> Release:
    """Make a release without scores from a tokenizer and float32 weights. `record` is added to the configuration."""
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
        "ear": preset.ear,
        "signatures": signatures(preset.sizes, ear=preset.ear),
        "sampling": preset.sampling,
        "moods": preset.moods,
        "pretraining": asdict(preset.pretraining) if preset.pretraining else None,
        "training": asdict(preset.training),
        "files": {name: sha256(folder / name) for name in (TOKENIZER, WEIGHTS)},
        **record,
    }
    config["hash"] = text_release.config_hash(config)
    write_config(folder, config)
    return load(folder)


def with_scores(release: Release, parts: Mapping[str, Sequence[Text]]) -> Release:
    """Score the float16 file on the named parts, and write the scores into config.json."""
    predict, text = predictor(release.network), release.text
    scores = {
        part: asdict(score(predict, text.tokenizer, [one.text for one in texts], capital_lines=text.capital_lines))
        for part, texts in parts.items()
    }
    config = {**release.config, "scores": scores}
    write_config(release.folder, config)
    return dataclasses.replace(release, config=config)


def _save_half(preset: Preset, weights: Path, path: Path) -> None:
    """Write float32 weights as float16: half the size, the same bits per character to three decimals."""
    network = build_network(preset.network, preset.sizes)
    load_weights(network, weights)
    # A float16 network could save itself, but JAX on a CPU cannot build one.
    with tempfile.TemporaryDirectory() as beside:
        network.save_weights(whole := Path(beside) / WEIGHTS)
        with h5py.File(whole) as full, h5py.File(path, "w") as half:
            copy_half(full, half)


def copy_half(full: h5py.Group, half: h5py.Group) -> None:
    """Copy a group of an HDF5 file into an empty one, with all datasets in float16."""
    half.attrs.update(full.attrs)
    for name, item in full.items():
        if isinstance(item, h5py.Group):
            copy_half(item, half.create_group(name))
        else:
            half[name] = item[()].astype(np.float16)


def _released(run: Path, choice: Choice) -> Preset:
    """Return the preset of a run for its release: as trained, with the actual vocabulary, without labels."""
    preset = _as_trained(preset_of(run), read_record(run).get("further_corpora", {}))
    if choice.preset is not None:
        chosen = load_preset(choice.preset)
        preset = replace(preset, ear=chosen.ear, sampling=chosen.sampling, moods=chosen.moods)
        check_ear(preset, choice.preset)
    preset = with_vocabulary(preset, open_run_tokenizer(preset, run))
    if isinstance(preset.sizes, TextgenrnnSizes):  # labels help in training and are not needed afterwards
        preset = replace(preset, sizes=replace(preset.sizes, labels=0))
    return preset


def _as_trained(preset: Preset, given: Mapping[str, Any]) -> Preset:
    """Return the preset without the corpora that it names but that the run was not given."""

    def read(phase: Training) -> Training:
        return replace(phase, corpora={name: weight for name, weight in phase.corpora.items() if name in given})

    before = read(preset.pretraining) if preset.pretraining else None
    return replace(preset, training=read(preset.training), pretraining=before if before and before.corpora else None)


def _origin(
    run: Path, record: Mapping[str, Any], corpus: str, parts: Mapping[Part, list[Text]], weights: Path | None
) -> dict[str, Any]:
    """Return what the configuration records about the run and its data."""
    try:
        epochs = json.loads((run / HISTORY).read_bytes())["epochs"]
        progress = {"epochs": epochs[-1]["epoch"], "hours": round(epochs[-1]["seconds"] / 3600, 2)}
    except (OSError, ValueError, LookupError, TypeError):
        raise ModelError(f"{run} has not finished an epoch yet") from None
    began = {name: value for name, value in record.items() if name == "init_from"}
    known = {name: corpus["sha256"] for name, corpus in record.get("further_corpora", {}).items()}
    further = {"further": known} if known else {}
    counts = {str(part): len(texts) for part, texts in parts.items()}
    return {
        "run": {**progress, **began, **({"weights": weights.name} if weights else {})},
        "data": {"corpus": corpus, "sha256": record["corpus_sha256"], **counts, **further},
    }
