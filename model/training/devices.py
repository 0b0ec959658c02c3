"""Training on several devices at once, where Keras can: each reads its share of every batch."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import gcd

import keras


def all_devices(batch_size: int, say: Callable[[str], None]) -> AbstractContextManager[None]:
    """Give a context in which networks are built and trained on all devices, or on as many as share a batch evenly.

    Each holds all weights, and the gradients are those of the whole batch. On TensorFlow it is one device: there Keras
    splits batches in `fit` alone.
    """
    if keras.backend.backend() != "jax":
        return nullcontext()
    found = keras.distribution.list_devices()
    used = found[: gcd(batch_size, len(found))]
    if len(found) > 1:
        say(f"training on {len(used)} of {len(found)} devices; batch_size is {batch_size}")
    if len(used) == 1:
        return nullcontext()
    scope: AbstractContextManager[None] = keras.distribution.DataParallel(devices=used).scope()
    return scope


@contextmanager
def on_one_device() -> Iterator[None]:
    """Build and use networks on this process's first device, whatever the context around does."""
    around = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(around)
