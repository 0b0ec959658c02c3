"""The poet: an embedding, windowed attention, a parallel LSTM and GRU, their concatenation, and a dense head.

Because attention looks back a fixed number of tokens and the recurrent state is carried, each generated token costs
one `step`, whose result equals that of `call` on the whole text so far.
"""

from typing import Any, NamedTuple

import numpy as np
from keras import layers, ops

from model.networks import recurrent
from model.networks.network import Network, Tensor
from model.networks.sizes import PoetSizes

HIDDEN = -1e9  # a logit whose softmax is zero in both float32 and bfloat16


class State(NamedTuple):
    """The state passed from one `step` to the next, for a batch B.

    `keys` and `values` [B, window, embedding] belong to the attention, newest last; `seen` [B] counts the tokens so
    far; `hidden` and `cell` belong to the LSTM and `gru` to the GRU, each [B, recurrent].
    """

    keys: Tensor
    values: Tensor
    seen: Tensor
    hidden: Tensor
    cell: Tensor
    gru: Tensor


class WindowedAttention(layers.Layer):  # type: ignore[misc]
    """Multi-head causal attention over the last `window` tokens, with a learned bias for each distance back.

    Without the bias, attention could not distinguish the positions of the tokens.
    """

    def __init__(self, sizes: PoetSizes, **options: Any) -> None:
        super().__init__(**options)
        self.sizes = sizes
        self.head_size = sizes.embedding // sizes.heads
        self.project = layers.Dense(3 * sizes.embedding, use_bias=False, name="project", dtype=self.dtype_policy)
        self.output_dense = layers.Dense(sizes.embedding, name="output", dtype=self.dtype_policy)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for inputs of `shape` [B, T, embedding]."""
        self.project.build(shape)
        self.output_dense.build(shape)
        self.distance = self.add_weight(shape=(self.sizes.heads, self.sizes.window), initializer="zeros", name="bias")

    def call(self, x: Tensor) -> Tensor:
        """Attend within x [B, T, embedding], in blocks of `window` that also see the preceding block."""
        heads, block = self.sizes.heads, self.sizes.window
        batch, length = ops.shape(x)[0], ops.shape(x)[1]
        count = (length + block - 1) // block
        joined = self.project(x)
        padding = ops.zeros((batch, count * block - length, joined.shape[-1]), joined.dtype)
        joined = ops.reshape(
            ops.concatenate([joined, padding], axis=1), (batch, count, block, 3, heads, self.head_size)
        )
        joined = ops.transpose(joined, (3, 0, 4, 1, 2, 5))
        query, key, value = joined[0], _with_previous(joined[1]), _with_previous(joined[2])
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 2, 4, 3))) * self.head_size**-0.5
        mixed = ops.matmul(ops.softmax(scores + ops.cast(self._block_bias(count), scores.dtype)), value)
        mixed = ops.reshape(ops.transpose(mixed, (0, 2, 3, 1, 4)), (batch, count * block, self.sizes.embedding))
        return self.output_dense(mixed[:, :length])

    def _block_bias(self, count: Tensor) -> Tensor:
        """Return the bias for each distance, [heads, count, block, 2 * block], HIDDEN outside the window or text."""
        block = self.sizes.window
        back = np.arange(block)[:, None] + block - np.arange(2 * block)[None]
        bias = ops.take(ops.cast(self.distance, "float32"), np.clip(back, 0, block - 1), axis=1)
        bias = ops.where((back >= 0) & (back < block), bias, HIDDEN)
        in_text = (ops.arange(count)[:, None, None] > 0) | (np.arange(2 * block) >= block)
        return ops.where(in_text, bias[:, None], HIDDEN)

    def step(self, x: Tensor, keys: Tensor, values: Tensor, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Attend from one token x [B, embedding]; return the output and the new `keys` and `values`."""
        heads, window = self.sizes.heads, self.sizes.window
        query, key, value = ops.split(self.project(x), 3, axis=-1)
        keys = ops.concatenate([keys[:, 1:], key[:, None]], axis=1)
        values = ops.concatenate([values[:, 1:], value[:, None]], axis=1)
        query = ops.reshape(query, (-1, 1, heads, self.head_size))
        scores = ops.sum(query * ops.reshape(keys, (-1, window, heads, self.head_size)), axis=-1)
        scores = scores * self.head_size**-0.5 + ops.flip(ops.transpose(self.distance), axis=0)
        filled = np.arange(window - 1, -1, -1) <= ops.expand_dims(seen, 1)
        weights = ops.softmax(ops.where(filled[..., None], scores, HIDDEN), axis=1)
        mixed = ops.sum(weights[..., None] * ops.reshape(values, (-1, window, heads, self.head_size)), axis=1)
        return self.output_dense(ops.reshape(mixed, (-1, self.sizes.embedding))), keys, values


