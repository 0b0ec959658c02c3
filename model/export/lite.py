"""From a SavedModel to one file for LiteRT: all its signatures, sharing one float32 copy of the weights.

It writes the poems of the SavedModel that it is made of, by the same operations in float32 on the same weights, and
differs from it by no more than one processor from another, in the last bits of a probability. So it is another form of
the same model and has its hash, which is that of the release's parts, and receipts hold for both. A form in fewer bits
writes other poems for a seed: it would need a hash of its own.
"""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from model.networks.network import Network


def convertible(network: Network) -> bool:
    """Return whether LiteRT can run the network: it lacks the tensor arrays of Keras's LSTM over a sequence."""
    return network.context is None


def convert(saved_model: Path, signatures: Sequence[str], path: Path) -> None:
    """Write signatures of a SavedModel to `path`, with nothing but LiteRT's own operations."""
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=list(signatures))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    path.write_bytes(converter.convert())
