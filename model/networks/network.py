"""What every network can do, and how one is made."""

from importlib import import_module
from typing import Any

import keras

from model.networks.sizes import Sizes

Tensor = Any  # a tensor of whichever backend Keras runs on


class Network(keras.Model):  # type: ignore[misc]
    """A language model over token ids; `call` gives logits [B, T, vocabulary] of what follows each of tokens [B, T].

    Without a `context` it carries a state, and writes by `initial_state`, `step` and `logits`, token by token, what
    `call` says of the whole text. With one it has no state, and sees the last `context` tokens and nothing before.
    """

    sizes: Any
    context: int | None = None

    def initial_state(self, batch: Tensor) -> Any:
        """Give the state before the first token, for a batch of so many texts."""
        raise NotImplementedError

    def step(self, token: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read one token [B]; give its features [B, F] and the next state."""
        raise NotImplementedError

    def logits(self, features: Tensor) -> Tensor:
        """Give the logits [B, vocabulary] that follow from the features of `step`."""
        raise NotImplementedError


def build(kind: str, sizes: Sizes, dtype: str = "float32") -> Network:
    """Create a network of the kind with its weights, computing in the Keras dtype policy `dtype`."""
    network: Network = import_module(f"model.networks.{kind}").build(sizes, dtype)
    return network
