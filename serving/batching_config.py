"""The batching parameters, from `--enable_batching` and `--batching_parameters_file`."""

import os
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from serving.errors import ServingError, invalid
from serving.flags import ServingSettings

# The bounds of the file's values; the lower ones are TF-Serving's.
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
    """Maximum rows (first dimension of the inputs) of a batch, and of one request."""
    batch_timeout_micros: int = 0
    """Maximum time that a batch waits to be filled."""
    max_enqueued_batches: int = 10
    """Maximum waiting batches of one signature of one version; a request that needs another is refused."""
    num_batch_threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Batches that run concurrently, of all models together."""
    allowed_batch_sizes: tuple[int, ...] = ()
    """The sizes that batches are filled up to; empty: they are not filled up."""
    pad_variable_length_inputs: bool = False
    """Whether inputs of different sizes are padded to the largest, each with its own first value."""


def read_batching(settings: ServingSettings) -> BatchingParameters | None:
    """Return the parameters, None if batching is off; raise ServingError for an invalid file."""
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
    """Return a text-format BatchingParameters file; raise ServingError that names the file."""
    # Imported here, so that a server without this file does not need the package.
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
