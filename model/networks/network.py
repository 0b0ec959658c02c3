"""What every network can do, and how one is made."""

from importlib import import_module
from typing import Any

import keras

from model.errors import ModelError
from model.networks.sizes import CARRYING, Sizes

Tensor = Any  # a tensor of whichever backend Keras runs on


class Network(keras.Model):  # type: ignore[misc]
    """A language model over token ids; `call` gives logits [B, T, vocabulary] of what follows each of tokens [B, T].

    PAD stands on the right of a text that is shorter than its neighbours, and changes nothing before it.

    Without a `context` it carries a state, and writes by `initial_state`, `step` and `logits`, token by token, what
    `call` says of the whole text. With one it has no state: `call` is given `context` tokens at most, and
    `next_logits` says what follows them. Where it does not predict at `every_position`, T of the logits is 1.
    """

    sizes: Any
    context: int | None = None
    every_position: bool = True

    def initial_state(self, batch: Tensor) -> Any:
        """Return the state before the first token, for a batch of so many texts."""
        raise NotImplementedError

    def step(self, token: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read one token [B]; return its features [B, F] and the next state."""
        raise NotImplementedError

    def logits(self, features: Tensor) -> Tensor:
        """Return the logits [B, vocabulary] that follow from features [B, F]."""
        raise NotImplementedError

    def next_features(self, tokens: Tensor) -> Tensor:
        """Return the features [B, F] after the last of tokens [B, T] that is not PAD, where there is a `context`."""
        raise NotImplementedError

    def next_logits(self, tokens: Tensor) -> Tensor:
        """Return the logits [B, vocabulary] that follow from `next_features`."""
        return self.logits(self.next_features(tokens))

    def reset_states(self) -> None:
        """Forget what a network built with `carry` has read so far."""
        raise NotImplementedError


def build(kind: str, sizes: Sizes, dtype: str = "float32", carry: int = 0) -> Network:
    """Create a network of the kind with its weights, computing in the Keras dtype policy `dtype`.

    With `carry` each of so many rows of a training batch goes on where it ended in the batch before. ModelError where
    the kind cannot.
    """
    if carry and kind not in CARRYING:
        raise ModelError(f"the network {kind} cannot carry its state from window to window")
    options = {"carry": carry} if carry else {}
    network: Network = import_module(f"model.networks.{kind}").build(sizes, dtype, **options)
    return network
