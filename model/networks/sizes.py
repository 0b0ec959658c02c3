"""How large a network is: what a preset and a release say of it, readable without Keras."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PoetSizes:
    """The poet's sizes. `window` counts the tokens that attention sees, the newest included."""

    vocabulary: int
    embedding: int
    recurrent: int
    head: int
    heads: int
    window: int
    dropout: float


@dataclass(frozen=True)
class CharRnnSizes:
    """The sizes of torch-rnn's network: `layers` of `recurrent` cells above word vectors of `embedding`."""

    vocabulary: int
    embedding: int
    recurrent: int
    layers: int
    cell: Literal["lstm", "gru", "rnn"]
    dropout: float


@dataclass(frozen=True)
class TextgenrnnSizes:
    """textgenrnn's sizes. It predicts from the last `context` tokens; `labels` counts the texts' kinds, 0 for none."""

    vocabulary: int
    embedding: int
    recurrent: int
    layers: int
    bidirectional: bool
    context: int
    labels: int
    dropout: float


Sizes = PoetSizes | CharRnnSizes | TextgenrnnSizes
KINDS: dict[str, type[Sizes]] = {"poet": PoetSizes, "charrnn": CharRnnSizes, "textgenrnn": TextgenrnnSizes}
