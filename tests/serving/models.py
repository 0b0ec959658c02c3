"""Tiny SavedModels for the tests, built with TensorFlow and nothing of ours.

`python -m tests.serving.models FOLDER` writes them for a server that is started by hand.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tensorflow as tf

ANY_SHAPE = None


def save_all(folder: Path) -> None:
    """Save `sampler/1` and `constant/1` to `constant/3`."""
    save_sampler(folder / "sampler" / "1")
    for number in (1, 2, 3):
        save_constant(folder / "constant" / str(number), number)


def save_sampler(path: Path) -> None:
    """Save a model with one signature for each thing that the tests look at."""
    floats, pairs = (tf.float32, [None]), (tf.float32, [None, 2])
    signatures = {
        "serving_default": _function(lambda x: {"y": x / 2.0 + 2.0}, x=floats),
        "pair": _function(lambda a, b: {"sum": a + b, "dot": tf.reduce_sum(a * b, axis=1)}, a=pairs, b=pairs),
        "matrix": _function(lambda x: {"y": tf.linalg.matmul(x, tf.eye(3))}, x=(tf.float32, [None, 3])),
        "anything": _echo(tf.float32),
        "double": _echo(tf.float64),
        "int32": _echo(tf.int32),
        "int64": _echo(tf.int64),
        "uint64": _echo(tf.uint64),
        "half": _echo(tf.float16),
        "negated": _function(lambda x: {"y": tf.logical_not(x)}, x=(tf.bool, ANY_SHAPE)),
        "text": _function(lambda x: {"text": tf.identity(x), "raw_bytes": tf.identity(x)}, x=(tf.string, [None])),
        "mean": _function(lambda x: {"mean": tf.reduce_mean(x)}, x=floats),
        "uneven": _function(lambda x: {"once": tf.identity(x), "twice": tf.concat([x, x], 0)}, x=floats),
        "generate": _generate(),
        "company": _function(_company, x=(tf.float32, [None, None])),
        "gate": _gate(),
    }
    tf.saved_model.save(tf.Module(), str(path), signatures)


def save_lite(path: Path) -> None:
    """Save what LiteRT can run of the sampler as `model.tflite`."""
    signatures = {
        "serving_default": _function(lambda x: {"y": x / 2.0 + 2.0}, x=(tf.float32, [None])),
        "negated": _function(lambda x: {"y": tf.logical_not(x)}, x=(tf.bool, [None, 2])),
        "int64": _function(lambda x: {"y": x + 1}, x=(tf.int64, [None])),
        "text": _function(lambda x: {"text": x[::-1], "raw_bytes": x[::-1]}, x=(tf.string, [None])),
        "picked": _function(lambda ids: {"y": tf.gather([5, 6, 7], ids)}, ids=(tf.int32, [None])),
        "generate": _generate(),
    }
    with TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(signatures))
        path.mkdir(parents=True)
        (path / "model.tflite").write_bytes(converter.convert())


def save_constant(path: Path, number: float) -> None:
    """Save a model that answers `number`, so that a test sees which version it asked; it has the `gate` as well."""
    module = tf.Module()
    module.number = tf.Variable(number, dtype=tf.float32)
    constant = _function(lambda x: {"y": x * 0.0 + module.number}, x=(tf.float32, [None]))
    tf.saved_model.save(module, str(path), {"serving_default": constant, "gate": _gate()})


def _function(call: Callable[..., dict[str, Any]], **inputs: tuple[Any, Sequence[int | None] | None]) -> Any:
    signature = [tf.TensorSpec(shape, dtype, name) for name, (dtype, shape) in inputs.items()]
    return tf.function(call, input_signature=signature, autograph=False)


def _generate() -> Any:
    return _function(
        lambda prompt, noise, top_k: {"tokens": prompt + top_k[:, None], "probability": noise, "length": top_k},
        prompt=(tf.int32, [None, 4]),
        noise=(tf.float32, [None, 4]),
        top_k=(tf.int32, [None]),
    )


def _echo(dtype: Any) -> Any:
    return _function(lambda x: {"y": tf.identity(x)}, x=(dtype, ANY_SHAPE))


def _company(x: Any) -> dict[str, Any]:
    """Tell each row how many rows run with it and how wide they are, and give its sum."""
    shape = tf.shape(x)
    rows, width = (tf.fill([shape[0]], shape[i]) for i in (0, 1))
    return {"rows": rows, "width": width, "sum": tf.reduce_sum(x, axis=1)}


def _gate() -> Any:
    """Return a function that writes the file `started`, then runs until the file `awaited` is there."""

    def gate(started: Any, awaited: Any) -> dict[str, Any]:
        def is_closed(_: Any) -> Any:
            return tf.equal(tf.size(tf.io.matching_files(awaited)), 0)

        with tf.control_dependencies([tf.io.write_file(started[0], "")]):
            rounds = tf.while_loop(is_closed, lambda n: (n + 1,), [tf.constant(0)])[0]
        return {"passed": tf.fill(tf.shape(started), rounds >= 0)}

    return _function(gate, started=(tf.string, [None]), awaited=(tf.string, [None]))


if __name__ == "__main__":
    save_all(Path(sys.argv[1]))
