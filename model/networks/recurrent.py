"""The LSTM and the GRU over whole windows, starting from a zero state, with the weights of Keras's own layers.

They compute the same as Keras's layers in less time. The inputs are projected for the whole window at once. The
backward pass scans the window only for the gates' gradients, using factors computed for all steps at once; the
gradient of the recurrent weights is then a single matrix product, where Keras accumulates one product per step. On a
GPU Keras's layers are used instead, since there they call cuDNN.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from model.networks.network import Tensor

Gradient = Callable[[Tensor], tuple[Tensor, ...]]


def lstm(layer: Any, x: Tensor) -> Tensor:
    """Return the outputs [B, T, H] of the Keras LSTM `layer` for inputs x [B, T, D]."""
    if _has_cudnn():
        return layer(x)
    kernel, recurrent, bias = _weights(layer, x.dtype)
    return _swapped(_lstm(ops.matmul(_swapped(x), kernel) + bias, recurrent))


def gru(layer: Any, x: Tensor) -> Tensor:
    """Return the outputs [B, T, H] of the Keras GRU `layer`, with `reset_after`, for inputs x [B, T, D]."""
    if _has_cudnn():
        return layer(x)
    kernel, recurrent, bias = _weights(layer, x.dtype)
    return _swapped(_gru(ops.matmul(_swapped(x), kernel) + bias[0], recurrent, bias[1]))


@ops.custom_gradient  # type: ignore[untyped-decorator]
def _lstm(inputs: Tensor, kernel: Tensor) -> tuple[Tensor, Gradient]:
    """Return the outputs [T, B, H] for projected `inputs` [T, B, 4H] and the recurrent `kernel` [H, 4H]."""
    zero = _zero_state(inputs, 4)

    def step(carry: Any, projected: Tensor) -> Any:
        hidden, cell, _ = carry
        i, f, c, o = ops.split(projected + ops.matmul(hidden, kernel), 4, axis=-1)
        i, f, c, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(c), ops.sigmoid(o)
        cell = f * cell + i * c
        after = (o * ops.tanh(cell), cell, ops.concatenate([i, f, c, o], axis=-1))
        return after, after

    _, (hidden, cell, gates) = ops.scan(step, (zero, zero, ops.zeros_like(inputs[0])), inputs)

    def gradient(upstream: Tensor) -> tuple[Tensor, ...]:
        i, f, c, o = ops.split(gates, 4, axis=-1)
        squashed = ops.tanh(cell)
        to_cell = o * (1 - squashed * squashed)
        of_cell = ops.concatenate([c * i * (1 - i), _before(cell) * f * (1 - f), i * (1 - c * c)], axis=-1)
        of_hidden = squashed * o * (1 - o)
        transposed = ops.transpose(kernel)

        def back(carry: Any, at: Any) -> Any:
            d_hidden, d_cell, _ = carry
            upstream, f, to_cell, of_cell, of_hidden = at
            d_hidden = d_hidden + upstream
            d_cell = d_cell + d_hidden * to_cell
            d_gates = ops.concatenate([ops.tile(d_cell, (1, 3)) * of_cell, d_hidden * of_hidden], axis=-1)
            after = (ops.matmul(d_gates, transposed), d_cell * f, d_gates)
            return after, after

        steps = (upstream, f, to_cell, of_cell, of_hidden)
        _, (_, _, d_gates) = ops.scan(back, (zero, zero, ops.zeros_like(inputs[0])), steps, reverse=True)
        return d_gates, _product(_before(hidden), d_gates)

    return hidden, gradient


@ops.custom_gradient  # type: ignore[untyped-decorator]
def _gru(inputs: Tensor, kernel: Tensor, bias: Tensor) -> tuple[Tensor, Gradient]:
    """Return the outputs [T, B, H] for projected `inputs` [T, B, 3H], the recurrent `kernel` and its `bias`."""
    zero = _zero_state(inputs, 3)

    def step(carry: Any, projected: Tensor) -> Any:
        hidden, _ = carry
        z, r, h = ops.split(projected, 3, axis=-1)
        z_before, r_before, h_before = ops.split(ops.matmul(hidden, kernel) + bias, 3, axis=-1)
        z, r = ops.sigmoid(z + z_before), ops.sigmoid(r + r_before)
        h = ops.tanh(h + r * h_before)
        after = (z * hidden + (1 - z) * h, ops.concatenate([z, r, h, h_before], axis=-1))
        return after, after

    _, (hidden, gates) = ops.scan(step, (zero, ops.concatenate([zero] * 4, axis=-1)), inputs)

    def gradient(upstream: Tensor) -> tuple[Tensor, ...]:
        z, r, h, h_before = ops.split(gates, 4, axis=-1)
        of_h = (1 - z) * (1 - h * h)
        of_r = of_h * h_before * r * (1 - r)
        of_z = (_before(hidden) - h) * z * (1 - z)
        factors = ops.concatenate([of_z, of_r, of_h * r], axis=-1)
        transposed = ops.transpose(kernel)

        def back(carry: Any, at: Any) -> Any:
            d_before, _ = carry
            upstream, z, factors = at
            d_hidden = d_before + upstream
            d_gates = ops.tile(d_hidden, (1, 3)) * factors
            after = (ops.matmul(d_gates, transposed) + d_hidden * z, d_hidden)
            return after, after

        _, (_, d_hidden) = ops.scan(back, (zero, zero), (upstream, z, factors), reverse=True)
        d_gates = ops.tile(d_hidden, (1, 1, 3)) * factors
        d_inputs = ops.tile(d_hidden, (1, 1, 3)) * ops.concatenate([of_z, of_r, of_h], axis=-1)
        return d_inputs, _product(_before(hidden), d_gates), ops.sum(d_gates, axis=(0, 1))

    return hidden, gradient


def _has_cudnn() -> bool:
    """Return whether there is a device on which Keras's layers call the vendor's fused kernels."""
    return not keras.distribution.list_devices()[0].startswith("cpu")


def _weights(layer: Any, dtype: Any) -> list[Tensor]:
    """Return the kernel, the recurrent kernel and the bias of a Keras layer, cast to `dtype`."""
    return [ops.cast(weight, dtype) for weight in (layer.cell.kernel, layer.cell.recurrent_kernel, layer.cell.bias)]


def _zero_state(inputs: Tensor, gates: int) -> Tensor:
    """Return zeros [B, H] for projected inputs [T, B, gates * H]."""
    return ops.zeros_like(inputs[0, :, : inputs.shape[-1] // gates])


def _before(states: Tensor) -> Tensor:
    """Return the states [T, B, H] shifted by one step, with zeros first."""
    return ops.concatenate([ops.zeros_like(states[:1]), states[:-1]], axis=0)


def _product(states: Tensor, gradients: Tensor) -> Tensor:
    """Return the sum [H, G] over all steps and rows of states [T, B, H] times gradients [T, B, G]."""
    flat = [ops.reshape(x, (-1, x.shape[-1])) for x in (states, gradients)]
    return ops.matmul(ops.transpose(flat[0]), flat[1])


def _swapped(x: Tensor) -> Tensor:
    """Return x with the batch and time axes swapped."""
    return ops.transpose(x, (1, 0, 2))
