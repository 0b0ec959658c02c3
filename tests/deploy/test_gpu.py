"""Training on a machine without a package index: what is packed there trains, and leaves what can be brought back."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.model import tiny

ROOT = Path(__file__).resolve().parents[2]


def packed(folder: Path) -> Path:
    """Make a folder as `pack` does, but for the wheels, which need an index: `site` stands for their installation."""
    corpus, preset = tiny.write(folder)
    (folder / "corpora").mkdir()
    (folder / "site").mkdir()
    shutil.move(corpus, folder / "corpora" / corpus.name)
    shutil.copy(ROOT / "deploy" / "gpu", folder / "gpu")
    (folder / "model").symlink_to(ROOT / "model")
    (folder / "order").write_text(f"corpora/{corpus.name}\n", "utf-8")
    (folder / "preset").write_text(f"{preset.name}\n", "utf-8")
    preset.write_text(preset.read_text("utf-8").replace("epochs = 3", "epochs = 1"), "utf-8")
    return folder


def gpu(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TMPDIR": str(folder),
        "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
    }
    return subprocess.run(
        [folder / "gpu", *arguments], check=False, capture_output=True, encoding="utf-8", env=environment, timeout=290
    )


def arrays(path: Path) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return found


@pytest.mark.slow
def test_it_trains_on_jax_and_leaves_weights_in_pieces(tmp_path: Path) -> None:
    done = gpu(packed(tmp_path), "train", "280", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "history.json", "log", "run.json", "tokenizer.model", "weights.00",
    }  # fmt: skip
    half, full = (arrays(tmp_path / name) for name in ("out/weights.00", "run/best.weights.h5"))
    assert half.keys() == full.keys()
    for name, array in half.items():
        assert array.dtype == np.float16
        np.testing.assert_allclose(array, full[name], atol=1e-2)


def test_an_earlier_run_is_not_taken_for_this_one(tmp_path: Path) -> None:
    (packed(tmp_path) / "run").mkdir()
    done = gpu(tmp_path, "train", "280", str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (1, f"{tmp_path / 'run'} holds an earlier run; move it away first\n")


@pytest.mark.slow
def test_a_training_that_fails_says_so(tmp_path: Path) -> None:
    (packed(tmp_path) / "tiny.toml").write_text("network = 5", "utf-8")
    done = gpu(tmp_path, "train", "280", str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (1, "training ended with status 1; the log says why\n")
    assert "network 5 is unknown" in (tmp_path / "out" / "log").read_text("utf-8")


@pytest.mark.slow
def test_a_time_limit_that_is_too_short_is_reported(tmp_path: Path) -> None:
    done = gpu(packed(tmp_path), "train", "1", str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (1, "training did not begin in time: give gpu train more seconds\n")


def test_wrong_arguments_are_one_sentence(tmp_path: Path) -> None:
    folder = packed(tmp_path)
    for words in (["train"], ["pack", "here"], ["fly"], []):
        done = gpu(folder, *words)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), words
        assert "gpu" in done.stderr
