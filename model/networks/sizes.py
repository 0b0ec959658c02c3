"""How large a network is: what a preset and a release say of it, readable without Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from model.errors import ModelError
from model.files.tables import from_table


@dataclass(frozen=True)
class PoetSizes:
    """The poet's sizes. `head` are those of the dense layers before the logits, one or more, the first one first.

    `window` counts the tokens that attention sees, the newest included.
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
    """The sizes of torch-rnn's network: `layers` of `recurrent` cells above word vectors of `embedding`.

    With `batchnorm` what each layer gives is normalised by the mean and the variance of its batch.
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
CARRYING = ("charrnn",)  # the kinds that can be trained with the state carried from window to window


def signatures(sizes: Sizes) -> list[str]:
    """Name the signatures of the network's SavedModel. Without a state to carry there is nothing to `generate` with."""
    return ["serving_default", "release"] if sizes.context else ["serving_default", "generate", "release"]


def sizes_of(network: Mapping[str, Any]) -> Sizes:
    """Return the sizes that the part `network` of config.json tells of. ModelError where it cannot be."""
    if network.get("kind") not in KINDS:
        raise ModelError(f"there is no network {network.get('kind')!r}; there are: {', '.join(KINDS)}")
    return from_table(
        KINDS[network["kind"]], {name: size for name, size in network.items() if name != "kind"}, "config.json, network"
    )
