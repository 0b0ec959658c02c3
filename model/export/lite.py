"""The form of a release for LiteRT: all its signatures in one file, with its weights in dynamic-range int8.

A quarter of the size of float32, and on a core whose cache does not hold the weights about a quarter of the time. For
a seed it writes other poems than the float forms, so its configuration names the form and has a hash of its own.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from model.files.folder import CONFIG
from model.networks.network import Network
from model.text.release import config_hash

FORM = "int8"


def convertible(network: Network) -> bool:
    """Return whether LiteRT can run the network: it lacks the tensor arrays of Keras's LSTM over a sequence."""
    return network.context is None


def lite_config(folder: Path) -> bytes:
    """Return the configuration that the file carries: the release's, with the form, its hash and what it is made of.

    `made_of` is the SHA-256 of the release's config.json, by which `deploy.versions` sees that the file belongs to it.
    """
    content = (folder / CONFIG).read_bytes()
    config = {**json.loads(content), "form": FORM, "made_of": hashlib.sha256(content).hexdigest()}
    config["hash"] = config_hash(config)
    return json.dumps(config, ensure_ascii=False).encode()


def convert(saved_model: Path, signatures: Sequence[str]) -> bytes:
    """Return signatures of a SavedModel as a LiteRT file that needs nothing but LiteRT's own operations."""
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=list(signatures))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return bytes(converter.convert())
