"""Training on several devices, two that XLA makes of one CPU, in processes of their own; and the dtype they choose."""

import json
from pathlib import Path
from typing import Any

import keras
import pytest

from model.training.devices import best_dtype
from model.training.recorder import HISTORY
from tests.forks import Forks
from tests.model import tiny
from tests.model.conftest import XLA_FLAGS

SECONDS = 340


def several(devices: int) -> dict[str, str]:
    """Return the flags of a process for which XLA makes several devices of one CPU."""
    return {"XLA_FLAGS": f"--xla_force_host_platform_device_count={devices} {XLA_FLAGS}"}


def train(forks: Forks, folder: Path, devices: int, *options: str) -> tuple[str, dict[str, Any]]:
    """Train the tiny model on JAX with so many devices; return what it said and its history."""
    corpus, preset = tiny.write(folder)
    text = preset.read_text("utf-8").replace("epochs = 3", "epochs = 1").replace("batch_size = 4", "batch_size = 6")
    text = text.replace("dropout = 0.1", "dropout = 0.0").replace("ear = true\n", "")
    text = text.replace('"bpe"', '"characters"')  # a vocabulary that is learned alike each time
    preset.write_text(text, "utf-8")
    command = ["train", str(corpus), "--preset", str(preset), "--out", str(folder / "run"), *options]
    running = forks.start("model", command, several(devices))
    assert running.wait(110) == 0, running.text()
    return running.text(), json.loads((folder / "run" / HISTORY).read_bytes())


@pytest.mark.timeout(SECONDS)
def test_two_devices_learn_what_one_does(tmp_path: Path, jax_forks: Forks) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    _, alone = train(jax_forks, tmp_path / "one", 1)
    said, together = train(jax_forks, tmp_path / "two", 4)
    assert "training on 2 of 4 devices; batch_size is 6" in said
    rows = [(row["loss"], row["accuracy"]) for row in alone["steps"][:5]]
    assert len(rows) == 5
    assert rows[0][0] > rows[-1][0]
    for expected, row in zip(rows, together["steps"], strict=False):
        assert (row["loss"], row["accuracy"]) == pytest.approx(expected, abs=1e-4)
    ends = [history["epochs"][-1]["validation_loss"] for history in (alone, together)]
    assert ends[0] == pytest.approx(ends[1], abs=1e-3)
    assert "epoch 1" not in train(jax_forks, tmp_path / "two", 4, "--resume")[0]  # it comes back onto both


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
