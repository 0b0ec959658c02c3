"""torch-rnn's network: an embedding, recurrent layers each followed by batch normalisation and dropout, and logits.

Source: https://github.com/jcjohnson/torch-rnn, LanguageModel.lua.
"""

from typing import Any

from keras import layers, ops

from model.networks.network import Network, Tensor
from model.networks.peephole import peephole
from model.networks.sizes import CharRnnSizes

TORCH: dict[str, Any] = {"momentum": 0.9, "epsilon": 1e-5}  # the defaults of its BatchNormalization
CELLS = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN, "graves": peephole}

State = tuple[tuple[Tensor, ...], ...]  # each layer's tensors [B, recurrent]: two for an LSTM, otherwise one


class Carried(layers.Layer):  # type: ignore[misc]
    """The final state of each row of the last training batch.

    It is among the network's variables, and so in a checkpoint, but not in weight files, which are the same with and
    without it.
    """

    def __init__(self, state_sizes: list[int], rows: int, **options: Any) -> None:
        super().__init__(**options)
        self.state_sizes, self.rows = state_sizes, rows

    def build(self) -> None:
        """Create the state before the first token."""
        self.states = [
            self.add_weight((self.rows, size), "zeros", trainable=False, name=f"carried_{i}", autocast=False)
            for i, size in enumerate(self.state_sizes)
        ]

    @property
    def weights(self) -> list[Any]:
        """None: the state is not learned."""
        return []

    def save_own_variables(self, store: Any) -> None:
        """Save nothing to a weight file."""

    def load_own_variables(self, store: Any) -> None:
        """Load nothing from a weight file, keeping the current state."""


class CharRnn(Network):
    """The network: `call` for training on every position, `step` and `logits` for generation."""

    def __init__(self, sizes: CharRnnSizes, carry: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.sizes = sizes
        policy: dict[str, Any] = {"dtype": self.dtype_policy}
        self.embedding = layers.Embedding(sizes.vocabulary, sizes.embedding, name="embedding", **policy)
        recurrent = {"units": sizes.recurrent, "return_sequences": True, "return_state": True, **policy}
        self.recurrent = [CELLS[sizes.cell](name=f"{sizes.cell}_{i}", **recurrent) for i in range(sizes.layers)]
        self.norms = [
            layers.BatchNormalization(**TORCH, name=f"norm_{i}", **policy)
            for i in range(sizes.layers if sizes.batchnorm else 0)
        ]
        self.dropout = layers.Dropout(sizes.dropout, name="dropout", **policy)
        self.linear = layers.Dense(sizes.vocabulary, name="linear", **policy)
        state_sizes = [size for layer in self.recurrent for size in layer.state_size]
        self.carried = Carried(state_sizes, carry, name="carried") if carry else None

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for tokens of `shape` [B, T]."""
        self.embedding.build(shape)
        size = self.sizes.embedding
        for layer in self.recurrent:
            layer.build((None, None, size))
            size = self.sizes.recurrent
        for norm in self.norms:
            norm.build((None, None, size))
        self.linear.build((None, size))
        if self.carried:
            self.carried.build()
        self.built = True

    def call(self, tokens: Tensor, training: bool = False) -> Tensor:  # noqa: FBT001, FBT002  Keras's own signature
        """Return the logits [B, T, vocabulary] of the token after each of `tokens` [B, T].

        In training, a network built with `carry` continues each row from its last state; B must be `carry`.
        """
        carried = self.carried if training else None
        states = self._by_layer(carried.states) if carried else self.initial_state(ops.shape(tokens)[0])
        x, ends = self.embedding(tokens), list[Tensor]()
        for i, (layer, state) in enumerate(zip(self.recurrent, states, strict=True)):
            x, *end = layer(x, initial_state=list(state))
            if self.norms:
                x = self.norms[i](x, training=training)
            x = self.dropout(x, training=training)
            ends += end
        for variable, end in zip(carried.states, ends, strict=True) if carried else ():
            variable.assign(ops.cast(end, variable.dtype))
        return self.linear(x)

    def initial_state(self, batch: Tensor) -> State:
        """Return the state before the first token."""
        zeros = ops.zeros((batch, self.sizes.recurrent), self.compute_dtype)
        return self._by_layer([zeros for layer in self.recurrent for _ in layer.state_size])

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        """Read one token [B]; return the last layer's output [B, recurrent] and the next state."""
        x, after = self.embedding(token), list[tuple[Tensor, ...]]()
        for i, (layer, before) in enumerate(zip(self.recurrent, state, strict=True)):
            x, new = layer.cell(x, list(before))
            if self.norms:
                x = self.norms[i](x[:, None], training=False)[:, 0]
            after.append(tuple(new))
        return x, tuple(after)

    def logits(self, features: Tensor) -> Tensor:
        """Return the logits [B, vocabulary] for the last layer's output."""
        return self.linear(features)

    def reset_states(self) -> None:
        """Reset the state of every row, as at the start of an epoch."""
        for variable in self.carried.states if self.carried else ():
            variable.assign(ops.zeros(variable.shape))

    def _by_layer(self, tensors: list[Tensor]) -> State:
        count = len(self.recurrent[0].state_size)
        return tuple(tuple(tensors[i : i + count]) for i in range(0, len(tensors), count))


def build(sizes: CharRnnSizes, dtype: str = "float32", carry: int = 0) -> CharRnn:
    """Create the network with its weights, computing in the Keras dtype policy `dtype`.

    With `carry`, the number of rows in a training batch, each row continues from where it ended in the last batch.
    """
    network = CharRnn(sizes, carry, dtype=dtype)
    network.build((None, None))
    return network
