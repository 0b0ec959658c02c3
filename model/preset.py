"""A preset: how one of the systems is made, read from a TOML file of `model/presets/`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from model.errors import ModelError

PRESETS = Path(__file__).parent / "presets"
T = TypeVar("T")


@dataclass(frozen=True)
class Training:
    """How the network is trained. A step reads `batch_size` windows of `window` tokens."""

    epochs: int
    batch_size: int
    window: int
    learning_rate: float  # the peak, after `warmup_steps`; it falls to nothing along a cosine
    warmup_steps: int
    weight_decay: float
    clip_norm: float
    patience: int  # epochs without better validation accuracy before training stops
    dtype: str  # a Keras dtype policy
    seed: int
    checkpoint_seconds: int


@dataclass(frozen=True)
class Preset:
    """The choices that make a release what it is. `sizes` are the network's own, `sampling` its defaults."""

    name: str
    network: str
    tokenizer: str
    normalisation: list[str]
    capital_lines: bool
    force_breaks: bool
    sizes: dict[str, Any]
    training: Training
    sampling: dict[str, Any]


def load(preset: str) -> Preset:
    """Read a preset by its name, or from a TOML file of one's own. ModelError names what is wrong with it."""
    path = Path(preset) if preset.endswith(".toml") else PRESETS / f"{preset}.toml"
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError:
        known = ", ".join(sorted(p.stem for p in PRESETS.glob("*.toml")))
        raise ModelError(f"there is no preset {preset!r}; there are: {known}, or a .toml file of your own") from None
    except ValueError as error:
        raise ModelError(f"{path}: {error}") from None
    return read({**table, "name": path.stem}, str(path))


def read(table: Mapping[str, Any], where: str) -> Preset:
    """Make a preset of a table, `where` naming it in a ModelError."""
    training = from_table(Training, table.get("training", {}), f"{where}, [training]")
    return from_table(Preset, {**table, "training": training}, where)


def from_table(cls: type[T], table: Mapping[str, Any], where: str) -> T:
    """Make the dataclass `cls` of a table that has exactly its keys; ModelError names one that is off."""
    names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
    for wrong, word in ((set(table) - names, "unknown"), (names - set(table), "missing")):
        if wrong:
            raise ModelError(f"{where}: {word} key {min(wrong)!r}")
    return cls(**table)
