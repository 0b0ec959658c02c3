"""What `dtype = "auto"` comes to, and that a run keeps it wherever it goes on."""

from dataclasses import replace
from pathlib import Path

import pytest

from model.account import preset_of
from model.preset import load
from model.run import train_run
from model.training import devices
from model.training.devices import best_dtype
from model.training_report.console import Console
from tests.conftest import Trained


@pytest.mark.parametrize(("flags", "dtype"), [
    ("fpu sse2 avx2 avx512_bf16", "mixed_bfloat16"),
    ("fpu sse2 amx_bf16 amx_tile", "mixed_bfloat16"),
    ("fpu sse2 avx2 avx512f avx512_bf16_like", "float32"),
    ("", "float32"),
])  # fmt: skip
def test_a_processor_says_what_it_can(flags: str, dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text(f"model name\t: Some CPU\nflags\t\t: {flags}\n", "utf-8")
    monkeypatch.setattr(devices, "CPU_INFO", tmp_path / "cpuinfo")
    assert best_dtype() == dtype


def test_a_machine_that_says_nothing_computes_in_float32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "CPU_INFO", tmp_path / "none")
    assert best_dtype() == "float32"


def test_a_run_goes_on_in_the_dtype_that_it_began_with(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = load(str(trained.preset))
    preset = replace(given, training=replace(given.training, dtype="auto", epochs=1))
    for dtype, resume in (("mixed_bfloat16", False), ("float32", True)):
        monkeypatch.setattr("model.run.best_dtype", lambda dtype=dtype: dtype)
        train_run(trained.corpus, preset, tmp_path, Console(preset.training, print), resume=resume)
        assert preset_of(tmp_path).training.dtype == "mixed_bfloat16"
