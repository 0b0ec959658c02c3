"""Training as a user runs it: progress, checkpoints, a kill in the middle, and what may not be resumed."""

import argparse
import json
import re
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.commands.training import train
from model.corpus.texts import Text
from model.errors import ModelError
from model.networks.sizes import CharRnnSizes, PoetSizes, TextgenrnnSizes
from model.presets.preset import Preset, Training, load
from model.release.loading import load as load_release
from model.release.making import Choice, release_run
from model.text.release import open_tokenizer
from model.tokenizers.learning import learn_bpe
from model.training.checkpoints import BEST, CHECKPOINT
from model.training.history import Progress
from model.training.plan import Plan, Stage
from model.training.record import check_same, read_record, training_in, write_record
from model.training.recorder import HISTORY
from model.training.report.console import Console
from model.training.run import batches_of, prepared, train_run
from model.training.trainer import Trainer
from tests.commands import model
from tests.conftest import Trained
from tests.forks import Forks
from tests.model.tiny import poems
from tests.processes import wait_until

TEXTS = [Text(poem["text"]) for poem in poems()]
LEARNED = 22  # 24 steps into a run of two epochs is a checkpoint, which a spoilt weight must not meet
pytestmark = pytest.mark.usefixtures("fixed_vocabulary")
READING: dict[str, Any] = {
    "machines": None,
    "lines": False, "blank_lines": 0, "separator": "", "line_mark": "",
    "encoding": "utf-8", "column": [], "no_header": False,
}  # fmt: skip


def test_progress_names_loss_accuracy_speed_and_time_left(trained: Trained) -> None:
    line = r"epoch 2/3 step \d+/\d+ loss \d\.\d+ accuracy 0\.\d+ [\d,]+ tokens/s \d:\d\d:\d\d left"
    assert re.search(line, trained.training_output)
    assert len(re.findall(r"validation: accuracy .* bits per character", trained.training_output)) == 3


def test_training_learns(trained: Trained) -> None:
    history = json.loads((trained.run / HISTORY).read_bytes())["epochs"]
    assert history[-1]["validation_bits_per_char"] < history[0]["validation_bits_per_char"] - 0.3
    assert history[-1]["loss"] < history[0]["loss"]


def test_a_killed_run_goes_on(trained: Trained, tmp_path: Path, forks: Forks) -> None:
    run = tmp_path / "run"
    command = ["train", str(trained.corpus), "--preset", str(trained.preset), "--out", str(run)]
    running = forks.start("model", command)
    wait_until(lambda: "epoch 2/3 step 20" in running.text(), 90, running.text)
    running.process.kill()
    running.wait()
    output = model(*command, "--resume").stdout
    resumed = re.search(r"resumed at epoch (\d), step (\d+)", output)
    assert resumed is not None
    assert resumed[1] == "2"
    assert int(resumed[2]) >= 10
    assert "epoch 1/3" not in output
    history = json.loads((run / HISTORY).read_bytes())["epochs"]
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert (run / BEST).is_file()
    assert history[2]["validation_bits_per_char"] < history[0]["validation_bits_per_char"] - 0.3


class Stopped(Exception):  # noqa: N818
    """Raised in the middle of an epoch."""


def trainer(folder: Path, tokenizer: Path, preset: Preset, stop_at: str | None = None) -> Trainer:
    """Return a trainer that is stopped dead when it reports `stop_at`."""

    def say(line: str) -> None:
        if stop_at is not None and line.startswith(stop_at):
            raise Stopped

    folder.mkdir(exist_ok=True)
    seen = [text.text for text in TEXTS[:LEARNED]]
    opened = open_tokenizer(preset.tokenizer, tokenizer, preset.normalisation)
    return prepared(preset, opened, seen, folder, Console(preset.training, say))


def run(trainer: Trainer) -> Trainer:
    batches = batches_of(trainer.network, trainer.tokenizer, trainer.settings, TEXTS[:LEARNED])
    plan = Plan([Stage(trainer.settings, batches, trainer.settings.epochs)])
    trainer.run(plan, [text.text for text in TEXTS[-10:]])
    return trainer


