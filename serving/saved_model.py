"""One loaded version of a model: a SavedModel in a TensorFlow session of its own.

A session instead of `tf.saved_model.load`, because TF-Serving uses one: a run can time out, and closing the session
frees the version's memory.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

from serving.engine import EngineLimits, Signature, ThreadCounts, find
from serving.errors import Code, ServingError, invalid

_CODES = {code.value: code for code in Code}
# TensorFlow's own names for these types in error messages.
_TYPE_NAMES = {"float16": "half", "float32": "float", "float64": "double"}

tf.get_logger().setLevel(logging.ERROR)  # no deprecation warnings about the session's loader


class SavedModel:
    """A loaded SavedModel. `run` may be called from several threads at once."""

    limits = EngineLimits()

    def __init__(self, path: Path, threads: ThreadCounts) -> None:
        """Load the version directory; raise ServingError if that fails."""
        graph = tf.Graph()
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=threads.intra_op, inter_op_parallelism_threads=threads.inter_op
        )
        self._session = tf.compat.v1.Session(graph=graph, config=config)
        try:
            with graph.as_default():
                meta_graph = tf.compat.v1.saved_model.loader.load(self._session, ["serve"], str(path))
            self._definitions = dict(meta_graph.signature_def)
            self._signatures = {name: self._signature(definition) for name, definition in self._definitions.items()}
        except Exception as error:
            self.close()
            raise _load_error(error, path) from error

    def signature(self, name: str) -> Signature:
        """Return the named signature, the default one for an empty name."""
        return find(self._signatures, name)

    def run(self, signature: Signature, inputs: Mapping[str, np.ndarray], timeout_ms: int) -> dict[str, np.ndarray]:
        """Return the outputs for tensors named as the inputs; DEADLINE_EXCEEDED after the time limit."""
        options = tf.compat.v1.RunOptions(timeout_in_ms=timeout_ms)
        try:
            values = signature.call(*(inputs[name] for name in signature.inputs), options=options)
        except tf.errors.OpError as error:
            raise ServingError(_code(error), _plain(error.message)) from error
        except (TypeError, ValueError) as error:
            raise invalid(str(error)) from error
        return {name: np.asarray(value) for name, value in zip(signature.outputs, values, strict=True)}

    def metadata(self) -> dict[str, Any]:
        """Return the signature definitions as JSON-ready values, in the form of TF-Serving's metadata reply."""
        return {name: _definition(self._definitions[name]) for name in sorted(self._definitions)}

    def close(self) -> None:
        """Free the session and its variables."""
        self._session.close()

    def _signature(self, definition: Any) -> Signature:
        inputs = dict(sorted(definition.inputs.items()))
        outputs = dict(sorted(definition.outputs.items()))
        call = self._session.make_callable(
            [info.name for info in outputs.values()],
            feed_list=[info.name for info in inputs.values()],
            accept_options=True,
        )
        return Signature({name: _type_name(info.dtype) for name, info in inputs.items()}, tuple(outputs), call)


def _type_name(dtype: int) -> str:
    name: str = tf.dtypes.as_dtype(dtype).name
    return _TYPE_NAMES.get(name, name)


def _definition(definition: Any) -> dict[str, Any]:
    fields: dict[str, Any] = json_format.MessageToDict(
        definition, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return fields


def _code(error: tf.errors.OpError) -> Code:
    return _CODES.get(error.error_code, Code.UNKNOWN)


def _plain(message: str) -> str:
    """Return the runtime's message without the heading that the Python session adds."""
    return message.removeprefix("Graph execution error:").strip()


def _load_error(error: Exception, path: Path) -> ServingError:
    if isinstance(error, tf.errors.OpError):
        return ServingError(_code(error), _plain(error.message))
    if isinstance(error, OSError):
        return ServingError(Code.NOT_FOUND, str(error))
    return ServingError(Code.UNKNOWN, f"Cannot load {path}: {error}")
