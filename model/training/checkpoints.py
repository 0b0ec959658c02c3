"""What a run keeps on disk: one checkpoint to go on from, the best weights, and a bounded number of snapshots."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError
from model.replacing import replacing
from model.training.history import Progress

CHECKPOINT = "checkpoint.npz"
BEST = "best.weights.h5"
SNAPSHOTS = "snapshots"


def save(folder: Path, variables: Sequence[Any], progress: Progress) -> None:
    """Write the checkpoint; a kill at any moment, or a full disk, leaves the one before it."""
    arrays = {str(i): np.asarray(variable) for i, variable in enumerate(variables)}
    _check_finite(arrays.values(), folder)
    with _written(folder / CHECKPOINT) as new:
        np.savez(new, allow_pickle=False, progress=np.array(json.dumps(asdict(progress))), **arrays)


def restore(folder: Path, variables: Sequence[Any]) -> Progress | None:
    """Put the checkpoint's values into the variables, and give where the run was; None where there is none."""
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


def save_weights(network: keras.Model, path: Path) -> None:
    """Write a network's weights, whole or not at all."""
    _check_finite(network.get_weights(), path.parent)
    with _written(path) as new:
        network.save_weights(new)


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


def load_weights(network: keras.Model, path: Path) -> None:
    """Read weights that `save_weights` wrote. ModelError where the file is missing or holds others."""
    try:
        network.load_weights(path)
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no such file") from None
    except (KeyError, OSError, ValueError):
        raise ModelError(f"{path} holds no weights of this network") from None


def _check_finite(arrays: Iterable[NDArray[Any]], folder: Path) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise ModelError(f"a weight is no number any more; {folder} holds the last good checkpoint")


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    try:
        with replacing(path) as new:
            yield new
    except OSError as error:
        why = error.strerror or "the disk may be full"  # of HDF5's own errors the reason is a page long
        raise ModelError(f"{path} could not be written: {why}; what was there before is still there") from None
