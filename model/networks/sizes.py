"""The sizes of a network, as presets and releases state them; needs no Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from model.errors import ModelError
from model.files.tables import from_table


@dataclass(frozen=True)
class PoetSizes:
    """The poet's sizes. `head` lists those of the dense layers before the logits, at least one, in order.

    `window` is the number of tokens that attention sees, including the newest.
    """

    context: ClassVar[None] = None
    vocabulary: int
    embedding: int
    recurrent: int
    head: list[int]
    heads: int
    window: int
    dropout: float


@dataclass(frozen=True)
class CharRnnSizes:
    """The sizes of torch-rnn's network: `layers` layers of `recurrent` units over embeddings of size `embedding`.

    With `batchnorm` each layer's output is batch-normalised.
    """

    context: ClassVar[None] = None
    vocabulary: int
    embedding: int
    recurrent: int
    layers: int
    cell: Literal["lstm", "gru", "rnn", "graves"]
    dropout: float
    batchnorm: bool = False


@dataclass(frozen=True)
class TextgenrnnSizes:
    """textgenrnn's sizes. It predicts from the last `context` tokens; `labels` is the number of labels, 0 for none."""

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
CARRYING = ("charrnn",)  # the kinds that can carry their state from window to window in training


def signatures(sizes: Sizes, *, ear: bool = False) -> list[str]:
    """Return the signatures of the network's SavedModel. Those that write need a network with a state."""
    writing = [] if sizes.context else ["generate", "lines"] if ear else ["generate"]
    return ["serving_default", *writing, "release"]


def sizes_of(network: Mapping[str, Any]) -> Sizes:
    """Return the sizes in the section `network` of config.json. ModelError if they are not valid."""
    if network.get("kind") not in KINDS:
        raise ModelError(f"there is no network {network.get('kind')!r}; there are: {', '.join(KINDS)}")
    return from_table(
        KINDS[network["kind"]], {name: size for name, size in network.items() if name != "kind"}, "config.json, network"
    )
