"""The devices that a network is trained on, all of them if Keras can, and the dtype that is fastest on them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import gcd
from pathlib import Path
from typing import Literal

import keras

CPU_INFO = Path("/proc/cpuinfo")
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}  # of processors with native bfloat16; others emulate it


def all_devices(batch_size: int, say: Callable[[str], None]) -> AbstractContextManager[None]:
    """Return a context for building and training networks on all devices, or on as many as share a batch evenly.

    Each device holds all weights, and gradients are those of the whole batch. TensorFlow uses one device, since there
    Keras splits batches only in `fit`.
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


def best_dtype(cpu_info: Path = CPU_INFO) -> Literal["float32", "mixed_bfloat16"]:
    """Return the Keras dtype policy that trains fastest: bfloat16 if a GPU or the processor supports it natively.

    JAX on a processor is always faster in float32.
    """
    if not keras.distribution.list_devices()[0].startswith("cpu"):
        return "mixed_bfloat16"
    if keras.backend.backend() == "jax":
        return "float32"
    lines = cpu_info.read_text("utf-8").splitlines() if cpu_info.exists() else []
    flags = {flag for line in lines if line.startswith("flags") for flag in line.partition(":")[2].split()}
    return "mixed_bfloat16" if flags & BFLOAT16_FLAGS else "float32"


@contextmanager
def on_one_device() -> Iterator[None]:
    """Build and use networks on this process's first device, whatever the surrounding context."""
    around = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(around)
