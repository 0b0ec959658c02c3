"""A training run in a folder: starting and resuming it, and searching for its learning rate."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from math import gcd
from pathlib import Path
from typing import Any

import keras
import numpy as np

from model.corpus.reading import Form, read_corpus
from model.corpus.split import training_split
from model.corpus.texts import Text
from model.errors import ModelError
from model.files.folder import TOKENIZER, WEIGHTS
from model.networks.network import Network
from model.networks.network import build as build_network
from model.networks.weights import load_weights
from model.presets.preset import Preset, Training
from model.text.parameters import Parameters
from model.text.release import BadRelease, open_tokenizer
from model.text.sampling import Rules
from model.text.tokens import Tokenizer
from model.tokenizers.learning import learn
from model.training.batches import Batches, TextBatches
from model.training.checkpoints import BEST, CHECKPOINT
from model.training.corpora import Corpora, Tokenised, absent, plan_of, stream_batches
from model.training.devices import best_dtype, on_one_device
from model.training.joining import joined
from model.training.machines import ALONE, Machines
from model.training.plan import Plan, Stage
from model.training.rank import Rank
from model.training.rate_search import search
from model.training.record import (
    check_fits,
    check_same,
    preset_of,
    record_of,
    training_in,
    write_record,
)
from model.training.report.console import Console
from model.training.report.rates import write_rate_study
from model.training.samples import Sampler
from model.training.trainer import Trainer

RATES = "rates.html"
PLAIN = Form()


def train_run(
    corpus: Path, preset: Preset, folder: Path, console: Console, *,
    further: Sequence[Path] = (), form: Form = PLAIN, resume: bool = False, init_from: Path | None = None,
    rank: Rank | None = None,
) -> None:  # fmt: skip
    """Train in `folder`. Resuming needs the same preset and corpora that the run was started with.

    `further` are corpora besides the main one, which the preset refers to by name. `init_from` is a run or a release of
    the same network whose weights and tokenizer this one starts from. `rank` is set for one of several processes.
    """
    corpora = Corpora.read(corpus, further, form, preset)
    if further and preset.sizes.context:
        raise ModelError(f"the network {preset.network} learns from one corpus")
    if left_out := absent(preset, corpora.further):
        console.say(f"corpora of the preset that were not given and are not used: {', '.join(left_out)}")
    with joined(rank) as machines, ExitStack() as held:
        preset = _with_dtype(preset, preset_of(folder) if resume else None)  # queries devices, so only after joining
        record = record_of(preset, corpus, form, init_from, corpora.further)
        machines.check_same("preset, corpora or options", record)
        machines.broadcast(lambda: held.enter_context(training_in(folder)))
        start = partial(_start, folder, preset, corpora, record, init_from)
        machines.broadcast(partial(_check_resumable, folder, record) if resume else start)
        machines.check_shared(folder)
        tokenizer = machines.in_turn(lambda: open_run_tokenizer(preset, folder))
        with machines.devices(_rows(preset), console.say):
            trainer = prepared(preset, tokenizer, corpora.texts("train"), folder, console, machines)
            if init_from is not None:  # a resumed run takes its weights from its checkpoint
                _begin_with(trainer, weights_of(init_from))
            trainer.run(_plan(trainer, preset, corpora, folder), corpora.texts("validation"))
        console.say(f"best weights: {folder / BEST}")


def _with_dtype(preset: Preset, started: Preset | None = None) -> Preset:
    """Return the preset with the dtype `auto` resolved: as when the run was started, or for this machine."""
    if preset.training.dtype != "auto":
        return preset
    decided = started.training.dtype if started else "auto"
    return preset.with_dtype(best_dtype() if decided == "auto" else decided)


def _rows(preset: Preset) -> int:
    """Return the greatest common divisor of the phases' batch sizes, which the devices share."""
    return gcd(preset.training.batch_size, preset.pretraining.batch_size if preset.pretraining else 0)


def _check_resumable(folder: Path, record: Mapping[str, Any]) -> None:
    check_same(folder, record)
    if not (folder / CHECKPOINT).exists():  # without it the run's initial weights are unknown
        raise ModelError(f"{folder} stopped before its first checkpoint; start it again without --resume")


def _plan(trainer: Trainer, preset: Preset, corpora: Corpora, folder: Path) -> Plan:
    if trainer.network.context is None:
        tokenised = Tokenised(corpora, trainer.tokenizer, folder, trainer.console.say)
        return trainer.machines.in_turn(lambda: plan_of(preset, tokenised))
    settings = preset.training
    batches = batches_of(trainer.network, trainer.tokenizer, settings, corpora.parts["train"])
    return Plan([Stage(settings, batches, settings.epochs)])


