"""What the server asks of a loaded version, whichever engine runs it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from serving.errors import invalid

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class ThreadCounts:
    """How many threads an engine may use within an operation and for several; 0 leaves it to the engine."""

    intra_op: int = 0
    inter_op: int = 0


@dataclass(frozen=True)
class Signature:
    """One callable signature: input names with TensorFlow's type names, output names, and what its engine calls."""

    inputs: Mapping[str, str]
    outputs: tuple[str, ...]
    call: Any


@dataclass(frozen=True)
class EngineLimits:
    """What an engine can do: who puts requests together must know, and who readies a version."""

    rows: int = sys.maxsize
    """How many a run may have."""
    concurrent: bool = True
    """Whether runs go on at once; else each waits for the one before."""
    first_run_is_slow: bool = True
    """Whether the first runs take longer than the rest."""


class Engine(Protocol):
    """A loaded version. `run` may be called from several threads at once."""

    @property
    def limits(self) -> EngineLimits:
        """Return what holds for all its runs."""

    def signature(self, name: str) -> Signature:
        """Return the named signature, the default one for an empty name."""

    def run(self, signature: Signature, inputs: Mapping[str, np.ndarray], timeout_ms: int) -> dict[str, np.ndarray]:
        """Run a signature on tensors named as its inputs; raise ServingError where it fails or takes too long."""

    def metadata(self) -> dict[str, Any]:
        """Return the signature definitions as JSON-ready values, in the form of TF-Serving's metadata reply."""

    def close(self) -> None:
        """Free its memory."""


def find(signatures: Mapping[str, Signature], name: str) -> Signature:
    """Return the named signature, the default one for an empty name, or raise in TF-Serving's words."""
    key = name or DEFAULT_SIGNATURE
    if key not in signatures:
        message = f'Serving signature name: "{key}" not found in signature def'
        raise invalid(message)
    return signatures[key]