SETTINGS = Training(
    epochs=2, batch_size=2, window=32, learning_rate=5e-3, checkpoint_seconds=0, checkpoint_steps=8,
    print_steps=10, sample_temperatures=[0.7],
)  # fmt: skip
PRESET = Preset(
    name="small", network="poet", tokenizer="bpe", normalisation=["nfc"], capital_lines=True, force_breaks=True,
    prompt_break=True, sizes=PoetSizes(160, 16, 12, [24], 8, 20, dropout=0.3), training=SETTINGS,
    sampling={**dict.fromkeys(("top_k", "line_start_k", "chaos_k"), 5), "chaos": 0.25, "temperature": None,
              "max_tokens": 20, "max_lines": 4, "max_chars": None},
)  # fmt: skip
KINDS = {
    "the poet, its weights averaged, stopped in its validation": replace(
        PRESET, training=replace(
            SETTINGS, average=0.9, clip_norm=1.0, warmup_steps=9, weight_decay=0.02, dtype="mixed_bfloat16",
            sample_steps=15,
        ),
    ),
    "charrnn, normalised, its state carried, by epochs": replace(
        PRESET, network="charrnn", sizes=CharRnnSizes(160, 8, 12, 2, "lstm", dropout=0.3, batchnorm=True),
        training=replace(SETTINGS, carry=True, window=16, schedule="epochs", decay_every=1),
    ),
    "textgenrnn, falling linearly": replace(
        PRESET, network="textgenrnn",
        sizes=TextgenrnnSizes(160, 8, 12, 2, bidirectional=False, context=12, labels=0, dropout=0.3),
        training=replace(SETTINGS, batch_size=8, schedule="linear"),
    ),
}  # fmt: skip


STOPS = {"poet": "validation: ", "charrnn": "epoch 2/2 step 10", "textgenrnn": "epoch 2/2 step 10"}


@pytest.mark.parametrize("preset", KINDS.values(), ids=KINDS)
def test_a_resumed_run_ends_with_the_weights_of_one_that_was_never_stopped(
    trained: Trained, tmp_path: Path, preset: Preset
) -> None:
    tokenizer = trained.run / "tokenizer.model"
    whole = run(trainer(tmp_path / "whole", tokenizer, preset))
    with pytest.raises(Stopped):
        run(trainer(tmp_path / "stopped", tokenizer, preset, STOPS[preset.network]))
    resumed = run(trainer(tmp_path / "stopped", tokenizer, preset))
    for a, b in ((whole.network, resumed.network), (whole.view, resumed.view)):
        assert all(np.array_equal(x, y) for x, y in zip(a.get_weights(), b.get_weights(), strict=True))
    assert [row["epoch"] for row in resumed.progress.epochs] == [1, 2]
    assert _timeless(resumed.progress.steps) == _timeless(whole.progress.steps)
    assert resumed.progress.samples == whole.progress.samples
    assert resumed.progress.collapse == whole.progress.collapse


def _timeless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    timed = ("seconds", "tokens_per_second", "memory_mb")
    return [{name: value for name, value in row.items() if name not in timed} for row in rows]


def test_on_jax_a_run_trains_and_goes_on(trained: Trained, tmp_path: Path, jax_forks: Forks) -> None:
    preset = tmp_path / "jax.toml"
    preset.write_text(trained.preset.read_text("utf-8").replace("seed = 1", "seed = 1\naverage = 0.9"), "utf-8")
    command = ["train", str(trained.corpus), "--preset", str(preset), "--out", str(tmp_path / "run")]
    for options in ([], ["--resume"]):
        running = jax_forks.start("model", [*command, *options])
        assert running.wait(110) == 0, running.text()
    history = json.loads((tmp_path / "run" / HISTORY).read_bytes())["epochs"]
    assert history[-1]["validation_bits_per_char"] < history[0]["validation_bits_per_char"] - 0.2


def test_averaged_weights_are_not_the_last_ones(trained: Trained, tmp_path: Path) -> None:
    preset = replace(PRESET, training=replace(SETTINGS, epochs=1, average=0.9))
    done = run(trainer(tmp_path / "run", trained.run / "tokenizer.model", preset))
    pairs = zip(done.network.trainable_variables, done.view.trainable_variables, strict=True)
    assert all(not np.array_equal(a.numpy(), b.numpy()) for a, b in pairs)


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_best(trained: Trained, tmp_path: Path) -> None:
    begun = trainer(tmp_path / "run", trained.run / "tokenizer.model", PRESET)

    def spoil(line: str) -> None:
        if line.startswith("epoch 2/2 step 10"):
            begun.network.trainable_variables[0].assign(begun.network.trainable_variables[0] * np.nan)

    begun.console = Console(SETTINGS, spoil)
    with pytest.raises(ModelError, match=r"the loss is NaN or infinite at step .*; the best weights so far are in"):
        run(begun)
    begun.view.load_weights(tmp_path / "run" / BEST)
    assert all(np.isfinite(weight).all() for weight in begun.view.get_weights())
    assert trainer(tmp_path / "run", trained.run / "tokenizer.model", PRESET).restore()


