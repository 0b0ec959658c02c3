"""Warm-up: requests that a version runs before it serves, so that no client waits for one-time initialisation."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from serving.engine import Engine
from serving.errors import Code, ServingError, invalid

_RECORDS = Path("assets.extra", "tf_serving_warmup_requests")
_MAX_RECORDS = 1000
_TIMEOUT_MS = 600_000


def warm_up(engine: Engine, path: Path) -> int:
    """Run the version directory's warm-up requests, if any; return how many.

    Raises ServingError if one fails: the version is then not served, as in TF-Serving. Only predict requests are run.
    Reading the file needs TensorFlow.
    """
    if not (path / _RECORDS).is_file():
        return 0
    import tensorflow as tf

    requests = list(islice(_requests(path / _RECORDS), _MAX_RECORDS + 1))
    if len(requests) > _MAX_RECORDS:
        message = f"Number of warmup records exceeds the maximum ({_MAX_RECORDS}) at {path / _RECORDS}"
        raise invalid(message)
    for request in requests:
        signature = engine.signature(request.model_spec.signature_name)
        inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
        missing = signature.inputs.keys() - inputs.keys()
        if missing:
            message = f"A warmup record lacks the inputs: {', '.join(sorted(missing))}"
            raise invalid(message)
        engine.run(signature, {name: inputs[name] for name in signature.inputs}, _TIMEOUT_MS)
    return len(requests)


def _requests(file: Path) -> Iterator[Any]:
    """Yield the PredictRequests in a TFRecord file of PredictionLogs."""
    import tensorflow as tf
    from google.protobuf.message import DecodeError
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    try:
        for record in tf.compat.v1.io.tf_record_iterator(str(file)):
            log = PredictionLog.FromString(record)
            if log.HasField("predict_log"):
                yield log.predict_log.request
    except (DecodeError, tf.errors.DataLossError) as error:
        message = f"Failed to parse warmup record: {error} from {file}"
        raise ServingError(Code.DATA_LOSS, message) from error
