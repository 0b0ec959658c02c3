"""A network's weights on disk, in Keras's HDF5 format."""

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
    """Write a network's weights atomically."""
    check_finite(network.get_weights(), path.parent)
    with written(path) as new:
        network.save_weights(new)


def load_weights(network: keras.Model, path: Path) -> None:
    """Load weights that `save_weights` wrote. ModelError if the file is missing or is for another network."""
    try:
        network.load_weights(path)
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no such file") from None
    except (KeyError, OSError, ValueError):
        raise ModelError(f"{path} holds no weights of this network") from None


def check_finite(arrays: Iterable[NDArray[Any]], folder: Path) -> None:
    """Raise ModelError if a weight is NaN or infinite, before it replaces a good one in `folder`."""
    if not all(np.isfinite(array).all() for array in arrays):
        raise ModelError(f"a weight is NaN or infinite; {folder} holds the last good checkpoint")


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces `path` once it is written. ModelError if writing fails."""
    try:
        with replacing(path) as new:
            yield new
    except OSError as error:
        why = error.strerror or "the disk may be full"  # HDF5's own messages are a page long
        raise ModelError(f"{path} could not be written: {why}; the previous file is unchanged") from None
