"""How large a network is: what a preset and a release say of it, readable without Keras."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """How large the network is. `window` counts the tokens that attention sees, the newest included."""

    vocabulary: int
    embedding: int
    recurrent: int
    head: int
    heads: int
    window: int
    dropout: float
