"""Training on several devices, two that XLA makes of one CPU, in processes of their own; and the dtype they choose."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import pytest

from model.training.devices import best_dtype
from model.training.recorder import HISTORY
from tests.model import tiny

SECONDS = 340
QUICK_COMPILER = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


def train(folder: Path, devices: int, *options: str) -> tuple[str, dict[str, Any]]:
    """Train the tiny model on JAX with so many devices; return what it said and its history."""
    corpus, preset = tiny.write(folder)
    text = preset.read_text("utf-8").replace("epochs = 3", "epochs = 1").replace("batch_size = 2", "batch_size = 6")
    text = text.replace("dropout = 0.1", "dropout = 0.0").replace('"bpe"', '"characters"')  # learned alike twice
    preset.write_text(text, "utf-8")
    flags = f"--xla_force_host_platform_device_count={devices} {QUICK_COMPILER}"
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    command = [sys.executable, "-m", "model", "train", str(corpus), "--preset", str(preset)]
    command += ["--out", str(folder / "run"), *options]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=110, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((folder / "run" / HISTORY).read_bytes())


@pytest.mark.timeout(SECONDS)
def test_two_devices_learn_what_one_does(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    _, alone = train(tmp_path / "one", 1)
    said, together = train(tmp_path / "two", 4)
    assert "training on 2 of 4 devices; batch_size is 6" in said
    rows = [(row["loss"], row["accuracy"]) for row in alone["steps"][:5]]
    assert len(rows) == 5
    assert rows[0][0] > rows[-1][0]
    for expected, row in zip(rows, together["steps"], strict=False):
        assert (row["loss"], row["accuracy"]) == pytest.approx(expected, abs=1e-4)
    ends = [history["epochs"][-1]["validation_loss"] for history in (alone, together)]
    assert ends[0] == pytest.approx(ends[1], abs=1e-3)
    assert "epoch 1" not in train(tmp_path / "two", 4, "--resume")[0]  # it comes back onto both


@pytest.mark.parametrize(
    ("flags", "dtype"),
    [
        ("fpu avx2 avx512f avx512_bf16 clzero", "mixed_bfloat16"),
        ("fpu avx2 avx512f amx_bf16 amx_tile", "mixed_bfloat16"),
        ("fpu avx2 avx512f avx512_vnni", "float32"),
        ("fpu avx2 no_avx512_bf16", "float32"),
    ],
)
def test_bfloat16_is_for_processors_that_multiply_in_it(tmp_path: Path, flags: str, dtype: str) -> None:
    cpu_info = tmp_path / "cpuinfo"
    cpu_info.write_text(f"processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: {flags}\nbugs\t\t: none\n", "utf-8")
    assert best_dtype(cpu_info) == dtype


def test_the_dtype_is_float32_where_nothing_says_what_the_processor_can(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert best_dtype(tmp_path / "empty") == best_dtype(tmp_path / "missing") == "float32"


def test_jax_on_a_processor_is_given_float32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu avx512_bf16\n", "utf-8")
    assert best_dtype(tmp_path / "cpuinfo") == "mixed_bfloat16"
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert best_dtype(tmp_path / "cpuinfo") == "float32"


def test_bfloat16_is_for_every_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    assert best_dtype(tmp_path / "missing") == "mixed_bfloat16"
