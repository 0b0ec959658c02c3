"""What is on disk after a kill, a full disk, or a mistake."""

import resource
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import pytest

from model.errors import ModelError
from model.networks.weights import load_weights, save_weights
from model.training.checkpoints import CHECKPOINT, SNAPSHOTS, restore, save, save_snapshot
from model.training.history import Progress, Tally

FULL = """
import sys
from itertools import pairwise
from pathlib import Path
import numpy as np
from model.errors import ModelError
from model.training.checkpoints import save
from model.training.history import Progress, Tally
try:
    save(Path(sys.argv[1]), [np.zeros(100_000)], Progress(epoch=2))
except ModelError as error:
    sys.exit(str(error))
"""


def variables(*values: float) -> list[keras.Variable]:
    return [keras.Variable(np.full((3, 2), value, np.float32)) for value in values]


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    progress = Progress(
        3, 17, 1.5, 99, Tally(1, 2, 3.0), Tally(), [{"step": 1, "loss": 2.5}], [{"validation_accuracy": 0.3}]
    )
    save(tmp_path, variables(1, 2), progress)
    back = variables(0, 0)
    assert restore(tmp_path, back) == progress
    assert [float(variable[0, 0]) for variable in back] == [1, 2]


def test_where_there_is_none_nothing_changes(tmp_path: Path) -> None:
    assert restore(tmp_path, variables(1)) is None


def test_a_checkpoint_of_another_network_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    save(tmp_path, [*variables(1), keras.Variable(np.zeros(4, np.float32))], Progress())
    mine = variables(5, 6)
    with pytest.raises(ModelError, match="checkpoint of another network"):
        restore(tmp_path, mine)
    assert float(mine[0][0, 0]) == 5


@pytest.mark.parametrize("content", [b"", b"PK", b"half written", b"\x93NUMPY"])
def test_a_file_that_is_no_checkpoint_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(ModelError, match="is not a checkpoint"):
        restore(tmp_path, variables(1))


def test_a_weight_that_is_no_number_never_reaches_a_checkpoint(tmp_path: Path) -> None:
    save(tmp_path, variables(1), Progress())
    with pytest.raises(ModelError, match="is NaN or infinite"):
        save(tmp_path, variables(float("nan")), Progress())
    back = variables(0)
    assert restore(tmp_path, back) is not None
    assert float(back[0][0, 0]) == 1


def small_disk() -> None:
    """Let no file grow beyond 100 kB: what a write then meets is what it meets on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


@pytest.mark.slow
def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path: Path) -> None:
    save(tmp_path, variables(1), Progress(epoch=1))
    command = [sys.executable, "-c", FULL, str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", preexec_fn=small_disk)
    assert done.returncode == 1
    assert f"{tmp_path / CHECKPOINT} could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert restore(tmp_path, variables(0)) == Progress(epoch=1)
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]


def network() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def test_of_the_snapshots_the_first_the_last_and_some_between_stay(tmp_path: Path) -> None:
    for step in range(5, 105, 5):
        save_snapshot(network(), tmp_path, step, most=4)
    kept = [int(path.name[5:14]) for path in sorted((tmp_path / SNAPSHOTS).iterdir())]
    assert (kept[0], kept[-1], len(kept)) == (5, 100, 4)
    assert max(after - before for before, after in pairwise(kept)) <= 60


def test_a_single_snapshot_is_the_newest(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save_snapshot(network(), tmp_path, step, most=1)
    assert [path.name for path in (tmp_path / SNAPSHOTS).iterdir()] == ["step-000000003.weights.h5"]


def test_weights_that_are_no_numbers_are_not_kept(tmp_path: Path) -> None:
    spoilt = network()
    spoilt.layers[0].kernel.assign([[np.nan], [1.0]])
    with pytest.raises(ModelError, match="is NaN or infinite"):
        save_weights(spoilt, tmp_path / "best.weights.h5")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, b"", b"no weights"])
def test_weights_that_cannot_be_read_are_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "best.weights.h5"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"best\.weights\.h5"):
        load_weights(network(), path)