def _with_previous(blocks: Tensor) -> Tensor:
    """Put before each block [B, heads, count, block, size] the one before it, zeros before the first."""
    previous = ops.concatenate([ops.zeros_like(blocks[:, :, :1]), blocks[:, :, :-1]], axis=2)
    return ops.concatenate([previous, blocks], axis=3)


class Poet(Network):
    """The network: `call` for training on every position, `step` and `logits` for writing."""

    def __init__(self, sizes: PoetSizes, **options: Any) -> None:
        super().__init__(**options)
        self.sizes = sizes
        policy: dict[str, Any] = {"dtype": self.dtype_policy}
        self.embedding = layers.Embedding(sizes.vocabulary, sizes.embedding, name="embedding", **policy)
        self.attention = WindowedAttention(sizes, name="attention", **policy)
        self.lstm = layers.LSTM(sizes.recurrent, return_sequences=True, name="lstm", **policy)
        self.gru = layers.GRU(sizes.recurrent, return_sequences=True, name="gru", **policy)
        self.dropout = layers.Dropout(sizes.dropout, name="dropout", **policy)
        first, *further = sizes.head
        self.dense = layers.Dense(first, activation="relu", name="dense", **policy)  # a name of its own in weight files
        self.further = [
            layers.Dense(size, activation="relu", name=f"dense_{i}", **policy) for i, size in enumerate(further, 1)
        ]
        self.head_dropout = layers.Dropout(sizes.dropout, name="head_dropout", **policy)
        self.linear = layers.Dense(sizes.vocabulary, name="linear", **policy)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for tokens of `shape` [B, T]."""
        sizes = self.sizes
        attended = (None, None, sizes.embedding)
        self.embedding.build(shape)
        for layer in (self.attention, self.lstm, self.gru):
            layer.build(attended)
        below = [sizes.embedding + 4 * sizes.recurrent, *sizes.head]
        for layer, size in zip((self.dense, *self.further, self.linear), below, strict=True):
            layer.build((None, size))
        self.built = True

    def call(self, tokens: Tensor, training: bool = False) -> Tensor:  # noqa: FBT001, FBT002  Keras's own signature
        """Return the logits [B, T, vocabulary] of the token after each of `tokens` [B, T]."""
        attended = self.attention(self.dropout(self.embedding(tokens), training=training))
        read = [attended, recurrent.lstm(self.lstm, attended), recurrent.gru(self.gru, attended)]
        head = self._first_dense(self.dropout(ops.concatenate(read, axis=-1), training=training))
        for dense in self.further:
            head = dense(self.head_dropout(head, training=training))
        return self.linear(self.head_dropout(head, training=training))

    def _first_dense(self, read: Tensor) -> Tensor:
        """Return the output of `dense` for the joined features, given `read` [B, T, F], which holds each only once.

        The LSTM and the GRU, which `_join` repeats, are multiplied once, by the sum of their two kernel blocks.
        """
        attended, recurrent = ops.split(ops.convert_to_tensor(self.dense.kernel), [self.sizes.embedding])
        kernel = ops.concatenate([attended, sum(ops.split(recurrent, 2))])
        product = ops.matmul(read, ops.cast(kernel, read.dtype))
        return self.dense.activation(product + ops.cast(self.dense.bias, read.dtype))

    def initial_state(self, batch: Tensor) -> State:
        """Return the state before the first token."""
        sizes = self.sizes
        window = ops.zeros((batch, sizes.window, sizes.embedding), self.compute_dtype)
        recurrent = ops.zeros((batch, sizes.recurrent), self.compute_dtype)
        return State(window, window, ops.zeros((batch,), "int32"), recurrent, recurrent, recurrent)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        """Read one token [B]; return the joined features [B, embedding + 4 * recurrent] and the next state."""
        attended, keys, values = self.attention.step(self.embedding(token), state.keys, state.values, state.seen)
        hidden, (_, cell) = self.lstm.cell(attended, [state.hidden, state.cell])
        gru, _ = self.gru.cell(attended, [state.gru])
        return _join(attended, hidden, gru), State(keys, values, state.seen + 1, hidden, cell, gru)

    def logits(self, joined: Tensor) -> Tensor:
        """Return the logits [B, vocabulary] for the joined features."""
        head = joined
        for dense in (self.dense, *self.further):
            head = dense(head)
        return self.linear(head)


def _join(attended: Tensor, lstm: Tensor, gru: Tensor) -> Tensor:
    """Concatenate the attention, the LSTM and the GRU, then both recurrent outputs again, as the original network."""
    return ops.concatenate([attended, lstm, gru, lstm, gru], axis=-1)


def build(sizes: PoetSizes, dtype: str = "float32") -> Poet:
    """Create the network with its weights, computing in the Keras dtype policy `dtype`."""
    poet = Poet(sizes, dtype=dtype)
    poet.build((None, None))
    return poet
