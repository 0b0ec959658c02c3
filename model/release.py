"""A release: a folder with everything that writing poems needs, and the account of how it came about."""

import dataclasses
import datetime as dt
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from model.corpus.texts import Text
from model.errors import ModelError
from model.evaluation.scoring import predictor, score
from model.folder import CONFIG, TOKENIZER, WEIGHTS, check_files, read_config, sha256, write_config
from model.networks.network import Network
from model.networks.network import build as build_network
from model.networks.sizes import KINDS, Sizes, signatures
from model.preset import Preset
from model.tables import from_table
from model.text import release as text_release
from model.text.release import BadRelease, TextRelease
from model.text.tokens import BOS, EOS, PAD, UNK
from model.training.checkpoints import load_weights


@dataclass(frozen=True)
class Release:
    """A release as loaded: its configuration, the network with its weights in float32, and its text part."""

    folder: Path
    config: dict[str, Any]
    network: Network
    text: TextRelease


def load(folder: Path) -> Release:
    """Load and verify a release. ModelError names a file that is missing or was altered."""
    config = read_config(folder)
    check_files(folder, config)
    try:
        text = text_release.read((folder / CONFIG).read_bytes(), (folder / TOKENIZER).read_bytes())
    except BadRelease as error:
        raise ModelError(f"{folder}: {error}") from None
    network = build_network(config["network"]["kind"], sizes_of(config["network"]))
    load_weights(network, folder / WEIGHTS)
    return Release(folder, config, network, text)


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


def sizes_of(network: Mapping[str, Any]) -> Sizes:
    """Give the sizes that the part `network` of config.json tells of. ModelError where it cannot be."""
    if network.get("kind") not in KINDS:
        raise ModelError(f"there is no network {network.get('kind')!r}; there are: {', '.join(KINDS)}")
    return from_table(
        KINDS[network["kind"]], {name: size for name, size in network.items() if name != "kind"}, f"{CONFIG}, network"
    )
