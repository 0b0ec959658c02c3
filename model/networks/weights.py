"""A network's weights on disk, in Keras's HDF5 form."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError
from model.files.replacing import replacing


def save_weights(network: keras.Model, path: Path) -> None:
    """Write a network's weights, whole or not at all."""
    check_finite(network.get_weights(), path.parent)
    with written(path) as new:
        network.save_weights(new)


def load_weights(network: keras.Model, path: Path) -> None:
    """Read weights that `save_weights` wrote. ModelError where the file is missing or holds others."""
    try:
        network.load_weights(path)
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no such file") from None
    except (KeyError, OSError, ValueError):
        raise ModelError(f"{path} holds no weights of this network") from None


def check_finite(arrays: Iterable[NDArray[Any]], folder: Path) -> None:
    """Raise ModelError where a weight is NaN or infinite, before it takes the place of a good one in `folder`."""
    if not all(np.isfinite(array).all() for array in arrays):
        raise ModelError(f"a weight is NaN or infinite; {folder} holds the last good checkpoint")


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Yield a path to write to, which takes the place of `path` when all is written. ModelError where it cannot be."""
    try:
        with replacing(path) as new:
            yield new
    except OSError as error:
        why = error.strerror or "the disk may be full"  # of HDF5's own errors the reason is a page long
        raise ModelError(f"{path} could not be written: {why}; what was there before is still there") from None
