"""The interface of every network, and the function that builds one."""

from importlib import import_module
from typing import Any

import keras

from model.errors import ModelError
from model.networks.sizes import CARRYING, Sizes

Tensor = Any  # a tensor of whichever backend Keras runs on


class Network(keras.Model):  # type: ignore[misc]
    """A language model over token ids; `call` maps tokens [B, T] to the logits [B, T, vocabulary] of their successors.

    Shorter texts are padded with PAD on the right, which does not affect what comes before it.

    Without a `context` the network has a state: `initial_state`, `step` and `logits` compute token by token what `call`
    computes for the whole text. With a `context` it has none: `call` takes at most `context` tokens, and `next_logits`
    predicts what follows them. Unless it predicts at `every_position`, T of the logits is 1.
    """

    sizes: Any
    context: int | None = None
    every_position: bool = True

    def initial_state(self, batch: Tensor) -> Any:
        """Return the state before the first token, for `batch` texts."""
        raise NotImplementedError

    def step(self, token: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read one token [B]; return its features [B, F] and the next state."""
        raise NotImplementedError

    def logits(self, features: Tensor) -> Tensor:
        """Return the logits [B, vocabulary] for features [B, F]."""
        raise NotImplementedError

    def next_features(self, tokens: Tensor) -> Tensor:
        """Return the features [B, F] after the last token of [B, T] that is not PAD; needs a `context`."""
        raise NotImplementedError

    def next_logits(self, tokens: Tensor) -> Tensor:
        """Return the logits [B, vocabulary] for `next_features`."""
        return self.logits(self.next_features(tokens))

    def reset_states(self) -> None:
        """Reset the carried state of a network built with `carry`."""
        raise NotImplementedError


def build(kind: str, sizes: Sizes, dtype: str = "float32", carry: int = 0) -> Network:
    """Create a network of the given kind with its weights, computing in the Keras dtype policy `dtype`.

    With `carry`, the number of rows in a training batch, each row continues from where it ended in the last batch.
    ModelError if this kind of network cannot do so.
    """
    if carry and kind not in CARRYING:
        raise ModelError(f"the network {kind} cannot carry its state from window to window")
    options = {"carry": carry} if carry else {}
    network: Network = import_module(f"model.networks.{kind}").build(sizes, dtype, **options)
    return network
