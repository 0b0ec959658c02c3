"""What the tests look up in a version directory."""

from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import prediction_log_pb2


def warm_up(version: Path) -> list[Any]:
    """Return the requests that TF-Serving runs before it calls the version available."""
    records = tf.data.TFRecordDataset(str(version / "assets.extra" / "tf_serving_warmup_requests"))
    logs = [prediction_log_pb2.PredictionLog.FromString(record.numpy()) for record in records]
    return [log.predict_log.request for log in logs]


def operations(version: Path) -> dict[str, Any]:
    """Return the graph's operations, the oldest TensorFlow that it admits, and the functions that XLA must compile.

    A new operation may not load in the stock server: make sure that it does before it joins a list.
    """
    saved = saved_model_pb2.SavedModel.FromString((version / "saved_model.pb").read_bytes())
    (graph,) = saved.meta_graphs
    functions = graph.graph_def.library.function
    named = {function.signature.name for function in functions}
    # The list that TensorFlow strips to leaves out what stands in the body of a loop.
    inner = {node.op for function in functions for node in function.node_def} - named
    return {
        "min_consumer": graph.graph_def.versions.min_consumer,
        "operations": sorted({op.name for op in graph.meta_info_def.stripped_op_list.op} | inner),
        "compiled": [f.signature.name for f in functions if f.attr["_XlaMustCompile"].b],
    }
