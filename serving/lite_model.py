"""One loaded version of a model: a `model.tflite` in LiteRT, which needs neither TensorFlow nor its memory.

An interpreter runs one request at a time and cannot be interrupted. So the time limit bounds the wait for the previous
run, and the number of rows is limited.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from serving.engine import EngineLimits, Signature, ThreadCounts, find
from serving.errors import Code, ServingError, invalid
from serving.tensors import shape_text

MAX_ROWS = 256  # of a request, since it blocks the others
_OPEN = -1  # a dimension of any size
_METHOD = "tensorflow/serving/predict"
# TensorFlow's names of LiteRT's types.
_TYPES = {
    np.float32: "float",
    np.float64: "double",
    np.float16: "half",
    np.int8: "int8",
    np.int16: "int16",
    np.int32: "int32",
    np.int64: "int64",
    np.uint8: "uint8",
    np.uint32: "uint32",
    np.uint64: "uint64",
    np.bool_: "bool",
    np.bytes_: "string",
}


@dataclass(frozen=True)
class _Call:
    """LiteRT's runner of a signature, and its input shapes, which cannot be queried while it runs."""

    runner: Any
    shapes: Mapping[str, tuple[int, ...]]


class LiteModel:
    """A loaded `model.tflite`. `run` may be called from several threads at once."""

    limits = EngineLimits(rows=MAX_ROWS, concurrent=False, first_run_is_slow=False)

    def __init__(self, path: Path, threads: ThreadCounts) -> None:
        """Load the file; raise ServingError if that fails."""
        self._lock = threading.Lock()
        try:
            interpreter = Interpreter(str(path), num_threads=threads.intra_op or None)
            runners = {
                name: interpreter.get_signature_runner(name) for name in sorted(interpreter.get_signature_list())
            }
            self._signatures = {name: _signature(runner) for name, runner in runners.items()}
            self._metadata = {name: _definition(runner) for name, runner in runners.items()}
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise ServingError(Code.UNKNOWN, f"Cannot load {path}: {error}") from error

    def signature(self, name: str) -> Signature:
        """Return the named signature, the default one for an empty name."""
        return find(self._signatures, name)

    def run(self, signature: Signature, inputs: Mapping[str, np.ndarray], timeout_ms: int) -> dict[str, np.ndarray]:
        """Return the outputs for tensors named as the inputs; DEADLINE_EXCEEDED if the previous run takes too long."""
        _check(signature.call.shapes, inputs)
        with self._exclusive(timeout_ms):
            try:
                values = signature.call.runner(**{name: inputs[name] for name in signature.inputs})
            except (RuntimeError, TypeError, ValueError) as error:
                raise invalid(str(error)) from error
        return {name: values[name] for name in signature.outputs}

    def metadata(self) -> dict[str, Any]:
        """Return the signature definitions as JSON-ready values, in the form of TF-Serving's metadata reply."""
        return self._metadata

    def close(self) -> None:
        """Free the interpreter and its weights."""
        self._signatures = {}

    @contextmanager
    def _exclusive(self, timeout_ms: int) -> Iterator[None]:
        if not self._lock.acquire(timeout=timeout_ms / 1000):
            message = "Timed out waiting for the previous run to end"
            raise ServingError(Code.DEADLINE_EXCEEDED, message)
        try:
            yield
        finally:
            self._lock.release()


def _signature(runner: Any) -> Signature:
    details = dict(sorted(runner.get_input_details().items()))
    types = {name: _TYPES[one["dtype"]] for name, one in details.items()}
    shapes = {name: tuple(map(int, one["shape_signature"])) for name, one in details.items()}
    return Signature(types, tuple(sorted(runner.get_output_details())), _Call(runner, shapes))


def _check(shapes: Mapping[str, tuple[int, ...]], inputs: Mapping[str, np.ndarray]) -> None:
    """Raise ServingError if a tensor does not fit its input's shape, or has not as many rows as the others.

    LiteRT would resize its inputs to any shape, and then report only which operation failed.
    """
    rows: int | None = None
    for name, wanted in shapes.items():
        shape = inputs[name].shape
        if len(shape) != len(wanted) or any(w not in (_OPEN, s) for s, w in zip(shape, wanted, strict=True)):
            message = f"Tensor {name}: expecting shape {shape_text(wanted)} but got {shape_text(shape)}"
            raise invalid(message)
        if wanted[:1] != (_OPEN,):
            continue
        rows = shape[0] if rows is None else rows
        if shape[0] != rows or not 1 <= rows <= MAX_ROWS:
            message = f"Tensor {name}: expecting from 1 to {MAX_ROWS} rows, the same in all inputs, but got {shape[0]}"
            raise invalid(message)


def _definition(runner: Any) -> dict[str, Any]:
    inputs, outputs = _infos(runner.get_input_details()), _infos(runner.get_output_details())
    return {"inputs": inputs, "outputs": outputs, "method_name": _METHOD, "defaults": {}}


def _infos(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _info(one) for name, one in sorted(details.items())}


def _info(details: Mapping[str, Any]) -> dict[str, Any]:
    sizes = [{"size": str(size), "name": ""} for size in details["shape_signature"]]
    return {
        "name": details["name"],
        "dtype": f"DT_{_TYPES[details['dtype']].upper()}",
        "tensor_shape": {"dim": sizes, "unknown_rank": False},
    }
