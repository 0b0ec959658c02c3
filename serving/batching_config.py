"""How requests are put together, as `--enable_batching` and `--batching_parameters_file` say."""

import os
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from serving.errors import ServingError, invalid
from serving.flags import ServingSettings

# The bounds of what a file may say; TF-Serving has the lower ones.
_BOUNDS = {
    "max_batch_size": (1, 2**31 - 1),
    "batch_timeout_micros": (0, 3_600_000_000),
    "max_enqueued_batches": (1, 2**31 - 1),
    "num_batch_threads": (1, 1024),
}


@dataclass(frozen=True)
class BatchingParameters:
    """TF-Serving's parameters of the same names, with its defaults."""

    max_batch_size: int = 1000
    """Rows (the first dimension of the inputs) that a batch holds, and that one request may have."""
    batch_timeout_micros: int = 0
    """How long a batch that is not full waits for more, at most."""
    max_enqueued_batches: int = 10
    """Batches of one signature of one version that wait; a request that needs another is refused."""
    num_batch_threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Batches that run at once, of all models together."""
    allowed_batch_sizes: tuple[int, ...] = ()
    """The sizes that batches are filled up to; empty: they stay as they are."""
    pad_variable_length_inputs: bool = False
    """Whether inputs of different sizes are padded to the largest, with their own first value."""


def read_batching(settings: ServingSettings) -> BatchingParameters | None:
    """Return the parameters, None where batching is off; raise ServingError for a file that makes no sense."""
    path = settings.batching_parameters_file
    if not settings.enable_batching:
        if path:
            message = (
                "server_options.batching_parameters_file is set without setting server_options.enable_batching to true."
            )
            raise invalid(message)
        return None
    return read(path) if path else BatchingParameters()


def read(path: Path) -> BatchingParameters:
    """Read a text-format BatchingParameters; raise ServingError naming the file."""
    # Only here, so that a server without this file does without the package.
    from serving import text_proto

    message = text_proto.read(path, text_proto.batching_parameters())
    try:
        return _checked(message)
    except ServingError as error:
        raise text_proto.refusal(path, str(error)) from error


def _checked(message: Any) -> BatchingParameters:
    if message.enable_large_batch_splitting.value or message.HasField("max_execution_batch_size"):
        text = "enable_large_batch_splitting and max_execution_batch_size are not offered by this server"
        raise invalid(text)
    numbers = {name: int(getattr(message, name).value) for name in _BOUNDS if message.HasField(name)}
    for name, number in numbers.items():
        low, high = _BOUNDS[name]
        if not low <= number <= high:
            text = f"{name} must be from {low} to {high}; was {number}"
            raise invalid(text)
    allowed = tuple(message.allowed_batch_sizes)
    parameters = BatchingParameters(
        **numbers, allowed_batch_sizes=allowed, pad_variable_length_inputs=message.pad_variable_length_inputs
    )
    _check_allowed(allowed, parameters.max_batch_size)
    return parameters


def _check_allowed(allowed: tuple[int, ...], largest: int) -> None:
    if not allowed:
        return
    if allowed[0] < 1 or any(before >= after for before, after in pairwise(allowed)):
        text = "allowed_batch_sizes entries must be positive and monotonically increasing"
        raise invalid(text)
    if allowed[-1] != largest:
        text = (
            "Last entry in allowed_batch_sizes must match max_batch_size; "
            f"last entry was {allowed[-1]}; expected {largest}"
        )
        raise invalid(text)
