"""What the server asks of a loaded version, whatever runs it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from serving.saved_model import Signature


class Engine(Protocol):
    """A loaded version of a model; the methods may be called from several threads at once."""

    def signature(self, name: str) -> "Signature":
        """Return the named signature, the default one for an empty name; ServingError where there is none."""

    def run(self, signature: "Signature", inputs: Mapping[str, np.ndarray], timeout_ms: int) -> dict[str, np.ndarray]:
        """Run a signature; raise ServingError where it fails or takes longer than the time limit."""

    def metadata(self) -> dict[str, Any]:
        """Return the signature definitions as JSON-ready values."""

    def close(self) -> None:
        """Free the memory. Nobody runs it any more."""
