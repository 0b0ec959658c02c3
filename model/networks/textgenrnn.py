"""textgenrnn's network: stacked LSTMs, an attention-weighted average over the outputs of all layers, and logits.

Source: https://github.com/minimaxir/textgenrnn, model.py and AttentionWeightedAverage.py. There each window yields one
prediction; here a unidirectional network yields one at every position, from the tokens up to it.
"""

import math
from typing import Any

from keras import layers, ops

from model.networks.network import Network, Tensor
from model.networks.sizes import TextgenrnnSizes
from model.text.tokens import PAD

SCORE_BOUND = 20  # next to a score of 20, one of -20 is negligible in float32


class AttentionAverage(layers.Layer):  # type: ignore[misc]
    """The mean of vectors, weighted by the softmax of a learned score for each.

    The scores are bounded so that their exponentials neither overflow nor vanish. Running sums then give the causal
    average at every position in memory linear in T.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.supports_masking = True

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for inputs of `shape` [B, T, F]."""
        self.scores = self.add_weight((shape[-1], 1), "glorot_uniform", name="scores", autocast=False)

    def call(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Average x [B, T, F] up to each position, [B, T, F]; with a mask [B, T], over all it keeps, [B, 1, F].

        The average of nothing is 0.
        """
        x = ops.cast(x, self.variable_dtype)  # sums in bfloat16 lose precision
        weights = ops.exp(SCORE_BOUND * ops.tanh(ops.matmul(x, self.scores) / SCORE_BOUND))
        if mask is None:
            return ops.cast(ops.cumsum(weights * x, axis=1) / ops.cumsum(weights, axis=1), self.compute_dtype)
        weights = weights * ops.cast(mask[..., None], weights.dtype)
        total = ops.maximum(ops.sum(weights, axis=1, keepdims=True), math.exp(-2 * SCORE_BOUND))
        return ops.cast(ops.sum(weights * x, axis=1, keepdims=True) / total, self.compute_dtype)

    def compute_mask(self, *_: Tensor) -> None:
        """Tell Keras that the output has no mask; otherwise the loss would apply that of the tokens."""


class Textgenrnn(Network):
    """The network. It predicts at every position, or if bidirectional only after the last token that is not PAD.

    With `sizes.labels` it can be trained on labelled texts. Called with (tokens [B, T], labels [B]) it returns
    {"labelled": [B, T, vocabulary], "text": [B, T, vocabulary]}: logits with and without knowledge of the label, from
    the same body. The first help the body learn what the labels have in common; only the second, which tokens alone
    yield too, are used in generation.
    """

    def __init__(self, sizes: TextgenrnnSizes, **options: Any) -> None:
        super().__init__(**options)
        self.sizes = sizes
        self.context, self.every_position = sizes.context, not sizes.bidirectional
        policy: dict[str, Any] = {"dtype": self.dtype_policy}
        self.embedding = layers.Embedding(sizes.vocabulary, sizes.embedding, name="embedding", **policy)
        self.dropout = layers.SpatialDropout1D(sizes.dropout, name="dropout", **policy)
        self.recurrent = [_recurrent(sizes, f"lstm_{i}", policy) for i in range(sizes.layers)]
        self.attention = AttentionAverage(name="attention", **policy)
        self.linear = layers.Dense(sizes.vocabulary, name="linear", **policy)
        if sizes.labels:
            self.label_embedding = layers.Embedding(sizes.labels, sizes.embedding, name="label_embedding", **policy)
            self.labelled_linear = layers.Dense(sizes.vocabulary, name="labelled_linear", **policy)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for tokens of `shape` [B, T]."""
        sizes = self.sizes
        self.embedding.build(shape)
        output = sizes.recurrent * (2 if sizes.bidirectional else 1)
        for i, layer in enumerate(self.recurrent):
            layer.build((None, None, output if i else sizes.embedding))
        joined = sizes.embedding + sizes.layers * output
        self.attention.build((None, None, joined))
        self.linear.build((None, None, joined))
        if sizes.labels:
            self.label_embedding.build((None,))
            self.labelled_linear.build((None, None, joined + sizes.embedding))
        self.built = True

    def call(self, tokens: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002  Keras's own signature
        """Return the logits of the token after each of tokens [B, T], or for (tokens, labels) the dictionary."""
        tokens, labels = tokens if isinstance(tokens, tuple | list) else (tokens, None)
        average = self._average(tokens, training=training)
        if labels is None:
            return self.linear(average)
        label = ops.broadcast_to(
            self.label_embedding(labels)[:, None], (*ops.shape(average)[:-1], self.sizes.embedding)
        )
        labelled = self.labelled_linear(ops.concatenate([average, label], axis=-1))
        return {"labelled": labelled, "text": self.linear(average)}

    def next_features(self, tokens: Tensor) -> Tensor:
        """Return the average [B, F] after the last token of [B, T] that is not PAD."""
        average = self._average(tokens)
        if self.every_position:
            last = ops.maximum(ops.sum(ops.cast(tokens != PAD, "int32"), axis=1) - 1, 0)
            average = ops.take_along_axis(average, last[:, None, None], axis=1)
        return average[:, 0]

    def logits(self, features: Tensor) -> Tensor:
        """Return the logits [B, vocabulary] for the average."""
        return self.linear(features)

    def _average(self, tokens: Tensor, *, training: bool = False) -> Tensor:
        """Return the input of the logits layer: [B, T, F], or [B, 1, F] for a bidirectional network."""
        mask = tokens != PAD if self.sizes.bidirectional else None  # reading forward, PAD on the right has no effect
        below = [self.dropout(self.embedding(tokens), training=training)]
        for layer in self.recurrent:
            below.append(layer(below[-1], mask=mask))
        return self.attention(ops.concatenate(below, axis=-1), mask=mask)


def _recurrent(sizes: TextgenrnnSizes, name: str, policy: dict[str, Any]) -> layers.Layer:
    lstm = layers.LSTM(sizes.recurrent, return_sequences=True, name=name, **policy)
    return layers.Bidirectional(lstm, name=f"both_{name}", **policy) if sizes.bidirectional else lstm


def build(sizes: TextgenrnnSizes, dtype: str = "float32") -> Textgenrnn:
    """Create the network with its weights, computing in the Keras dtype policy `dtype`."""
    network = Textgenrnn(sizes, dtype=dtype)
    network.build((None, None))
    return network
