"""Reading many texts at once, token by token: one interface to networks with a state and networks with a context."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from model.networks.network import Network, Tensor
from model.text.tokens import PAD

Logits = NDArray[np.float32]


class Reader:
    """Reads a batch of B texts token by token and returns the logits of what follows. Compiled once for each B."""

    def __init__(self, network: Network) -> None:
        self._context = network.context
        self._initial_state = network.initial_state
        self._feed, self._features, self._logits = _compiled(network)
        self._state: Any = None
        self._count = np.zeros(0, np.int32)  # per row, the tokens that a network with a context sees
        self.seen: Any = None  # the input for the logits: features [B, F], or the last tokens [B, context]
        self._followed: list[int] = []
        self._following: Logits = np.zeros(0, np.float32)

    def start(self, width: int) -> None:
        """Start with `width` rows, each of which must be fed a fresh token first."""
        self._followed = []
        if self._context is None:
            self._state = self._initial_state(width)
        else:
            self.seen, self._count = np.full((width, self._context), PAD, np.int32), np.zeros(width, np.int32)

    def feed(self, tokens: Sequence[int], fresh: Sequence[bool]) -> None:
        """Read one more token for each row; where `fresh`, the row is reset first."""
        column, new = np.array(tokens, np.int32), np.array(fresh, np.bool_)
        if self._context is None:
            self.seen, self._state = self._feed(column, new, self._state)
        else:
            self._shift(column, new, self._context)

    def _shift(self, column: NDArray[np.int32], new: NDArray[np.bool_], context: int) -> None:
        self.seen[new], self._count[new] = PAD, 0
        full = self._count == context
        self.seen[full, :-1] = self.seen[full, 1:]
        self.seen[np.arange(len(column)), np.minimum(self._count, context - 1)] = column
        self._count = np.minimum(self._count + 1, context)

    def logits(self) -> Logits:
        """Return the logits [B, vocabulary] of the next tokens."""
        logits: Logits = ops.convert_to_numpy(self._logits(self.seen))
        return logits

    def features(self) -> NDArray[np.float32]:
        """Return the features [B, F] that the logits are computed from."""
        features: NDArray[np.float32] = ops.convert_to_numpy(ops.cast(self._features(self.seen), "float32"))
        return features

    def keep(self, rows: Sequence[int]) -> None:
        """Keep only these rows, in this order; they must be fed before logits are requested."""
        index = np.array(rows, np.int32)
        if self._context is None:
            self._state = keras.tree.map_structure(lambda part: ops.take(part, index, axis=0), self._state)
        else:
            self.seen, self._count = self.seen[index], self._count[index]

    def read(self, prompts: Sequence[Sequence[int]]) -> Logits:
        """Start with these non-empty prompts; return the logits [B, vocabulary] after each."""
        self.start(len(prompts))
        for step in range(-max(map(len, prompts)), 0):  # right-aligned, so that all prompts end at the same step
            tokens = [prompt[step] if len(prompt) >= -step else PAD for prompt in prompts]
            self.feed(tokens, [len(prompt) == -step for prompt in prompts])
        return self.logits()

    def follow(self, ids: list[int]) -> Logits:
        """Return the logits [vocabulary] after one text, reading only what is new since the last call."""
        if not self._followed or ids[: len(self._followed)] != self._followed:
            self.start(1)
        for place in range(len(self._followed), len(ids)):
            self.feed([ids[place]], [place == 0])
        if ids != self._followed:
            self._followed, self._following = list(ids), self.logits()[0]
        return self._following


def _compiled(network: Network) -> tuple[Callable[..., Any], ...]:
    """Return the functions of `_functions`, compiled once for each network and cached for its lifetime."""
    kept = network.__dict__  # bypasses Keras, which would track them as parts of the model
    if "_reading" not in kept:
        kept["_reading"] = tuple(_compile(function, network) for function in _functions(network))
    found: tuple[Callable[..., Any], ...] = kept["_reading"]
    return found


def _functions(network: Network) -> tuple[Callable[..., Any], ...]:
    """Return three functions: one that reads a token per row, one that returns features, and one for logits."""

    def feed(tokens: Tensor, fresh: Tensor, state: Any) -> tuple[Tensor, Any]:
        first = network.initial_state(ops.shape(tokens)[0])
        before = keras.tree.map_structure(lambda new, old: _where_row(fresh, new, old), first, state)
        features, after = network.step(tokens, before)
        return features, keras.tree.map_structure(lambda new, old: ops.cast(new, old.dtype), after, before)

    def features(seen: Tensor) -> Tensor:
        return seen if network.context is None else network.next_features(seen)

    def logits(seen: Tensor) -> Tensor:
        return ops.cast((network.logits if network.context is None else network.next_logits)(seen), "float32")

    return feed, features, logits


def _where_row(rows: Tensor, new: Tensor, old: Tensor) -> Tensor:
    return ops.where(ops.reshape(rows, (-1, *[1] * (len(old.shape) - 1))), ops.cast(new, old.dtype), old)


def _compile(function: Callable[..., Any], network: Network) -> Callable[..., Any]:
    """Compile a function so that each call uses the network's current weights."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        compiled: Callable[..., Any] = import_module("tensorflow").function(function)
        return compiled
    if backend != "jax":
        return function

    def pure(values: list[Any], *arguments: Any) -> Any:
        with keras.StatelessScope(list(zip(network.variables, values, strict=True))):
            return function(*arguments)

    jitted = import_module("jax").jit(pure)
    return lambda *arguments: jitted([variable.value for variable in network.variables], *arguments)
