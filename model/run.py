"""A training run in a folder: started, resumed, and made into a release."""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from model.card import licences, write_card
from model.corpus.layout import Layout
from model.corpus.reading import Form, read_corpus
from model.corpus.split import Part, split, training_split
from model.corpus.texts import Text
from model.errors import ModelError
from model.folder import CONFIG, RUN, TOKENIZER, WEIGHTS, check_files, read_config, sha256
from model.networks.network import Network
from model.networks.network import build as build_network
from model.networks.sizes import TextgenrnnSizes
from model.preset import Preset, Training, load, read
from model.release import Release, build, with_scores
from model.replacing import replacing
from model.text.parameters import Parameters
from model.text.release import open_tokenizer
from model.text.sampling import Rules
from model.text.tokens import Tokenizer
from model.tokenizing import learn
from model.training.batches import Batches, CarriedBatches, StreamBatches, TextBatches
from model.training.checkpoints import BEST, CHECKPOINT
from model.training.rate_search import search
from model.training.samples import Sampler
from model.training.trainer import HISTORY, Trainer
from model.training_report.console import Console
from model.training_report.rates import write_rate_study

RATES = "rates.html"
PLAIN = Form()


def train_run(
    corpus: Path, preset: Preset, folder: Path, console: Console, *,
    form: Form = PLAIN, resume: bool = False, init_from: Path | None = None,
) -> None:  # fmt: skip
    """Train in `folder`. Resuming takes the preset and the corpus that it was started with, and no others.

    `init_from` is a run or a release of the same network: its weights and its tokenizer are what this run begins with.
    """
    parts = training_split(read_corpus(corpus, form))
    account = {"preset": asdict(preset), "corpus_sha256": sha256(corpus), "form": asdict(form)}
    if resume:
        _check_same(folder, account)
    else:
        _start(folder, preset, [text.text for text in parts["train"]], account, init_from)
    trainer = prepared(preset, parts["train"], folder, console)
    if init_from is not None and not resume:
        _begin_with(trainer, weights_of(init_from))
    batches = batches_of(trainer.network, trainer.tokenizer, preset.training, parts["train"])
    trainer.run(batches, [text.text for text in parts["validation"]])
    console.say(f"the best weights are in {folder / BEST}")


def search_rates(
    corpus: Path,
    preset: Preset,
    folder: Path,
    form: Form,
    rates: Sequence[float],
    steps: int,
    say: Callable[[str], None],
) -> None:
    """Try learning rates on a corpus, and draw what they come to in the folder."""
    texts = training_split(read_corpus(corpus, form))["train"]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as beside:
        seen = [text.text for text in texts]
        path = Path(beside) / TOKENIZER
        tokenizer = learn(preset.tokenizer, seen, path, preset.sizes.vocabulary, preset.normalisation)
    preset = with_vocabulary(preset, tokenizer)
    network = build_network(preset.network, preset.sizes)
    trials = search(preset, batches_of(network, tokenizer, preset.training, texts), rates, steps, say)
    write_rate_study([asdict(trial) for trial in trials], folder / RATES)
    best = min(trials, key=lambda trial: trial.last)
    say(f"lowest: {best.learning_rate:g}, {best.schedule}; the curves are in {folder / RATES}")


def prepared(preset: Preset, texts: Sequence[Text], folder: Path, console: Console) -> Trainer:
    """Give a trainer with a fresh network, for a folder that has its tokenizer."""
    tokenizer = open_tokenizer(preset.tokenizer, folder / TOKENIZER, preset.normalisation)
    preset = with_vocabulary(preset, tokenizer)
    settings = preset.training
    rules = Rules(tokenizer.break_id, preset.force_breaks)
    seen = [text.text for text in texts]
    sampler = Sampler(tokenizer, rules, preset.prompt_break, Parameters(**preset.sampling), settings, seen)
    keras.utils.set_random_seed(settings.seed)
    carry = {"carry": settings.batch_size} if settings.carry else {}
    network = build_network(preset.network, preset.sizes, settings.dtype, **carry)
    return Trainer(preset, network, build_network(preset.network, preset.sizes), sampler, folder, console)


def batches_of(network: Network, tokenizer: Tokenizer, settings: Training, texts: Sequence[Text]) -> Batches:
    """Give the batches of the texts as the network and the settings want them."""
    rows = [np.array(tokenizer.encode_text(tokenizer.normalise(text.text)), np.int32) for text in texts]
    if network.context is not None:
        labels = _labels(texts, network.sizes.labels)
        return TextBatches(rows, settings, network.context, every_position=network.every_position, labels=labels)
    return (CarriedBatches if settings.carry else StreamBatches)(rows, settings)


def with_vocabulary(preset: Preset, tokenizer: Tokenizer) -> Preset:
    """Give the preset with as many tokens as there are."""
    return replace(preset, sizes=replace(preset.sizes, vocabulary=tokenizer.vocabulary_size))


