"""The optimizer: AdamW, the same on every Keras backend."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from model.presets.preset import Training


class DenseAdamW(keras.optimizers.AdamW):  # type: ignore[misc]
    """AdamW that treats an Embedding's gradient as a dense tensor.

    TensorFlow provides it as IndexedSlices, whose repeated rows AdamW handles differently from JAX.
    """

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Apply the gradients after converting each to a dense tensor."""
        super().apply([ops.convert_to_tensor(grad) for grad in grads], trainable_variables)


def compiled(network: keras.Model, settings: Training, *, labelled: bool) -> DenseAdamW:
    """Compile the network for train_on_batch and return its optimizer, whose rate is to be set before every step.

    With labels there are two outputs and two losses, weighted as in textgenrnn.
    """
    optimizer = DenseAdamW(
        settings.learning_rate,
        weight_decay=settings.weight_decay,
        global_clipnorm=settings.clip_norm or None,
        use_ema=settings.average > 0,
        ema_momentum=settings.average or 0.99,
    )
    outputs: dict[str, Any] = {"loss": _loss(), "weighted_metrics": ["accuracy"]}
    if labelled:
        losses = {"labelled": _loss(), "text": _loss()}
        weights = {"labelled": 0.8, "text": 0.2}
        outputs = {"loss": losses, "loss_weights": weights, "weighted_metrics": {"text": "accuracy"}}
    network.compile(optimizer, **outputs, jit_compile=keras.backend.backend() == "jax")
    optimizer.build(network.trainable_variables)
    return optimizer


def figures(logs: dict[str, float]) -> tuple[float, float]:
    """Return loss and accuracy; for a network with labels, those of the output without them."""
    kind = "text_" if "text_accuracy" in logs else ""
    return float(logs[f"{kind}loss"]), float(logs[f"{kind}accuracy"])


def _loss() -> keras.losses.Loss:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight")
