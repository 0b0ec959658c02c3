"""An LSTM with peephole connections, as in Graves, "Generating sequences with recurrent neural networks", 2013."""

from typing import Any

from keras import layers, ops

from model.networks.network import Tensor


class PeepholeCell(layers.LSTMCell):  # type: ignore[misc]
    """One step: the input and forget gates see the old cell state, the output gate the new one."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for inputs of `shape` [B, F]."""
        super().build(shape)
        self.peepholes = self.add_weight(shape=(3, self.units), initializer="zeros", name="peepholes")

    def call(self, x: Tensor, states: list[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:  # noqa: ARG002, FBT001, FBT002  Keras's own signature
        """Read x [B, F]; return the output [B, units] and the next states, the output and the cell."""
        hidden, cell = states
        joined = ops.matmul(x, self.kernel) + ops.matmul(hidden, self.recurrent_kernel) + self.bias
        entering, forgetting, candidate, leaving = ops.split(joined, 4, axis=-1)
        kept = ops.sigmoid(forgetting + self.peepholes[1] * cell) * cell
        cell = kept + ops.sigmoid(entering + self.peepholes[0] * cell) * ops.tanh(candidate)
        hidden = ops.sigmoid(leaving + self.peepholes[2] * cell) * ops.tanh(cell)
        return hidden, [hidden, cell]


def peephole(units: int, **options: Any) -> layers.RNN:
    """Create a layer of peephole cells."""
    dtype = options.get("dtype")
    return layers.RNN(PeepholeCell(units, dtype=dtype), **options)