def test_a_loss_that_is_no_number_from_the_start_leaves_no_weights(trained: Trained, tmp_path: Path) -> None:
    preset = replace(PRESET, training=replace(SETTINGS, learning_rate=float("nan")))
    with pytest.raises(ModelError, match="is NaN or infinite"):
        run(trainer(tmp_path / "run", trained.run / "tokenizer.model", preset))
    assert not (tmp_path / "run" / BEST).exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_told_to_stop_saves_and_says_how_to_go_on(
    trained: Trained, tmp_path: Path, forks: Forks, number: signal.Signals
) -> None:
    preset = tmp_path / "long.toml"
    text = trained.preset.read_text("utf-8").replace("seed = 1", "seed = 1\nsample_steps = 7")
    preset.write_text(text.replace("epochs = 3", "epochs = 300"), "utf-8")
    command = ["train", str(trained.corpus), "--preset", str(preset), "--out", str(tmp_path / "run")]
    running = forks.start("model", command)
    wait_until(lambda: "epoch 1/300 step 10" in running.text(), 90, running.text)
    running.process.send_signal(number)
    running.wait()
    assert running.process.returncode == 130
    assert "continue with --resume" in running.text()
    history = json.loads((tmp_path / "run" / HISTORY).read_bytes())
    assert history["step"] >= 10
    assert not history["finished"]


def of_one_epoch(trained: Trained, folder: Path) -> Path:
    """Write the tiny preset anew, for one epoch only."""
    preset = folder / "tiny.toml"
    preset.write_text(trained.preset.read_text("utf-8").replace("epochs = 3", "epochs = 1"), "utf-8")
    return preset


