"""The interface of a loaded version, whichever engine runs it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from serving.errors import invalid

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class ThreadCounts:
    """An engine's threads within one operation and across operations; 0 leaves it to the engine."""

    intra_op: int = 0
    inter_op: int = 0


@dataclass(frozen=True)
class Signature:
    """One signature: input names with TensorFlow's type names, output names, and the engine's own callable."""

    inputs: Mapping[str, str]
    outputs: tuple[str, ...]
    call: Any


@dataclass(frozen=True)
class EngineLimits:
    """An engine's capabilities, for batching and for warm-up."""

    rows: int = sys.maxsize
    """Maximum rows of a run."""
    concurrent: bool = True
    """Whether runs are concurrent; otherwise each waits for the previous one."""
    first_run_is_slow: bool = True
    """Whether the first runs take longer than later ones, so that a warm-up helps."""


class Engine(Protocol):
    """A loaded version. `run` may be called from several threads at once."""

    @property
    def limits(self) -> EngineLimits:
        """Return the limits of its runs."""

    def signature(self, name: str) -> Signature:
        """Return the named signature, the default one for an empty name."""

    def run(self, signature: Signature, inputs: Mapping[str, np.ndarray], timeout_ms: int) -> dict[str, np.ndarray]:
        """Return the outputs for tensors named as the inputs; raise ServingError on failure or timeout."""

    def metadata(self) -> dict[str, Any]:
        """Return the signature definitions as JSON-ready values, in the form of TF-Serving's metadata reply."""

    def close(self) -> None:
        """Free its memory."""


def find(signatures: Mapping[str, Signature], name: str) -> Signature:
    """Return the named signature, the default one for an empty name; raise TF-Serving's error if there is none."""
    key = name or DEFAULT_SIGNATURE
    if key not in signatures:
        message = f'Serving signature name: "{key}" not found in signature def'
        raise invalid(message)
    return signatures[key]
