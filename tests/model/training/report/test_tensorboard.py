"""The log for TensorBoard, read back with TensorBoard's own reader."""

import builtins
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from model.training.report.tensorboard import EventLog


def read(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()


def values(folder: Path, name: str) -> list[tuple[int, Any]]:
    return [(event.step, tensor_util.make_ndarray(event.tensor_proto).item()) for event in read(folder).Tensors(name)]


def run(folder: Path, steps: range, offset: float = 0.0) -> None:
    log = EventLog(folder, steps.start - 1)
    for step in steps:
        log.scalars(step, {"train/loss": step + offset, "train/accuracy": 0.5})
        if step % 2 == 0:
            log.text(step, "temperature 0.5", f"step {step}\n<b>Чай</b>")
    log.close()
    log.close()


def test_figures_and_texts_are_read_back(tmp_path: Path) -> None:
    run(tmp_path, range(1, 4))
    assert values(tmp_path, "train/loss") == [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert values(tmp_path, "temperature 0.5") == [(2, "    step 2\n    <b>Чай</b>".encode())]
    events = read(tmp_path)
    assert events.PluginTagToContent("scalars").keys() == {"train/loss", "train/accuracy"}
    assert events.PluginTagToContent("text").keys() == {"temperature 0.5"}


def test_a_resumed_run_has_each_step_once(tmp_path: Path) -> None:
    run(tmp_path, range(1, 11))  # killed after step 10, its last checkpoint being of step 6
    run(tmp_path, range(7, 10), offset=0.25)
    run(tmp_path, range(10, 13), offset=0.5)
    assert values(tmp_path, "train/loss") == [
        *((step, float(step)) for step in range(1, 7)),
        *((step, step + 0.25) for step in range(7, 10)),
        *((step, step + 0.5) for step in range(10, 13)),
    ]
    assert [step for step, _ in values(tmp_path, "temperature 0.5")] == [2, 4, 6, 8, 10, 12]


def test_a_run_that_is_begun_anew_takes_all_back(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.scalars(0, {"a": 1.0})
    log.close()
    log = EventLog(tmp_path)
    log.scalars(0, {"a": 2.0})
    log.close()
    assert values(tmp_path, "a") == [(0, 2.0)]


def test_what_is_logged_can_be_read_at_once(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.scalars(1, {"a": 1.0})
    assert values(tmp_path, "a") == [(1, 1.0)]
    log.close()


def test_what_is_no_number_is_logged_as_such(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.scalars(1, {"a": math.nan})
    log.close()
    assert math.isnan(values(tmp_path, "a")[0][1])


def test_without_the_library_it_says_so_once_and_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "tensorboard":
            raise ImportError(name)
        return whole(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    said: list[str] = []
    log = EventLog(tmp_path / "events", say=said.append)
    log.scalars(1, {"a": 1.0})
    log.text(1, "b", "c")
    log.close()
    assert said == ["no TensorBoard log; to have one: pip install tensorboard"]
    assert not (tmp_path / "events").exists()


def test_a_disk_that_is_full_is_told_once_and_stops_no_run(tmp_path: Path) -> None:
    said: list[str] = []
    log = EventLog(tmp_path, say=said.append)
    log.scalars(1, {"a": 1.0})
    assert log._file is not None
    log._file.close()
    log._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115  the log closes it
    log.scalars(2, {"a": 2.0})
    log.scalars(3, {"a": 3.0})
    log.close()
    assert len(said) == 1
    assert "No space left" in said[0]
    assert values(tmp_path, "a") == [(1, 1.0)]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said: list[str] = []
    EventLog(tmp_path / "file", say=said.append).scalars(1, {"a": 1.0})
    assert len(said) == 1


def test_no_tensorflow_is_needed(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['tensorflow'] = None; from pathlib import Path;"
        "from model.training.report.tensorboard import EventLog;"
        "log = EventLog(Path(sys.argv[1])); log.scalars(1, {'a': 1.0}); log.text(1, 'b', 'c'); log.close()"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code, str(tmp_path)], check=True, timeout=60)
    assert values(tmp_path, "a") == [(1, 1.0)]
