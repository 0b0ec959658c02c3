"""A preset: how a system is built, read from a TOML file of `model/presets/`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from model.corpus.cleaning.steps import Step, parse
from model.errors import ModelError
from model.files.tables import check_keys, check_value, from_table
from model.networks.sizes import KINDS, PoetSizes, Sizes
from model.text.parameters import BOUNDS as PARAMETERS
from model.text.parameters import MAX_SEED, InvalidParameter, Parameters, check
from model.text.release import BadRelease, check_normalisation

PRESETS = Path(__file__).parent
BOUNDS = {  # of numbers and list elements, wherever they occur in a preset
    "vocabulary": (8, 100_000),
    "embedding": (1, 8192),
    "recurrent": (1, 8192),
    "head": (1, 16384),
    "heads": (1, 128),
    "layers": (1, 16),
    "context": (1, 255),
    "labels": (0, 10_000),
    "dropout": (0, 0.95),
    "epochs": (1, 100_000),
    "batch_size": (1, 65_536),
    "window": (1, 65_536),
    "decay_every": (1, 100_000),
    "decay_factor": (0.0001, 1),
    "average": (0, 0.99999),
    "train_size": (0.0001, 1),
    "corpora": (0.001, 100),
    "alone_epochs": (0, 100_000),
    "snapshots": (1, 10_000),
    **dict.fromkeys(("learning_rate", "weight_decay", "clip_norm"), (0, 1000)),
    **dict.fromkeys(("warmup_steps", "patience", "checkpoint_seconds", "checkpoint_steps"), (0, 10**9)),
    **dict.fromkeys(("snapshot_steps", "sample_steps"), (0, 10**9)),
    "print_steps": (1, 10**9),
    "seed": (0, MAX_SEED),
}


@dataclass(frozen=True)
class Training:
    """Training settings. A step reads `batch_size` windows of `window` tokens; 0 turns a feature off.

    Texts are concatenated, or kept apart if the network sees no further back than its `context`.
    """

    epochs: int
    batch_size: int
    window: int
    learning_rate: float  # the peak, reached after `warmup_steps`
    corpora: dict[str, float] = field(default_factory=dict)  # further ones, and the share of each read in an epoch
    alone_epochs: int = 0  # the last epochs, which read only the main corpus
    train_size: float = 1.0  # the share of the training texts used
    schedule: Literal["cosine", "linear", "epochs", "plateau"] = "cosine"  # how it falls: continuously, or in steps
    decay_every: int = 5  # epochs between two decays, or on a plateau validations without improvement before one
    decay_factor: float = 0.5
    warmup_steps: int = 0
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    average: float = 0.0  # decay of the running average of the weights, which is what is saved; 0: no average
    carry: bool = False  # carry the recurrent state from window to window until the epoch ends
    patience: int = 0  # validations without better accuracy before training stops
    dtype: Literal["auto", "float32", "mixed_bfloat16"] = "float32"  # a Keras dtype policy; auto: the faster one here
    seed: int = 1
    checkpoint_seconds: int = 120
    checkpoint_steps: int = 0
    snapshot_steps: int = 0  # steps between snapshots of the weights, each scored, to choose from later
    snapshots: int = 10  # the number kept
    print_steps: int = 20  # steps between two lines of a log
    sample_steps: int = 0
    sample_temperatures: list[float] = field(default_factory=lambda: [0.2, 0.5, 1.0])
    sample_prompt: str = ""  # the beginning of samples; if empty, a random line of the corpus
    stop_on_collapse: bool = False


# The settings that [pretraining] may override.
PRETRAINING = (
    "corpora", "epochs", "batch_size", "window",
    "learning_rate", "schedule", "decay_every", "decay_factor", "warmup_steps",
)  # fmt: skip


@dataclass(frozen=True)
class Cleaning:
    """The cleaning steps, in order: see `model.corpus.cleaning.steps`."""

    steps: list[str]


@dataclass(frozen=True)
class Preset:
    """The choices that define a release.

    `sampling` has the defaults of `model.text.parameters.Parameters`; `moods` are named variations of them.
    """

    name: str
    network: str
    tokenizer: Literal["bpe", "characters", "words"]
    normalisation: list[str]
    capital_lines: bool
    force_breaks: bool
    prompt_break: bool  # the prompt is complete lines; otherwise the text continues its last line
    sizes: Sizes
    training: Training
    sampling: dict[str, Any]
    moods: dict[str, dict[str, Any]] = field(default_factory=dict)
    ear: bool = False  # lines can be chosen among candidates, by rhyme and metre
    pretraining: Training | None = None  # reads only its own corpora, before training

    def with_dtype(self, dtype: Literal["float32", "mixed_bfloat16"]) -> "Preset":
        """Return the preset with another dtype policy for its network, in pretraining too."""
        before = replace(self.pretraining, dtype=dtype) if self.pretraining else None
        return replace(self, training=replace(self.training, dtype=dtype), pretraining=before)


def load(preset: str) -> Preset:
    """Load a preset by name or from a TOML file. ModelError names what is wrong with it."""
    path, table = _table(preset)
    cleaning = table.pop("cleaning", None)
    if cleaning is not None and not table:
        raise ModelError(f"{path}: this preset only cleans texts and cannot train a network")
    # TOML has no null.
    absent: dict[str, Any] = {"temperature": None, "max_chars": None}
    check_value(table.get("sampling", {}), dict, f"{path}: sampling")
    return read({**table, "name": path.stem, "sampling": absent | table.get("sampling", {})}, str(path))


def cleaning_steps(preset: str) -> list[Step]:
    """Read the cleaning steps of a preset. ModelError names what is wrong with them."""
    path, table = _table(preset)
    if not isinstance(table.get("cleaning"), dict):
        raise ModelError(f"{path}: there is no table [cleaning]")
    where = f"{path}, [cleaning]"
    cleaning = from_table(Cleaning, table["cleaning"], where)
    if not cleaning.steps:
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
        raise ModelError(f"there is no preset {preset!r}; there are: {known}, or your own .toml file") from None
    except ValueError as error:
        raise ModelError(f"{path}: {error}") from None


def read(table: Mapping[str, Any], where: str) -> Preset:
    """Create a preset from a table; `where` identifies it in a ModelError."""
    check_value(table.get("network"), Literal[tuple(KINDS)], f"{where}: network")
    sizes = KINDS[table["network"]]
    training = table.get("training", {})
    parts = {
        "sizes": from_table(sizes, table.get("sizes", {}), f"{where}, [sizes]", BOUNDS),
        "training": from_table(Training, training, f"{where}, [training]", BOUNDS),
        "pretraining": _pretraining(table.get("pretraining"), training, f"{where}, [pretraining]"),
    }
    preset = from_table(Preset, {**table, **parts}, where)
    _check_phases(preset, where)
    if isinstance(preset.sizes, PoetSizes):
        _check_poet(preset.sizes, f"{where}, [sizes]")
    for temperature in preset.training.sample_temperatures:
        _check_temperature(temperature, f"{where}, [training]: sample_temperatures: each element")
    _check_normalisation(preset, where)
    check_ear(preset, where)
    _check_sampling(preset.sampling, f"{where}, [sampling]")
    for mood, changes in preset.moods.items():
        check_value(changes, dict, f"{where}, [moods.{mood}]")
        _check_sampling(preset.sampling | changes, f"{where}, [moods.{mood}]")
    return preset


def _pretraining(table: Any, training: Mapping[str, Any], where: str) -> Training | None:
    """Create the pretraining settings: those of training, except for what the table overrides."""
    if table is None:
        return None
    check_value(table, dict, where)
    for name in ("corpora", "epochs"):
        if name not in table:
            raise ModelError(f"{where}: missing key {name!r}")
    if table["corpora"] == {}:
        raise ModelError(f"{where}: corpora must name a corpus")
    usual = {**training, "alone_epochs": 0}
    for name, value in table.items():
        if name not in PRETRAINING and value != usual.get(name):
            raise ModelError(f"{where}: {name} belongs in [training]; allowed here are: {', '.join(PRETRAINING)}")
    return from_table(Training, usual | table, where, BOUNDS)


def _check_phases(preset: Preset, where: str) -> None:
    training, before = preset.training, preset.pretraining
    if training.alone_epochs > training.epochs:
        raise ModelError(f"{where}, [training]: alone_epochs must be at most epochs")
    if training.carry and before and before.batch_size != training.batch_size:
        raise ModelError(f"{where}, [pretraining]: with carry, batch_size must be that of [training]")


def _check_poet(sizes: PoetSizes, where: str) -> None:
    if sizes.embedding % sizes.heads:
        raise ModelError(f"{where}: embedding must be a multiple of heads")
    if not 1 <= len(sizes.head) <= BOUNDS["layers"][1]:
        raise ModelError(f"{where}: head must name from 1 to {BOUNDS['layers'][1]} layers")


def _check_temperature(temperature: float, where: str) -> None:
    if temperature:  # 0 stands for the most likely token
        try:
            replace(PARAMETERS["temperature"], multiple_of=None).check(where, temperature)
        except InvalidParameter as error:
            raise ModelError(f"{error}, or 0") from None


def _check_normalisation(preset: Preset, where: str) -> None:
    try:
        check_normalisation(preset.normalisation, preset.tokenizer, prompt_break=preset.prompt_break)
    except BadRelease as error:
        raise ModelError(f"{where}: {error}") from None


def check_ear(preset: Preset, where: str) -> None:
    """Raise ModelError if candidates for a line cannot be written with the preset's network and tokenizer."""
    if preset.ear and (preset.sizes.context or preset.tokenizer != "bpe" or not preset.prompt_break):
        raise ModelError(
            f"{where}: ear = true needs the network poet or charrnn, which carry a state, tokenizer bpe, and "
            "prompt_break = true"
        )


def _check_sampling(sampling: Mapping[str, Any], where: str) -> None:
    check_keys(Parameters, sampling, where)
    try:
        check(sampling)
    except InvalidParameter as error:
        raise ModelError(f"{where}: {error}") from None
