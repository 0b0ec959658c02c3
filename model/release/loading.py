"""A loaded release: its folder and everything that generation needs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import ModelError
from model.files.folder import CONFIG, TOKENIZER, WEIGHTS, check_files, read_config
from model.networks.language_model import LanguageModel
from model.networks.network import build
from model.networks.sizes import sizes_of
from model.networks.weights import load_weights
from model.text import release as text_release
from model.text.release import BadRelease


@dataclass(frozen=True)
class Release(LanguageModel):
    """A release: its folder and configuration, and its network, with weights in float32."""

    folder: Path
    config: dict[str, Any]


def load(folder: Path) -> Release:
    """Load and verify a release. ModelError names a file that is missing or was altered."""
    config = read_config(folder)
    check_files(folder, config)
    try:
        text = text_release.read((folder / CONFIG).read_bytes(), (folder / TOKENIZER).read_bytes())
    except BadRelease as error:
        raise ModelError(f"{folder}: {error}") from None
    network = build(config["network"]["kind"], sizes_of(config["network"]))
    load_weights(network, folder / WEIGHTS)
    return Release(network, text, folder, config)
