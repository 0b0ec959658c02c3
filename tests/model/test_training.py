"""Training as a user runs it: progress, checkpoints, a kill in the middle, and what may not be resumed."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from model.preset import load
from model.training import BEST, CHECKPOINT, HISTORY, Progress, steps_per_epoch, windows
from tests.conftest import Trained, model
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


def test_a_killed_run_goes_on_and_ends_where_it_would_have(trained: Trained, tmp_path: Path) -> None:
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
    corpus, preset = tmp_path / "small.jsonl", tmp_path / "small.toml"
    corpus.write_bytes(b"".join(trained.corpus.read_bytes().splitlines(keepends=True)[:30]))
    preset.write_text(trained.preset.read_text("utf-8").replace("window = 32", "window = 4000"), "utf-8")
    done = model("train", corpus, "--preset", preset, "--out", tmp_path / "run", check=False)
    assert (done.returncode, "smaller than one batch" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("change", "sentence"), [
    (("epochs = 3", "epoch = 3"), "unknown key 'epoch'"),
    (("epochs = 3\n", ""), "missing key 'epochs'"),
    (("[sizes]", "[sizes"), "tiny.toml"),
])  # fmt: skip
def test_a_wrong_preset_is_named(trained: Trained, tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    preset = tmp_path / "tiny.toml"
    preset.write_text(trained.preset.read_text("utf-8").replace(*change), "utf-8")
    with pytest.raises(Exception, match=re.escape(sentence)) as raised:
        load(str(preset))
    assert type(raised.value).__name__ == "ModelError"


def test_an_unknown_preset_lists_those_there_are() -> None:
    with pytest.raises(Exception, match="there are: neuralpoet"):
        load("neuralpoe")


def test_every_epoch_has_its_steps_and_another_order() -> None:
    settings = load("neuralpoet").training
    settings = type(settings)(**{**vars(settings), "window": 16, "batch_size": 3})
    steps = steps_per_epoch(ROWS, settings)
    epochs = [list(windows(ROWS, settings, epoch)) for epoch in range(8)]
    assert steps == 6
    assert all(len(epoch) >= steps for epoch in epochs)
    assert all(batch.shape == (3, 17) for epoch in epochs for batch in epoch)
    assert len({epoch[0].tobytes() for epoch in epochs}) == len(epochs)
    assert all(np.array_equal(a, b) for a, b in zip(epochs[5], windows(ROWS, settings, 5), strict=True))


def test_windows_of_an_epoch_overlap_by_the_one_token_that_is_predicted() -> None:
    settings = load("neuralpoet").training
    settings = type(settings)(**{**vars(settings), "window": 16, "batch_size": 1})
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
