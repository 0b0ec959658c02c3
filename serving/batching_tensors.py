"""The tensors of a batch: those of several requests joined into one, and its outputs split again."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from serving.errors import Code, ServingError, invalid

Tensors = Mapping[str, np.ndarray]

_MAX_PADDED = 2**24  # elements: a long and a wide tensor, both small, could pad to any size


def joined(inputs: Sequence[Tensors], rows: int, *, pad: bool) -> dict[str, np.ndarray]:
    """Return the concatenated inputs of several requests, filled up to `rows` by repeating the last row."""
    whole = {}
    for name in inputs[0]:
        parts = [tensors[name] for tensors in inputs]
        if pad:
            parts = _padded(parts)
        together = np.concatenate(parts) if len(parts) > 1 else parts[0]
        missing = rows - len(together)
        whole[name] = np.concatenate([together, np.repeat(together[-1:], missing, axis=0)]) if missing else together
    return whole


def _padded(parts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the tensors padded to one size beyond the first dimension, each with its own first value."""
    largest = tuple(max(sizes) for sizes in zip(*(part.shape[1:] for part in parts), strict=True))
    if sum(map(len, parts)) * math.prod(largest) > max(_MAX_PADDED, sum(part.size for part in parts)):
        message = f"Inputs padded to one shape would have more than {_MAX_PADDED} elements"
        raise invalid(message)
    padded = []
    for part in parts:
        whole = part
        if part.shape[1:] != largest:
            if not part.size:
                message = "Cannot pad an empty tensor"
                raise invalid(message)
            whole = np.full((len(part), *largest), part.flat[0], part.dtype)
            whole[tuple(map(slice, part.shape))] = part
        padded.append(whole)
    return padded


def split(outputs: Tensors, sizes: Sequence[int], rows: int) -> list[dict[str, np.ndarray]]:
    """Return the outputs split into the rows of each request, of these sizes."""
    for tensor in outputs.values():
        if tensor.ndim == 0:
            message = "Batched output tensor has 0 dimensions"
            raise ServingError(Code.FAILED_PRECONDITION, message)
        if len(tensor) != rows:
            message = (
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes "
                "of the input tensors"
            )
            raise ServingError(Code.FAILED_PRECONDITION, message)
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return [
        {name: tensor[start : start + size] for name, tensor in outputs.items()}
        for start, size in zip(starts, sizes, strict=True)
    ]
