"""TF-Serving's gRPC services: PredictionService and ModelService."""

import functools
import logging
import threading
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any

import grpc
from google.protobuf import json_format
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataResponse, SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusResponse, ModelVersionStatus
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigResponse
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceServicer
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceServicer

from serving.engine import Engine
from serving.errors import Code, ServingError, invalid, unknown_label
from serving.flags import MAX_INT32
from serving.grpc import predict
from serving.metrics import Metrics
from serving.models_config import from_proto
from serving.registry import Registry
from serving.watcher import Watcher

log = logging.getLogger(__name__)

_MAX_MESSAGE_BYTES = 1024
_METADATA_FIELD = "signature_def"
_POLL_SECONDS = 0.05
_STATUS = {status.value[0]: status for status in grpc.StatusCode}


def _answers(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """Return the method with errors turned into gRPC statuses; an unexpected one is logged, not shown to the client."""

    @functools.wraps(method)
    def answer(service: Any, request: Any, context: Any) -> Any:
        try:
            return method(service, request, context)
        except ServingError as error:
            code, message = error.code, str(error)
        except Exception:
            log.exception("%s failed", method.__name__)
            code, message = Code.INTERNAL, "Internal error; the server's log has the details."
        return context.abort(_STATUS[code], _bounded(message))

    return answer


class PredictionService(PredictionServiceServicer):  # type: ignore[misc]  # generated, without types
    """Runs and describes signatures, each run within its call's deadline."""

    def __init__(self, registry: Registry, metrics: Metrics, *, as_content: bool) -> None:
        self._registry = registry
        self._metrics = metrics
        self._as_content = as_content

    @_answers
    def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802 -- the name on the wire
        """Run a signature. Checks come in TF-Serving's order: model, signature, tensors."""
        spec = _spec(request)
        with self._metrics.request(spec.name, "GRPC"), _borrow(self._registry, spec) as (number, loaded):
            signature = predict.find_signature(loaded, spec.signature_name)
            inputs = predict.input_tensors(request, signature)
            names = predict.output_names(request, signature)
            with self._metrics.run(spec.name):
                outputs = loaded.run(signature, inputs, _timeout_ms(context))
            asked = {name: outputs[name] for name in names}
            return predict.response(spec, number, asked, as_content=self._as_content)

    @_answers
    def GetModelMetadata(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Return the signature definitions."""
        spec = _spec(request)
        _check_metadata_fields(request.metadata_field)
        with _borrow(self._registry, spec) as (number, loaded):
            signatures = json_format.ParseDict({"signature_def": loaded.metadata()}, SignatureDefMap())
        reply = GetModelMetadataResponse()
        reply.model_spec.name = spec.name
        reply.model_spec.version.value = number
        reply.metadata[_METADATA_FIELD].Pack(signatures)
        return reply

    @_answers
    def Classify(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Refuse: only predict is supported."""
        raise _not_offered("classify")

    @_answers
    def Regress(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Refuse: only predict is supported."""
        raise _not_offered("regress")

    @_answers
    def MultiInference(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Refuse: only predict is supported."""
        raise _not_offered("multi-inference")


class ModelService(ModelServiceServicer):  # type: ignore[misc]  # generated, without types
    """Reports the states of versions, and reloads the list of models."""

    def __init__(self, registry: Registry, watcher: Watcher, stopping: threading.Event) -> None:
        self._registry = registry
        self._watcher = watcher
        self._stopping = stopping

    @_answers
    def GetModelStatus(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Return the states of one version or of all; a label is ignored, as in TF-Serving."""
        spec = _spec(request)
        reply = GetModelStatusResponse()
        for status in self._registry.statuses(spec.name, _number(spec)):
            entry = reply.model_version_status.add(
                version=status.number, state=ModelVersionStatus.State.Value(status.state.value)
            )
            entry.status.error_code = status.code
            entry.status.error_message = status.message
        return reply

    @_answers
    def HandleReloadConfigRequest(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Replace the list of models; answer when the added ones have loaded or failed."""
        if request.config.WhichOneof("config") != "model_config_list":
            message = (
                "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                "Only ModelConfigList is currently supported"
            )
            raise invalid(message)
        added = self._registry.apply(from_proto(request.config))
        if added is not None:
            self._wait(self._watcher.wake(), added, context)
        reply = ReloadConfigResponse()
        reply.status.SetInParent()
        return reply

    def _wait(self, scanned: threading.Event, added: Collection[str], context: Any) -> None:
        """Wait for the models; raise ServingError if one cannot load, or if the call has ended."""
        while not (scanned.is_set() and self._registry.is_ready(added)):
            if not context.is_active():
                message = "The call has ended; the models continue to load."
                raise ServingError(Code.DEADLINE_EXCEEDED, message)
            if self._stopping.wait(_POLL_SECONDS):
                message = "The server is stopping."
                raise ServingError(Code.UNAVAILABLE, message)


def _spec(request: Any) -> Any:
    if not request.HasField("model_spec"):
        message = "Missing ModelSpec"
        raise invalid(message)
    return request.model_spec


def _borrow(registry: Registry, spec: Any) -> AbstractContextManager[tuple[int, Engine]]:
    if not spec.name:
        message = "ModelSpec has no name specified."
        raise invalid(message)
    if spec.WhichOneof("version_choice") == "version_label" and not spec.version_label:
        raise unknown_label("")
    return registry.borrow(spec.name, _number(spec), spec.version_label)


def _number(spec: Any) -> int | None:
    return spec.version.value if spec.HasField("version") else None


def _timeout_ms(context: Any) -> int:
    """Return the time left for the call, at least a millisecond, as 0 would mean no limit."""
    return max(1, int(min(context.time_remaining() * 1000, MAX_INT32)))


def _check_metadata_fields(fields: Collection[str]) -> None:
    if not fields:
        message = "GetModelMetadataRequest must specify at least one metadata_field"
        raise invalid(message)
    for field in fields:
        if field != _METADATA_FIELD:
            message = f"Metadata field {field} is not supported"
            raise invalid(message)


def _not_offered(what: str) -> ServingError:
    return ServingError(Code.UNIMPLEMENTED, f"{what} is not offered by this server, only predict.")


def _bounded(message: str) -> str:
    """Return the message cut at 1024 bytes: gRPC sends it in a header of limited size."""
    encoded = message.encode("utf-8", "replace")
    if len(encoded) <= _MAX_MESSAGE_BYTES:
        return encoded.decode()
    return encoded[:_MAX_MESSAGE_BYTES].decode("utf-8", "ignore") + "...TRUNCATED"
