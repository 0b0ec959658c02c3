"""The choice of engine: TensorFlow runs a SavedModel, LiteRT a `model.tflite`."""

from importlib.util import find_spec
from pathlib import Path

from serving.engine import Engine, ThreadCounts
from serving.errors import Code, ServingError

_LITE = "model.tflite"  # TF-Serving's name for it
_SAVED_MODEL = "saved_model.pb"


def load(path: Path, threads: ThreadCounts, *, prefer_tflite: bool) -> Engine:
    """Return the loaded version directory; raise ServingError if it cannot be loaded.

    A version with both forms is run by LiteRT if that is preferred or TensorFlow is not installed.
    """
    tensorflow = find_spec("tensorflow") is not None
    alone = not (path / _SAVED_MODEL).exists()
    if (path / _LITE).is_file() and (prefer_tflite or alone or not tensorflow):
        from serving.lite_model import LiteModel

        return LiteModel(path / _LITE, threads)
    if not tensorflow:
        message = f"{path} has no {_LITE}, and TensorFlow, which runs SavedModels, is not installed"
        raise ServingError(Code.FAILED_PRECONDITION, message)
    from serving.saved_model import SavedModel  # imported here: TensorFlow takes seconds

    return SavedModel(path, threads)