def release_run(
    run: Path, corpus: Path, out: Path, preset_name: str | None = None, *,
    weights: Path | None = None, notes: Path | None = None, scored: Sequence[Part] = ("validation",),
) -> Release:  # fmt: skip
    """Make a release of the run's best weights, or those of one of its snapshots, and score it on the parts named.

    The sampling defaults and moods are the run's, or those of the named preset: they are chosen by reading, afterwards.
    """
    account = _account(run)
    if account["corpus_sha256"] != sha256(corpus):
        raise ModelError(f"{corpus} is not the corpus that {run} was trained on")
    preset = read(account["preset"], str(run / RUN))
    if preset_name is not None:
        chosen = load(preset_name)
        preset = replace(preset, sampling=chosen.sampling, moods=chosen.moods)
    preset = with_vocabulary(preset, open_tokenizer(preset.tokenizer, run / TOKENIZER, preset.normalisation))
    if isinstance(preset.sizes, TextgenrnnSizes):  # labels help to train; what is served reads text alone
        preset = replace(preset, sizes=replace(preset.sizes, labels=0))
    parts = split(read_corpus(corpus, _form(account)))
    release = build(out, preset, run / TOKENIZER, weights or run / BEST, _origin(run, corpus, parts))
    release = with_scores(release, {part: parts[part] for part in scored})
    write_card(release, parts, licences(corpus), notes.read_text("utf-8") if notes else "")
    return release


def weights_of(folder: Path) -> Path:
    """Give the weights of a release, or the best of a run."""
    return next((folder / name for name in (WEIGHTS, BEST) if (folder / name).exists()), folder / BEST)


def _start(folder: Path, preset: Preset, train: list[str], account: dict[str, Any], init_from: Path | None) -> None:
    if (folder / CHECKPOINT).exists():
        raise ModelError(f"{folder} holds a run; go on with --resume, or choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    if init_from is not None:
        _check_fits(init_from, preset)
        shutil.copyfile(init_from / TOKENIZER, folder / TOKENIZER)
    else:
        learn(preset.tokenizer, train, folder / TOKENIZER, preset.sizes.vocabulary, preset.normalisation)
    with replacing(folder / RUN) as new:
        new.write_text(json.dumps(account, ensure_ascii=False, indent=1), "utf-8")


def _check_fits(source: Path, preset: Preset) -> None:
    """Raise ModelError where the network of a run or a release is another one than the preset's."""
    for name, wanted in _shape(asdict(preset)).items():
        if (found := _described(source).get(name)) != wanted:
            raise ModelError(f"{source} holds another network: {name} is {found} there, and {wanted} in the preset")


def _described(source: Path) -> dict[str, Any]:
    if not (source / CONFIG).exists():
        return _shape(_account(source)["preset"])
    config = read_config(source)
    check_files(source, config)
    network, tokenizer = dict(config["network"]), config["tokenizer"]["kind"]
    kind, normalisation = network.pop("kind"), config["normalisation"]
    return _shape({"network": kind, "sizes": network, "tokenizer": tokenizer, "normalisation": normalisation})


def _shape(table: Mapping[str, Any]) -> dict[str, Any]:
    """Give what must agree for weights to fit; the vocabulary comes along with the tokenizer."""
    sizes = {name: size for name, size in table["sizes"].items() if name not in ("dropout", "vocabulary")}
    return {name: table[name] for name in ("network", "tokenizer", "normalisation")} | sizes


def _begin_with(trainer: Trainer, weights: Path) -> None:
    trainer.view.load_weights(weights)
    pairs = zip(trainer.network.trainable_variables, trainer.view.trainable_variables, strict=True)
    for mine, loaded in pairs:
        mine.assign(loaded)


def _labels(texts: Sequence[Text], most: int) -> list[int]:
    if not most:
        return []
    kinds = sorted({text.label for text in texts})
    if not 1 < len(kinds) <= most:
        raise ModelError(f"the texts have {len(kinds)} labels; the preset allows 2 to {most}")
    return [kinds.index(text.label) for text in texts]


def _origin(run: Path, corpus: Path, parts: Mapping[Part, list[Text]]) -> dict[str, Any]:
    """Give what the configuration tells of the run and its data."""
    epochs = json.loads((run / HISTORY).read_bytes())["epochs"] if (run / HISTORY).exists() else []
    if not epochs:
        raise ModelError(f"{run} has not finished an epoch yet")
    counts = {str(part): len(poems) for part, poems in parts.items()}
    return {
        "run": {"epochs": len(epochs), "hours": round(epochs[-1]["seconds"] / 3600, 2)},
        "data": {"corpus": corpus.name, "sha256": sha256(corpus), **counts},
    }


def _account(folder: Path) -> dict[str, Any]:
    try:
        account: dict[str, Any] = json.loads((folder / RUN).read_bytes())
    except (OSError, ValueError):
        raise ModelError(f"{folder} holds no run") from None
    return account


def _form(account: Mapping[str, Any]) -> Form:
    return Form(**{**account["form"], "layout": Layout(**account["form"]["layout"])})


def _check_same(folder: Path, account: dict[str, Any]) -> None:
    before = _account(folder)
    for name, value in json.loads(json.dumps(account)).items():
        if _without_sampling(before.get(name)) != _without_sampling(value):
            other = {"corpus_sha256": "corpus", "form": "way of reading the corpus"}.get(name, name)
            raise ModelError(f"{folder} was started with another {other}; start a new run for this one")


def _without_sampling(value: Any) -> Any:
    return {k: v for k, v in value.items() if k not in ("sampling", "moods")} if isinstance(value, dict) else value
