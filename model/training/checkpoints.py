"""What a run keeps on disk: one checkpoint to go on from, the best weights, and a bounded number of snapshots."""

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
    """Write the checkpoint; a kill at any moment, or a full disk, leaves the one before it."""
    arrays = {str(i): np.asarray(variable) for i, variable in enumerate(variables)}
    check_finite(arrays.values(), folder)
    with written(folder / CHECKPOINT) as new:
        np.savez(new, allow_pickle=False, progress=np.array(json.dumps(asdict(progress))), **arrays)


def restore(folder: Path, variables: Sequence[Any]) -> Progress | None:
    """Put the checkpoint's values into the variables, and return where the run was; None where there is none."""
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        with np.load(path) as file:
            arrays = [file[str(i)] for i in range(len(file.files) - 1)]
            progress = Progress.read(json.loads(str(file["progress"])))
    except (BadZipFile, EOFError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is no checkpoint of this program: {error}") from None
    if [array.shape for array in arrays] != [tuple(variable.shape) for variable in variables]:
        raise ModelError(f"{path} is a checkpoint of another network")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return progress


def save_snapshot(network: keras.Model, folder: Path, step: int, most: int) -> None:
    """Write the weights of a step beside those of others; of more than `most` the one nearest to its neighbours goes.

    So the first and the last always stay, and what is between shows the whole way.
    """
    save_weights(network, folder / SNAPSHOTS / f"step-{step:09}.weights.h5")
    kept = {int(path.name[5:14]): path for path in (folder / SNAPSHOTS).glob("step-*.weights.h5")}
    while len(kept) > most:
        steps = sorted(kept)
        gaps = {here: after - before for before, here, after in zip(steps, steps[1:], steps[2:], strict=False)}
        kept.pop(min(gaps, key=gaps.__getitem__, default=steps[0])).unlink()
