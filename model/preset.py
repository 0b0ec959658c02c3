"""A preset: how one of the systems is made, read from a TOML file of `model/presets/`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_origin

from model.corpus.cleaning.steps import Step, parse
from model.errors import ModelError
from model.networks.sizes import Sizes
from model.text.normalise import STEPS
from model.text.parameters import InvalidParameter, Parameters, check

PRESETS = Path(__file__).parent / "presets"
NETWORKS = ("poet",)
TOKENIZERS = ("bpe",)
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
class Cleaning:
    """How texts are cleaned: `model.corpus.cleaning.steps`, in order."""

    steps: list[str]


@dataclass(frozen=True)
class Preset:
    """The choices that make a release what it is. `sampling` are the defaults of `model.text.parameters.Parameters`."""

    name: str
    network: str
    tokenizer: str
    normalisation: list[str]
    capital_lines: bool
    force_breaks: bool
    sizes: Sizes
    training: Training
    sampling: dict[str, Any]


def load(preset: str) -> Preset:
    """Read a preset by its name, or from a TOML file of one's own. ModelError names what is wrong with it."""
    path, table = _table(preset)
    cleaning = table.pop("cleaning", None)
    if cleaning is not None and not table:
        raise ModelError(f"{path}: this preset says how texts are cleaned, and not how a network is trained")
    # TOML has no null.
    absent: dict[str, Any] = {"temperature": None, "max_chars": None}
    return read({**table, "name": path.stem, "sampling": absent | table.get("sampling", {})}, str(path))


def cleaning_steps(preset: str) -> list[Step]:
    """Read the steps by which a preset cleans texts. ModelError names what is wrong with them."""
    path, table = _table(preset)
    if not isinstance(table.get("cleaning"), dict):
        raise ModelError(f"{path}: there is no table [cleaning]")
    where = f"{path}, [cleaning]"
    cleaning = from_table(Cleaning, table["cleaning"], where)
    if not cleaning.steps or not all(isinstance(spec, str) for spec in cleaning.steps):
        raise ModelError(f"{where}: steps must be a list of one or more strings")
    try:
        return [parse(spec) for spec in cleaning.steps]
    except ModelError as error:
        raise ModelError(f"{where}: {error}") from None


def _table(preset: str) -> tuple[Path, dict[str, Any]]:
    path = Path(preset) if preset.endswith(".toml") else PRESETS / f"{preset}.toml"
    try:
        return path, tomllib.loads(path.read_text("utf-8"))
    except OSError:
        known = ", ".join(sorted(p.stem for p in PRESETS.glob("*.toml")))
        raise ModelError(f"there is no preset {preset!r}; there are: {known}, or a .toml file of your own") from None
    except ValueError as error:
        raise ModelError(f"{path}: {error}") from None


def read(table: Mapping[str, Any], where: str) -> Preset:
    """Make a preset of a table, `where` naming it in a ModelError."""
    parts = {
        "sizes": from_table(Sizes, table.get("sizes", {}), f"{where}, [sizes]"),
        "training": from_table(Training, table.get("training", {}), f"{where}, [training]"),
    }
    preset = from_table(Preset, {**table, **parts}, where)
    for field, value, known in (
        *(("normalisation", step, STEPS) for step in preset.normalisation),
        ("network", preset.network, NETWORKS),
        ("tokenizer", preset.tokenizer, TOKENIZERS),
    ):
        if value not in known:
            raise ModelError(f"{where}: {field} {value!r} is unknown; there are: {', '.join(known)}")
    _check_sampling(preset.sampling, where)
    return preset


def _check_sampling(sampling: Mapping[str, Any], where: str) -> None:
    from_table(Parameters, sampling, f"{where}, [sampling]", types=False)
    try:
        check(sampling)
    except InvalidParameter as error:
        raise ModelError(f"{where}, [sampling]: {error}") from None


def from_table(cls: type[T], table: Mapping[str, Any], where: str, *, types: bool = True) -> T:
    """Make the dataclass `cls` of a table with exactly its keys, of their types; ModelError names what is off."""
    wanted = {field.name: field.type for field in fields(cls)}  # type: ignore[arg-type]
    for wrong, word in ((set(table) - set(wanted), "unknown"), (set(wanted) - set(table), "missing")):
        if wrong:
            raise ModelError(f"{where}: {word} key {min(wrong)!r}")
    for name, type_ in wanted.items() if types else ():
        kind: Any = get_origin(type_) or type_
        kinds = (int, float) if kind is float else (kind,)
        if not isinstance(table[name], kinds) or isinstance(table[name], bool) != (kind is bool):
            raise ModelError(f"{where}: {name} must be of type {kind.__name__}")
    return cls(**table)