def search_rates(
    corpus: Path,
    preset: Preset,
    folder: Path,
    form: Form,
    rates: Sequence[float],
    steps: int,
    say: Callable[[str], None],
) -> None:
    """Try learning rates on a corpus, and plot the results in the folder."""
    texts = training_split(read_corpus(corpus, form))["train"]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as beside:
        seen, path = [text.text for text in texts], Path(beside) / TOKENIZER
        tokenizer = learn(preset.tokenizer, seen, path, preset.sizes.vocabulary, preset.normalisation)
    preset = _with_dtype(with_vocabulary(preset, tokenizer))
    create = partial(trained_network, preset)
    batches = batches_of(create(), tokenizer, preset.training, texts)
    trials = search(preset, create, batches, rates, min(steps, batches.steps), say)
    suggestion = write_rate_study(trials, folder / RATES)
    say(suggestion.sentence if suggestion else "no suggestion: all trials diverged")
    say(f"curves: {folder / RATES}")


def prepared(
    preset: Preset, tokenizer: Tokenizer, texts: Sequence[str], folder: Path, console: Console,
    machines: Machines = ALONE,
) -> Trainer:  # fmt: skip
    """Return a trainer with a new network for the tokenizer; its samples may begin with a line from the texts."""
    preset = with_vocabulary(preset, tokenizer)
    rules = Rules(tokenizer.break_id, preset.force_breaks)
    defaults = Parameters(**preset.sampling)
    sampler = Sampler(tokenizer, rules, preset.prompt_break, defaults, preset.training, texts)
    keras.utils.set_random_seed(preset.training.seed)
    network = trained_network(preset)
    with on_one_device():
        view = build_network(preset.network, preset.sizes)
    return Trainer(preset, network, view, sampler, folder, console, machines)


def trained_network(preset: Preset) -> Network:
    """Create the network of a preset for training."""
    carry = {"carry": preset.training.batch_size} if preset.training.carry else {}
    return build_network(preset.network, preset.sizes, preset.training.dtype, **carry)


def batches_of(network: Network, tokenizer: Tokenizer, settings: Training, texts: Sequence[Text]) -> Batches:
    """Return the batches of the texts that suit the network and the settings."""
    rows = [np.array(tokenizer.encode_text(tokenizer.normalise(text.text)), np.int32) for text in texts]
    if network.context is not None:
        labels = _labels(texts, network.sizes.labels)
        return TextBatches(rows, settings, network.context, every_position=network.every_position, labels=labels)
    return stream_batches(rows, settings)


def with_vocabulary(preset: Preset, tokenizer: Tokenizer) -> Preset:
    """Return the preset with its vocabulary size set to the tokenizer's."""
    return replace(preset, sizes=replace(preset.sizes, vocabulary=tokenizer.vocabulary_size))


def weights_of(folder: Path) -> Path:
    """Return the path of a release's weights, or of a run's best ones."""
    return folder / WEIGHTS if (folder / WEIGHTS).exists() else folder / BEST


def _start(folder: Path, preset: Preset, corpora: Corpora, record: dict[str, Any], init_from: Path | None) -> None:
    if (folder / CHECKPOINT).exists():
        raise ModelError(f"{folder} holds a run; continue it with --resume, or choose another folder")
    if init_from is not None:
        check_fits(init_from, preset)
        shutil.copyfile(init_from / TOKENIZER, folder / TOKENIZER)
    else:
        texts = corpora.vocabulary_texts(preset)
        learn(preset.tokenizer, texts, folder / TOKENIZER, preset.sizes.vocabulary, preset.normalisation)
    write_record(folder, record)


def open_run_tokenizer(preset: Preset, folder: Path) -> Tokenizer:
    """Open the tokenizer of a run. ModelError if it cannot be used."""
    try:
        return open_tokenizer(preset.tokenizer, folder / TOKENIZER, preset.normalisation)
    except (BadRelease, OSError) as error:
        raise ModelError(f"{folder / TOKENIZER} cannot be used: {error}") from None


def _begin_with(trainer: Trainer, weights: Path) -> None:
    load_weights(trainer.view, weights)
    for mine, loaded in zip(trainer.network.weights, trainer.view.weights, strict=True):
        mine.assign(np.array(keras.ops.convert_to_numpy(loaded)))


def _labels(texts: Sequence[Text], most: int) -> list[int]:
    if not most:
        return []
    kinds = sorted({text.label for text in texts})
    if not 1 < len(kinds) <= most:
        raise ModelError(f"the texts have {len(kinds)} labels; the preset allows from 2 to {most}")
    return [kinds.index(text.label) for text in texts]
