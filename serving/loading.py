"""Which engine a version is loaded by: TensorFlow runs a SavedModel, LiteRT a `model.tflite`."""

from importlib.util import find_spec
from pathlib import Path

from serving.engine import Engine, ThreadCounts
from serving.errors import Code, ServingError

_LITE = "model.tflite"  # TF-Serving's name for it
_SAVED_MODEL = "saved_model.pb"


def load(path: Path, threads: ThreadCounts, *, prefer_tflite: bool) -> Engine:
    """Load the version directory; raise ServingError when it cannot be loaded.

    Of a version with both forms LiteRT takes its own where it is preferred, or where there is no TensorFlow.
    """
    tensorflow = find_spec("tensorflow") is not None
    alone = not (path / _SAVED_MODEL).exists()
    if (path / _LITE).is_file() and (prefer_tflite or alone or not tensorflow):
        from serving.lite_model import LiteModel

        return LiteModel(path / _LITE, threads)
    if not tensorflow:
        message = f"{path} has no {_LITE}, and TensorFlow, which runs SavedModels, is not installed"
        raise ServingError(Code.FAILED_PRECONDITION, message)
    from serving.saved_model import SavedModel  # only where it is needed: TensorFlow takes seconds to import

    return SavedModel(path, threads)
