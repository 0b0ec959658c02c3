"""From texts to a release in one call, for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.corpus.layout import Layout
from model.corpus.reading import Form
from model.corpus.texts import from_row, write_lines
from model.errors import ModelError
from model.files.replacing import replacing

if TYPE_CHECKING:
    from model.presets.preset import Preset
    from model.release.loading import Release

USUAL = "textgenrnn"  # the preset of a new model
RUN, RELEASE, TEXTS = "run", "release", "texts.jsonl"


def lines() -> Form:
    """Return the form that reads each line of a plain text as a text."""
    return Form(layout=Layout(lines=True))


def paragraphs() -> Form:
    """Return the form that reads the parts of a plain text between blank lines as texts."""
    return Form(layout=Layout(blank_lines=1))


def train(
    corpus: Path,
    folder: Path,
    form: Form,
    source: "Release | None",
    preset: str | None,
    settings: Mapping[str, Any],
    labels: int = 0,
) -> Path:
    """Train in `folder`, which must hold no release, and return the release's folder.

    With a `source`, its network, weights and tokenizer are used, otherwise the preset's are created. `settings` are
    those of a preset's [training]; `labels`, if above 0, is the number of labels that the network learns.
    ModelError if they are out of bounds, the network cannot learn labels, or the corpus is too small.
    """
    from model.release.making import release_run
    from model.training.report.console import Console
    from model.training.run import train_run

    _check_new(folder)
    if source and labels:
        raise ModelError("a model trained further cannot learn labels; train a new one")
    chosen = _with(_preset_of(source) if source else _named(preset or USUAL), settings, labels)
    console = Console(chosen.training)
    train_run(corpus, chosen, folder / RUN, console, form=form, init_from=source.folder if source else None)
    return release_run(folder / RUN, corpus, folder / RELEASE).folder


def _check_new(folder: Path) -> None:
    if (folder / RELEASE).exists():
        raise ModelError(f"{folder} already holds a release; choose another folder")


def write_texts(texts: Sequence[str], labels: Sequence[str] | None, folder: Path) -> Path:
    """Write texts, each with its label, as a corpus into the folder, which must hold no release."""
    _check_new(folder)
    if labels is not None and len(labels) != len(texts):
        raise ModelError(f"there are {len(texts)} texts and {len(labels)} labels")
    pairs = enumerate(zip(texts, labels or [""] * len(texts), strict=True), 1)
    if labels is not None and len(set(labels)) == 1:
        raise ModelError("all texts have the same label; there must be at least two")
    rows = [from_row({"text": text, "label": label}, f"text {number}") for number, (text, label) in pairs]
    with replacing(folder / TEXTS) as new, new.open("w", encoding="utf-8") as file:
        write_lines(file, rows)
    return folder / TEXTS


def _named(preset: str) -> "Preset":
    from model.presets.preset import load

    return load(preset)


def _preset_of(release: "Release") -> "Preset":
    """Return the preset that a release was made with, according to its configuration."""
    from model.presets.preset import Preset, read

    config = release.config
    table = {name: value for name, value in config.items() if name in Preset.__dataclass_fields__}
    sizes = {name: size for name, size in config["network"].items() if name != "kind"}
    kinds = {"network": config["network"]["kind"], "tokenizer": config["tokenizer"]["kind"]}
    return read({**table, **kinds, "sizes": sizes}, str(release.folder))


def _with(preset: "Preset", settings: Mapping[str, Any], labels: int) -> "Preset":
    from model.presets.preset import read

    table = asdict(preset)
    if labels and "labels" not in table["sizes"]:
        raise ModelError(f"the network {preset.network} cannot learn labels")
    sizes = {**table["sizes"], **({"labels": labels} if labels else {})}
    training = {**table["training"], "corpora": {}, "alone_epochs": 0, **settings}  # a single corpus
    return read({**table, "sizes": sizes, "pretraining": None, "training": training}, "the settings of training")
