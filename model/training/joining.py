"""Joining and leaving a group of processes that train together, by JAX's distributed runtime."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import NoReturn

import keras

from model.errors import ModelError
from model.training.interrupts import SIGNALS
from model.training.machines import ALONE, Machines
from model.training.rank import Rank

JOIN_SECONDS = 300.0  # within which all processes must have joined
HEARTBEAT_SECONDS = 60  # without a heartbeat, after which a process counts as dead
LEAVE_SECONDS = 30  # that a process waits for the others before it ends
_LOST = re.compile(r"gloo|nccl|coordination service", re.IGNORECASE)


@contextmanager
def joined(rank: Rank | None) -> Iterator[Machines]:
    """Join the other processes, before any device is used. ModelError if that fails."""
    if rank is None or rank.count == 1:
        yield ALONE
        return
    if keras.backend.backend() != "jax":
        raise ModelError("training on several machines needs JAX; set KERAS_BACKEND=jax")
    _connect(rank)
    try:
        yield Machines(rank)
    except (RuntimeError, ValueError) as error:  # JAX has no specific exception
        if not _LOST.search(str(error)):
            raise
        _leave("another process has stopped; check its output, and start all processes again with --resume")


def _connect(rank: Rank) -> None:
    """Wait for all processes, at most JOIN_SECONDS: JAX's own timeout would end the process without a clear message."""
    import jax

    late = f"not all {rank.count} processes connected to {rank.address} within {JOIN_SECONDS:g} seconds"
    waiting = Timer(JOIN_SECONDS, _leave, [f"{late}; check that each was started and can reach that address"])
    waiting.start()
    # While JAX waits, Python cannot run signal handlers. There is nothing to save yet, so let signals end the process.
    handlers = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    try:
        jax.distributed.initialize(
            rank.address, rank.count, rank.index, cluster_detection_method="deactivate",
            initialization_timeout=int(JOIN_SECONDS) + 60, heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
            shutdown_timeout_seconds=LEAVE_SECONDS,
        )  # fmt: skip
    except RuntimeError as error:
        raise ModelError(f"{rank.address} cannot be used: {str(error).splitlines()[0]}") from None
    finally:
        waiting.cancel()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _leave(sentence: str) -> NoReturn:
    """Exit immediately: a normal exit would make JAX wait for the others and then abort with a traceback."""
    sys.stdout.flush()
    sys.stderr.write(f"model: {sentence}\n")
    sys.stderr.flush()
    os._exit(1)
