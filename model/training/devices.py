"""Training on several devices at once, where Keras can: each reads its share of every batch."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from math import gcd
from pathlib import Path
from typing import Literal

import keras

BFLOAT16 = {"avx512_bf16", "amx_bf16"}  # the processors' own names for arithmetic in it
CPU_INFO = Path("/proc/cpuinfo")


def best_dtype() -> Literal["float32", "mixed_bfloat16"]:
    """Return the faster of the dtype policies: bfloat16 on a GPU, or where the processor computes in it."""
    devices = keras.distribution.list_devices()
    if any(not device.startswith("cpu") for device in devices):
        return "mixed_bfloat16"
    try:
        flags = set(CPU_INFO.read_text("utf-8", "replace").split())
    except OSError:
        return "float32"
    return "mixed_bfloat16" if flags & BFLOAT16 else "float32"


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