@pytest.fixture(scope="module")
def begun(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train on other texts, from the weights of the release; return the folder of `other.jsonl` and `run`."""
    folder = tmp_path_factory.mktemp("begun")
    corpus = folder / "other.jsonl"
    corpus.write_text("\n".join(trained.corpus.read_text("utf-8").splitlines()[::-1][:90]) + "\n", "utf-8")
    options = ["--preset", of_one_epoch(trained, folder), "--init-from", trained.release]
    model("train", corpus, "--out", folder / "run", *options)
    return folder


def test_a_run_begins_with_the_weights_and_the_tokenizer_of_another(trained: Trained, begun: Path) -> None:
    after, before = (json.loads((run / HISTORY).read_bytes()) for run in (begun / "run", trained.run))
    assert (begun / "run" / "tokenizer.model").read_bytes() == (trained.run / "tokenizer.model").read_bytes()
    assert after["epochs"][0]["validation_loss"] < before["epochs"][0]["validation_loss"] - 0.3


@pytest.mark.slow
def test_a_folder_of_texts_is_trained_on_and_known_again(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for number, text in enumerate(TEXTS):
        (texts / f"{number:03}.txt").write_text(text.text, "utf-8")
    preset = replace(PRESET, training=replace(SETTINGS, epochs=1))
    train_run(texts, preset, tmp_path / "run", Console(SETTINGS, print))
    release_run(tmp_path / "run", texts, tmp_path / "release")
    (texts / "007.txt").write_text("Другой текст", "utf-8")
    with pytest.raises(ModelError, match="is not the corpus"):
        release_run(tmp_path / "run", texts, tmp_path / "release")


def test_a_share_of_the_texts_is_learned_from(trained: Trained, tmp_path: Path) -> None:
    preset = replace(PRESET, training=replace(SETTINGS, epochs=1, batch_size=4, train_size=0.25))
    train_run(trained.corpus, preset, tmp_path, Console(SETTINGS, print), init_from=None)
    steps = [json.loads((run / HISTORY).read_bytes())["steps_per_epoch"][0] for run in (tmp_path, trained.run)]
    assert 0.15 < steps[0] / steps[1] < 0.35


def test_a_snapshot_is_scored_and_can_be_released(trained: Trained, tmp_path: Path) -> None:
    preset = replace(PRESET, training=replace(SETTINGS, epochs=1, snapshot_steps=20, snapshots=2))
    train_run(trained.corpus, preset, tmp_path / "run", Console(SETTINGS, print))
    history = json.loads((tmp_path / "run" / HISTORY).read_bytes())
    snapshots = sorted((tmp_path / "run" / "snapshots").iterdir())
    last = history["steps"][-1]["step"]
    assert [row["step"] for row in history["epochs"]] == [*range(20, last, 20), last]
    release = release_run(tmp_path / "run", trained.corpus, tmp_path / "release", Choice(weights=snapshots[0]))
    first = history["epochs"][0]["validation_bits_per_char"]
    assert release.config["scores"]["validation"]["bits_per_char"] == pytest.approx(first, rel=0.01)
    assert release.config["run"]["weights"] == snapshots[0].name


def test_what_a_run_began_with_is_told_by_its_release(trained: Trained, begun: Path, tmp_path: Path) -> None:
    release_run(begun / "run", begun / "other.jsonl", tmp_path / "release")
    config = json.loads((tmp_path / "release" / "config.json").read_bytes())
    began = json.loads((trained.release / "config.json").read_bytes())
    assert config["run"]["init_from"] == {"release": "tiny", "hash": began["hash"]}
    assert began["hash"] in (tmp_path / "release" / "MODEL_CARD.md").read_text("utf-8")


def test_two_processes_cannot_train_in_one_folder(trained: Trained, tmp_path: Path) -> None:
    with training_in(tmp_path / "run"):
        options = ["--preset", trained.preset, "--out", tmp_path / "run"]
        done = model("train", trained.corpus, *options, check=False)
    assert (done.returncode, done.stderr) == (1, f"model: another process is training in {tmp_path / 'run'}\n")


BROKEN = {
    "tokenizer.model": "tokenizer.model cannot be used",
    "run.json": "holds no run",
    CHECKPOINT: "is not a checkpoint",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_of_a_run_is_named(trained: Trained, tmp_path: Path, name: str) -> None:
    run = Path(shutil.copytree(trained.run, tmp_path / "run"))
    (run / name).write_bytes(b"[]")
    with pytest.raises(ModelError, match=BROKEN[name]):
        train_run(trained.corpus, load(str(trained.preset)), run, Console(SETTINGS, print), resume=True)


def test_more_samples_or_patience_do_not_make_another_run(trained: Trained, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained.run, tmp_path / "run"))
    preset = load(str(trained.preset))
    other = replace(preset, training=replace(preset.training, sample_steps=5, patience=2, checkpoint_seconds=9))
    train_run(trained.corpus, other, run, Console(SETTINGS, print), resume=True)
    other = replace(preset, training=replace(preset.training, weight_decay=0.5))
    with pytest.raises(ModelError, match="another preset"):
        train_run(trained.corpus, other, run, Console(SETTINGS, print), resume=True)


def test_the_weights_of_another_network_are_no_beginning(trained: Trained, tmp_path: Path) -> None:
    preset = tmp_path / "other.toml"
    preset.write_text(trained.preset.read_text("utf-8").replace("recurrent = 12", "recurrent = 13"), "utf-8")
    options = ["--preset", preset, "--out", tmp_path / "run", "--init-from", trained.run]
    done = model("train", trained.corpus, *options, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "holds another network: recurrent is 12 there, and 13 here" in done.stderr


def test_a_collapsed_network_is_warned_of_and_stopped_on_request(trained: Trained, tmp_path: Path) -> None:
    one = {**PRESET.sampling, "top_k": 1, "line_start_k": 1, "chaos_k": 1}
    settings = replace(SETTINGS, learning_rate=1e-9, stop_on_collapse=True, batch_size=8)
    preset = replace(PRESET, training=settings, sampling=one)
    begun = trainer(tmp_path / "run", trained.run / "tokenizer.model", preset)
    begun.network.linear.bias.assign(np.eye(160)[7] * 50)  # it says one word, whatever it reads
    begun.network.linear.kernel.assign(begun.network.linear.kernel * 0)
    with pytest.raises(ModelError, match=r"stopped: collapse: the samples have only 0\.0 bits per token"):
        run(begun)


def test_learning_rates_are_tried_and_drawn(trained: Trained, tmp_path: Path) -> None:
    options = ["--preset", trained.preset, "--out", tmp_path, "--lr-search", "1e-9,1e-2", "--lr-steps", 20]
    output = model("train", trained.corpus, *options).stdout
    assert re.search(r"0\.01, (held|cosine): .*\ncurves: .*rates\.html", output)
    assert "<svg" in (tmp_path / "rates.html").read_text("utf-8")


@pytest.mark.parametrize("rates", ["a", "0.1,,2", "0", "-1", "nan", "1000"])
def test_learning_rates_that_are_none_are_refused(trained: Trained, tmp_path: Path, rates: str) -> None:
    options = argparse.Namespace(
        corpus=trained.corpus, preset=str(trained.preset), out=tmp_path, lr_search=rates, lr_steps=9, **READING
    )
    with pytest.raises(ModelError, match=r"learning rate|--lr-search"):
        train(options)


def test_a_finished_run_is_not_overwritten(trained: Trained) -> None:
    before = (trained.run / CHECKPOINT).stat().st_mtime_ns
    done = model("train", trained.corpus, "--preset", trained.preset, "--out", trained.run, check=False)
    assert done.returncode == 1
    assert "--resume" in done.stderr
    assert (trained.run / CHECKPOINT).stat().st_mtime_ns == before


def test_another_corpus_cannot_be_resumed_on(trained: Trained, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_bytes(trained.corpus.read_bytes() + b'{"text": "one more"}\n')
    done = model("train", other, "--preset", trained.preset, "--out", trained.run, "--resume", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "another corpus" in done.stderr


def test_too_small_a_corpus_is_refused(trained: Trained, tmp_path: Path) -> None:
    preset = tmp_path / "wide.toml"
    preset.write_text(trained.preset.read_text("utf-8").replace("window = 32", "window = 40000"), "utf-8")
    done = model("train", trained.corpus, "--preset", preset, "--out", tmp_path / "run", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("model: the corpus is smaller than one batch of windows")
    assert "Traceback" not in done.stderr


TEMPERATURES = "sample_temperatures = [0.7]"
WRONG = {
    "sizes that are no table": ("[sizes]", "[size]", "[sizes]: missing key 'dropout'"),
    "no temperature": (TEMPERATURES, 'sample_temperatures = ["hot"]', "sample_temperatures: each element"),
    "a type of no number": ('dtype = "float32"', 'dtype = "float99"', "dtype 'float99' is unknown"),
    "heads that do not divide": ("heads = 8", "heads = 5", "embedding must be a multiple of heads"),
    "a temperature too high": (
        TEMPERATURES,
        "sample_temperatures = [0.5, 99.0]",
        "must be between 0.01 and 10, or 0",
    ),
    "a temperature too low": (
        TEMPERATURES,
        "sample_temperatures = [0.001]",
        "must be between 0.01 and 10, or 0",
    ),
    "a temperature of no number": (
        TEMPERATURES,
        "sample_temperatures = [nan]",
        "must be between 0.01 and 10, or 0",
    ),
    "no list of layers": ("head = [24]", "head = 24", "head must be of type list"),
    "a layer out of bounds": ("head = [24]", "head = [24, 0]", "head: each element must be between 1 and 16384"),
    "no layer": ("head = [24]", "head = []", "head must name from 1 to 16 layers"),
    "out of bounds": ("batch_size = 4", "batch_size = 0", "batch_size must be between 1"),
    "a network that is a list": ('network = "poet"', 'network = ["poet"]', "network ['poet'] is unknown"),
    "a mood that is none": (
        "prompt_break = true",
        "prompt_break = true\nmoods.calm = 3",
        "[moods.calm] must be of type table",
    ),
    "unknown key": ("epochs = 3", "epoch = 3", "unknown key 'epoch'"),
    "missing key": ("epochs = 3\n", "", "missing key 'epochs'"),
    "wrong type": ("epochs = 3", 'epochs = "3"', "epochs must be of type int"),
    "unknown size": ("head = [24]", "head = [24]\nheight = 2", "unknown key 'height'"),
    "unknown network": ('network = "poet"', 'network = "parrot"', "network 'parrot' is unknown"),
    "unknown normalisation": ('"yo"', '"you"', "normalisation 'you' is unknown"),
    "backwards within a line": (
        '"yo"]\ncapital_lines = true\nforce_breaks = true\nprompt_break = true',
        '"backwards"]\ncapital_lines = true\nforce_breaks = true\nprompt_break = false',
        "normalisation 'backwards' needs prompt_break = true",
    ),
    "backwards with words": (
        'tokenizer = "bpe"\nnormalisation = ["nfc", ',
        'tokenizer = "words"\nnormalisation = ["backwards", ',
        "which the tokenizer 'words' separates; use 'bpe' or 'characters'",
    ),
    "an ear without syllables": (
        'tokenizer = "bpe"',
        'tokenizer = "characters"',
        "ear = true needs the network poet or charrnn, which carry a state, tokenizer bpe",
    ),
    "sampling out of bounds": ("chaos = 0.25", "chaos = 1.25", "chaos: must be between 0 and 1"),
    "no TOML": ("[sizes]", "[sizes", "tiny.toml"),
}


@pytest.mark.parametrize(("before", "after", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_preset_is_named(trained: Trained, tmp_path: Path, before: str, after: str, sentence: str) -> None:
    preset = tmp_path / "tiny.toml"
    preset.write_text(trained.preset.read_text("utf-8").replace(before, after), "utf-8")
    with pytest.raises(ModelError, match=re.escape(sentence)):
        load(str(preset))


def test_the_most_likely_token_and_temperatures_within_bounds_may_be_sampled(trained: Trained, tmp_path: Path) -> None:
    preset = tmp_path / "tiny.toml"
    text = trained.preset.read_text("utf-8")
    preset.write_text(text.replace(TEMPERATURES, "sample_temperatures = [0, 0.015, 10.0]"), "utf-8")
    assert load(str(preset)).training.sample_temperatures == [0, 0.015, 10.0]


def test_an_unknown_preset_lists_those_there_are() -> None:
    with pytest.raises(ModelError, match="there are: neuralpoet"):
        load("neuralpoe")


def test_the_best_epoch_is_the_one_of_the_best_validation_accuracy() -> None:
    pairs = ((0.1, 3.0), (0.4, 2.5), (0.4, 2.2), (0.3, 2.0), (0.35, 1.9))
    progress = Progress(epochs=[
        {"epoch": epoch, "validation_accuracy": a, "validation_loss": loss} for epoch, (a, loss) in enumerate(pairs, 1)
    ])  # fmt: skip
    assert (progress.best, progress.stale(), progress.stale(since=3)) == ((0.4, -2.2), 2, 0)


def test_a_checkpoint_is_whole_or_not_there(trained: Trained, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(trained.run, run)
    (run / f".new.1.{CHECKPOINT}").write_bytes(b"half written")
    output = model("train", trained.corpus, "--preset", trained.preset, "--out", run, "--resume").stdout
    assert "resumed at epoch 4" in output


def test_a_run_without_an_epoch_makes_no_release(trained: Trained, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained.run, tmp_path / "run"))
    (run / HISTORY).unlink()
    done = model("release", run, trained.corpus, tmp_path / "release", check=False)
    assert (done.returncode, done.stderr) == (1, f"model: {run} has not finished an epoch yet\n")


def test_a_run_goes_on_with_or_without_an_ear(trained: Trained) -> None:
    record = read_record(trained.run)
    deaf = {**record["preset"], "ear": False}
    assert record["preset"] != deaf
    check_same(trained.run, {**record, "preset": deaf})
    with pytest.raises(ModelError, match="another preset"):
        check_same(trained.run, {**record, "preset": {**deaf, "force_breaks": False}})


def test_a_release_has_the_ear_of_the_preset_that_it_is_given(trained: Trained, tmp_path: Path) -> None:
    deaf = tmp_path / "tiny.toml"
    deaf.write_text(trained.preset.read_text("utf-8").replace("ear = true\n", ""), "utf-8")
    release = release_run(trained.run, trained.corpus, tmp_path / "release", Choice(preset=str(deaf)))
    assert (release.text.ear, "lines" in release.text.signatures) == (False, False)
    eared = load_release(trained.release).text
    assert (eared.ear, "lines" in eared.signatures) == (True, True)


def test_a_run_of_characters_is_given_no_ear(trained: Trained, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained.run, tmp_path / "run"))
    record = read_record(run)
    write_record(run, {**record, "preset": {**record["preset"], "tokenizer": "characters", "ear": False}})
    with pytest.raises(ModelError, match="ear = true needs"):
        release_run(run, trained.corpus, tmp_path / "release", Choice(preset=str(trained.preset)))


def test_too_few_texts_for_the_vocabulary_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="too few for 500 tokens"):
        learn_bpe(["раз два\nтри"] * 3, tmp_path / "tokenizer.model", 500, [])
