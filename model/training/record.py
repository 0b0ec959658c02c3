"""The record of a training run, run.json: what it was started with, to check that a resumed run is the same."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from model.corpus.layout import Layout
from model.corpus.provenance import sources
from model.corpus.reading import Form, digest
from model.errors import ModelError
from model.files.folder import CONFIG, RUN, check_files, read_config
from model.files.locking import lock
from model.files.replacing import replacing
from model.networks.sizes import sizes_of
from model.presets.preset import Preset, Training, read

# The settings that a resumed run may change: they affect monitoring and saving, not what is learned.
_HARMLESS = (
    "checkpoint_seconds", "checkpoint_steps", "snapshots", "patience", "print_steps",
    "sample_steps", "sample_temperatures", "sample_prompt", "stop_on_collapse",
)  # fmt: skip


@contextmanager
def training_in(folder: Path) -> Iterator[None]:
    """Lock the run's folder. ModelError if another process is training in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        lock(file, f"another process is training in {folder}")
        yield


def record_of(
    preset: Preset, corpus: Path, form: Form, init_from: Path | None, further: Mapping[str, Path]
) -> dict[str, Any]:
    """Return the record of a run: its preset, its corpora and how they are read, and its initial weights."""
    return {
        "preset": asdict(preset),
        "corpus_sha256": digest(corpus),
        "form": asdict(form),
        **({"further_corpora": {name: _further(path) for name, path in further.items()}} if further else {}),
        **({"init_from": _origin(init_from)} if init_from else {}),
    }


def _further(path: Path) -> dict[str, Any]:
    """Return what a release will state about a further corpus, whose file is not needed again at that point."""
    return {"sha256": digest(path), "sources": sources(path)}


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write run.json."""
    with replacing(folder / RUN) as new:
        new.write_text(json.dumps(record, ensure_ascii=False, indent=1), "utf-8")


def read_record(folder: Path) -> dict[str, Any]:
    """Read run.json. ModelError if the folder holds no run."""
    try:
        record: dict[str, Any] = json.loads((folder / RUN).read_bytes())
        if {"preset", "corpus_sha256", "form"} <= record.keys():
            return record
    except (OSError, ValueError, AttributeError):
        pass
    raise ModelError(f"{folder} holds no run")


def preset_of(folder: Path) -> Preset:
    """Return the preset of a run."""
    return read(read_record(folder)["preset"], str(folder / RUN))


def form_of(folder: Path) -> Form:
    """Return how the corpus of a run was read. ModelError if run.json does not say so in a valid form."""
    form = read_record(folder)["form"]
    try:
        return Form(**{**form, "layout": Layout(**form["layout"])})
    except (KeyError, TypeError):
        raise ModelError(f"{folder / RUN} does not say how the corpus was read") from None


def check_same(folder: Path, record: Mapping[str, Any]) -> None:
    """Raise ModelError if the run in the folder was started with another corpus or preset."""
    before, now = read_record(folder), json.loads(json.dumps(record))
    _check_further(folder, before.get("further_corpora", {}), now.get("further_corpora", {}))
    for name, what in (("corpus_sha256", "corpus"), ("form", "way of reading the corpus")):
        if before[name] != now[name]:
            raise ModelError(f"{folder} was started with another {what}; start a new run for this one")
    if _learned(preset_of(folder)) != _learned(read(now["preset"], "the preset")):
        raise ModelError(f"{folder} was started with another preset; start a new run for this one")


def _check_further(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name in before.keys() | now.keys():
        if name not in now:
            raise ModelError(f"{folder} was started with the corpus {name} too; name its file, as at the start")
        if before.get(name, {}).get("sha256") != now[name]["sha256"]:
            raise ModelError(f"{folder} was started with another corpus {name}; start a new run for this one")


def check_fits(source: Path, preset: Preset) -> None:
    """Raise ModelError if the network of a run or a release differs from the preset's."""
    there = _shape(asdict(preset_of(source)) if not (source / CONFIG).exists() else _released(source))
    for name, wanted in _shape(asdict(preset)).items():
        if there.get(name) != wanted:
            raise ModelError(f"{source} holds another network: {name} is {there.get(name)} there, and {wanted} here")


def _learned(preset: Preset) -> Preset:
    """Return the preset with every setting that does not affect what is learned reset to its default."""
    usual = Training(epochs=1, batch_size=1, window=1, learning_rate=1)
    same = {name: getattr(usual, name) for name in _HARMLESS}
    before = replace(preset.pretraining, **same) if preset.pretraining else None
    training = replace(preset.training, **same)
    return replace(preset, training=training, pretraining=before, ear=False, sampling={}, moods={})


def _shape(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must match for weights to fit; the vocabulary size follows from the tokenizer."""
    sizes = {name: size for name, size in table["sizes"].items() if name not in ("dropout", "vocabulary", "labels")}
    return {name: table[name] for name in ("network", "tokenizer", "normalisation")} | sizes


def _released(source: Path) -> dict[str, Any]:
    config = read_config(source)
    check_files(source, config)
    kinds = {"network": config["network"]["kind"], "tokenizer": config["tokenizer"]["kind"]}
    return {**kinds, "normalisation": config["normalisation"], "sizes": asdict(sizes_of(config["network"]))}


def _origin(source: Path) -> dict[str, str]:
    """Identify the release or run whose weights and tokenizer a run starts from."""
    if (source / CONFIG).exists():
        config = read_config(source)
        return {"release": config["name"], "hash": config["hash"]}
    return {"run": source.name, "corpus_sha256": read_record(source)["corpus_sha256"]}
