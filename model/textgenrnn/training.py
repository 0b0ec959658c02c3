"""From texts to a release in one call, for a program that wants no more than that."""

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
    """Read each line of a plain text as a text."""
    return Form(layout=Layout(lines=True))


def paragraphs() -> Form:
    """Read what blank lines part of a plain text as its texts."""
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
    """Train in `folder`, which must hold no release, and return the release's own folder.

    A `source` gives its network, its weights and its tokenizer; else the preset's are made. `settings` are those of a
    preset's [training]; `labels`, where above 0, counts the kinds of text that the network learns to tell apart.
    ModelError where they are out of bounds, the network cannot learn labels, or the corpus is too small.
    """
    from model.release.making import release_run
    from model.training.report.console import Console
    from model.training.run import train_run

    _check_new(folder)
    if source and labels:
        raise ModelError("a model that goes on learns no labels; train a new one")
    chosen = _with(_preset_of(source) if source else _named(preset or USUAL), settings, labels)
    console = Console(chosen.training)
    train_run(corpus, chosen, folder / RUN, console, form=form, init_from=source.folder if source else None)
    return release_run(folder / RUN, corpus, folder / RELEASE).folder


def _check_new(folder: Path) -> None:
    if (folder / RELEASE).exists():
        raise ModelError(f"{folder} holds a release already; choose another folder")


def write_texts(texts: Sequence[str], labels: Sequence[str] | None, folder: Path) -> Path:
    """Write texts, each with its label, as a corpus into the folder, which must hold no release."""
    _check_new(folder)
    if labels is not None and len(labels) != len(texts):
        raise ModelError(f"there are {len(texts)} texts and {len(labels)} labels")
    pairs = enumerate(zip(texts, labels or [""] * len(texts), strict=True), 1)
    if labels is not None and len(set(labels)) == 1:
        raise ModelError("all texts have one label; there must be two or more")
    rows = [from_row({"text": text, "label": label}, f"text {number}") for number, (text, label) in pairs]
    with replacing(folder / TEXTS) as new, new.open("w", encoding="utf-8") as file:
        write_lines(file, rows)
    return folder / TEXTS


def _named(preset: str) -> "Preset":
    from model.presets.preset import load

    return load(preset)


def _preset_of(release: "Release") -> "Preset":
    """Return the preset that a release was made by, as its configuration tells it."""
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
        raise ModelError(f"the network {preset.network} learns no labels")
    sizes = {**table["sizes"], **({"labels": labels} if labels else {})}
    training = {**table["training"], "corpora": {}, "alone_epochs": 0, **settings}  # there is one corpus
    return read({**table, "sizes": sizes, "pretraining": None, "training": training}, "the settings of training")
