"""The files of a release and of its export. Uses only the standard library, so that start-up is fast."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.errors import ModelError
from model.text import release as text_release
from model.text.release import BadRelease

CONFIG = "config.json"
TOKENIZER = "tokenizer.model"
WEIGHTS = "network.weights.h5"
LITE = "model.tflite"  # TF-Serving's name for it in a version directory
CARD = "MODEL_CARD.md"
RUN = "run.json"  # the record of a training run
PACKAGE = Path(__file__).parents[1]
EXPORTER = "exporter"
EXTRA = "assets.extra"  # the part of a version directory that TF-Serving ignores


def read_config(folder: Path) -> dict[str, Any]:
    """Read config.json. ModelError if it is missing, invalid, or lacks what its hash covers."""
    path = folder / CONFIG
    try:
        config: dict[str, Any] = json.loads(path.read_bytes())
        text_release.check_config(config)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None
    except (ValueError, BadRelease) as error:
        raise ModelError(f"{path} cannot be used: {error}") from None
    return config


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Write config.json."""
    (folder / CONFIG).write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", "utf-8")


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None


def check_files(folder: Path, config: Mapping[str, Any]) -> None:
    """Raise ModelError if a file of the release is missing or was altered."""
    for name, checksum in config["files"].items():
        if sha256(folder / name) != checksum:
            raise ModelError(f"{folder / name} was altered: its checksum does not match {CONFIG}")


def newest_version(base: Path) -> int:
    """Return the highest version number under models/NAME, as serving.versions reads it; 0 if there is none."""
    return max((int(path.name) for path in base.glob("*") if path.name.isdecimal()), default=0)


def exporter() -> str:
    """Return a digest of this package's code, because changed code means a different export."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def up_to_date(release: Path, models: Path) -> Path | None:
    """Return the newest version directory if it was exported from this release by the current code."""
    config = read_config(release)
    check_files(release, config)
    base = models.absolute() / config["name"]
    newest = base / str(newest_version(base))
    try:
        same = (newest / EXTRA / CONFIG).read_bytes() == (release / CONFIG).read_bytes()
        return newest if same and (newest / EXTRA / EXPORTER).read_text("utf-8") == exporter() else None
    except OSError:
        return None
