"""Training as a user runs it: progress, checkpoints, a kill in the middle, and what may not be resumed."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from model.errors import ModelError
from model.networks import poet
from model.networks.sizes import PoetSizes
from model.preset import Training, load
from model.text.bpe import BpeTokenizer
from model.tokenizing import learn_bpe
from model.training import BEST, CHECKPOINT, HISTORY, Progress, Trainer, steps_per_epoch, windows
from tests.conftest import Trained, model
from tests.model.tiny import poems
from tests.processes import start, wait_until

ROWS = [
    np.arange(start, start + length, dtype=np.int32) for start, length in ((0, 90), (100, 70), (200, 45), (300, 120))
]


def test_progress_names_loss_accuracy_speed_and_time_left(trained: Trained) -> None:
    line = r"epoch 2/3 step \d+/\d+ loss \d\.\d+ accuracy 0\.\d+ [\d,]+ tokens/s \d:\d\d:\d\d left"
    assert re.search(line, trained.training_output)
    assert len(re.findall(r"validation: accuracy .* bits per character", trained.training_output)) == 3


def test_training_learns(trained: Trained) -> None:
    history = json.loads((trained.run / HISTORY).read_bytes())
    assert history[-1]["validation_bits_per_char"] < history[0]["validation_bits_per_char"] - 0.3
    assert history[-1]["loss"] < history[0]["loss"]


def test_a_killed_run_goes_on(trained: Trained, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = ["train", str(trained.corpus), "--preset", str(trained.preset), "--out", str(run)]
    running = start([sys.executable, "-m", "model", *command])
    wait_until(lambda: "epoch 2/3 step 40" in running.text(), 90, running.text)
    running.process.kill()
    running.wait()
    output = model(*command, "--resume").stdout
    resumed = re.search(r"resumed at epoch (\d), step (\d+)", output)
    assert resumed is not None
    assert resumed[1] == "2"
    assert int(resumed[2]) >= 20
    assert "epoch 1/3" not in output
    history = json.loads((run / HISTORY).read_bytes())
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert (run / BEST).is_file()
    assert history[2]["validation_bits_per_char"] < history[0]["validation_bits_per_char"] - 0.3


class Stopped(Exception):  # noqa: N818
    """Raised in the middle of an epoch."""


def trainer(folder: Path, tokenizer: BpeTokenizer, settings: Training, stop_at: str | None = None) -> Trainer:
    """Give a trainer that is stopped dead when it reports `stop_at`."""

    def say(line: str) -> None:
        if stop_at is not None and line.startswith(stop_at):
            raise Stopped

    keras.utils.set_random_seed(settings.seed)
    sizes = PoetSizes(160, 16, 12, 24, 8, 20, dropout=0.3)
    folder.mkdir(exist_ok=True)
    return Trainer(poet.build(sizes), tokenizer, settings, folder, say)


def test_a_resumed_run_ends_with_the_weights_of_one_that_was_never_stopped(trained: Trained, tmp_path: Path) -> None:
    tokenizer = BpeTokenizer(trained.run / "tokenizer.model", ["nfc"])
    settings = replace(load(str(trained.preset)).training, epochs=2)
    texts = [poem["text"] for poem in poems()]
    whole = trainer(tmp_path / "whole", tokenizer, settings)
    whole.run(texts[:100], texts[100:])
    with pytest.raises(Stopped):
        trainer(tmp_path / "stopped", tokenizer, settings, "epoch 2/2 step 40").run(texts[:100], texts[100:])
    resumed = trainer(tmp_path / "stopped", tokenizer, settings)
    resumed.run(texts[:100], texts[100:])
    pairs = zip(whole.network.get_weights(), resumed.network.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert [row["epoch"] for row in resumed.progress.history] == [1, 2]


def test_a_weight_that_is_no_number_never_reaches_a_checkpoint(trained: Trained, tmp_path: Path) -> None:
    tokenizer = BpeTokenizer(trained.run / "tokenizer.model", ["nfc"])
    settings = replace(load(str(trained.preset)).training, epochs=1, learning_rate=float("nan"))
    texts = [poem["text"] for poem in poems()]
    with pytest.raises(ModelError, match="is no number any more"):
        trainer(tmp_path, tokenizer, settings).run(texts[:100], texts[100:])
    assert not (tmp_path / CHECKPOINT).exists()


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


WRONG = {
    "unknown key": ("epochs = 3", "epoch = 3", "unknown key 'epoch'"),
    "missing key": ("epochs = 3\n", "", "missing key 'epochs'"),
    "wrong type": ("epochs = 3", 'epochs = "3"', "epochs must be of type int"),
    "unknown size": ("head = 24", "head = 24\nheight = 2", "unknown key 'height'"),
    "unknown network": ('network = "poet"', 'network = "parrot"', "network 'parrot' is unknown"),
    "unknown normalisation": ('"yo"', '"you"', "normalisation 'you' is unknown"),
    "sampling out of bounds": ("chaos = 0.25", "chaos = 1.25", "chaos: must be between 0 and 1"),
    "no TOML": ("[sizes]", "[sizes", "tiny.toml"),
}


@pytest.mark.parametrize(("before", "after", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_preset_is_named(trained: Trained, tmp_path: Path, before: str, after: str, sentence: str) -> None:
    preset = tmp_path / "tiny.toml"
    preset.write_text(trained.preset.read_text("utf-8").replace(before, after), "utf-8")
    with pytest.raises(ModelError, match=re.escape(sentence)):
        load(str(preset))


def test_an_unknown_preset_lists_those_there_are() -> None:
    with pytest.raises(ModelError, match="there are: neuralpoet"):
        load("neuralpoe")


def test_every_epoch_has_its_steps_and_another_order() -> None:
    settings = load("neuralpoet").training
    settings = replace(settings, window=16, batch_size=3)
    steps = steps_per_epoch(ROWS, settings)
    epochs = [list(windows(ROWS, settings, epoch)) for epoch in range(8)]
    assert steps == 6
    assert all(len(epoch) >= steps for epoch in epochs)
    assert all(batch.shape == (3, 17) for epoch in epochs for batch in epoch)
    assert len({epoch[0].tobytes() for epoch in epochs}) == len(epochs)
    assert all(np.array_equal(a, b) for a, b in zip(epochs[5], windows(ROWS, settings, 5), strict=True))


def test_windows_of_an_epoch_overlap_by_the_one_token_that_is_predicted() -> None:
    settings = load("neuralpoet").training
    settings = replace(settings, window=16, batch_size=1)
    seen = np.concatenate([batch[0, :-1] for batch in windows(ROWS, settings, 0)])
    assert len(seen) == len(set(seen.tolist()))


def test_the_best_epoch_is_the_one_of_the_best_validation_accuracy() -> None:
    progress = Progress(history=[{"validation_accuracy": accuracy} for accuracy in (0.1, 0.4, 0.3, 0.35)])
    assert (progress.best, progress.stale) == (0.4, 2)


def test_a_checkpoint_is_whole_or_not_there(trained: Trained, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(trained.run, run)
    (run / f"new.{CHECKPOINT}").write_bytes(b"half written")
    output = model("train", trained.corpus, "--preset", trained.preset, "--out", run, "--resume").stdout
    assert "resumed at epoch 4" in output


def test_a_run_without_an_epoch_makes_no_release(trained: Trained, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained.run, tmp_path / "run"))
    (run / HISTORY).unlink()
    done = model("release", run, trained.corpus, tmp_path / "release", check=False)
    assert (done.returncode, done.stderr) == (1, f"model: {run} has not finished an epoch yet\n")


def test_too_few_texts_for_the_vocabulary_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="too few for 500 tokens"):
        learn_bpe(["раз два\nтри"] * 3, tmp_path / "tokenizer.model", 500, [])


def test_texts_without_line_breaks_are_refused(tmp_path: Path) -> None:
    texts = [poem["text"].replace("\n", " ") for poem in poems()]
    with pytest.raises(ModelError, match="no line breaks"):
        learn_bpe(texts, tmp_path / "tokenizer.model", 160, [])
