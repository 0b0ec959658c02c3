"""What a run keeps on disk: one checkpoint to resume from, the best weights, and a limited number of snapshots."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from model.errors import ModelError
from model.networks.weights import check_finite, save_weights, written
from model.training.history import Progress

CHECKPOINT = "checkpoint.npz"
BEST = "best.weights.h5"
SNAPSHOTS = "snapshots"


def save(folder: Path, variables: Sequence[Any], progress: Progress) -> None:
    """Write the checkpoint atomically: after a kill or on a full disk, the previous one is still there."""
    arrays = {str(i): np.asarray(variable) for i, variable in enumerate(variables)}
    check_finite(arrays.values(), folder)
    with written(folder / CHECKPOINT) as new:
        np.savez(new, allow_pickle=False, progress=np.array(json.dumps(asdict(progress))), **arrays)


def restore(folder: Path, variables: Sequence[Any]) -> Progress | None:
    """Load the checkpoint into the variables and return the run's progress; None if there is no checkpoint."""
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        with np.load(path) as file:
            arrays = [file[str(i)] for i in range(len(file.files) - 1)]
            progress = Progress.read(json.loads(str(file["progress"])))
    except (BadZipFile, EOFError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is not a checkpoint of this program: {error}") from None
    if [array.shape for array in arrays] != [tuple(variable.shape) for variable in variables]:
        raise ModelError(f"{path} is a checkpoint of another network")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return progress


def save_snapshot(network: keras.Model, folder: Path, step: int, most: int) -> None:
    """Save the weights as the snapshot of a step. Beyond `most` snapshots, delete the one nearest to its neighbours.

    The first and the last are always kept, and those between remain spread over the whole run.
    """
    save_weights(network, folder / SNAPSHOTS / f"step-{step:09}.weights.h5")
    kept = {int(path.name[5:14]): path for path in (folder / SNAPSHOTS).glob("step-*.weights.h5")}
    while len(kept) > most:
        steps = sorted(kept)
        gaps = {here: after - before for before, here, after in zip(steps, steps[1:], steps[2:], strict=False)}
        kept.pop(min(gaps, key=gaps.__getitem__, default=steps[0])).unlink()
