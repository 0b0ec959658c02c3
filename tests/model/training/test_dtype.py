"""What `dtype = "auto"` comes to: a run keeps what it began with, wherever it goes on."""

from dataclasses import replace
from pathlib import Path

import pytest

from model.presets.preset import load
from model.training.record import preset_of
from model.training.report.console import Console
from model.training.run import train_run
from tests.conftest import Trained


def test_a_run_goes_on_in_the_dtype_that_it_began_with(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = load(str(trained.preset))
    preset = replace(given, training=replace(given.training, dtype="auto", epochs=1))
    for dtype, resume in (("mixed_bfloat16", False), ("float32", True)):
        monkeypatch.setattr("model.training.run.best_dtype", lambda dtype=dtype: dtype)
        train_run(trained.corpus, preset, tmp_path, Console(preset.training, print), resume=resume)
        assert preset_of(tmp_path).training.dtype == "mixed_bfloat16"
