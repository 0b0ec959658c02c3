"""TF-Serving's gRPC API as the tests ask it. Another server's address could stand in the embedded one's place."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, ModelVersionStatus
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from tests.processes import Running, free_port
from tests.serving.base_paths import ConfiguredModels

SECONDS = 30.0


def spec(model: str = "m", signature: str = "", version: int | None = None, label: str | None = None) -> ModelSpec:
    found = ModelSpec(name=model, signature_name=signature, version_label=label)
    if version is not None:
        found.version.value = version
    return found


def request(model_spec: ModelSpec, inputs: Mapping[str, Any], outputs: tuple[str, ...] = ()) -> PredictRequest:
    """Return a request of arrays, Python values or ready TensorProtos."""
    made = PredictRequest(model_spec=model_spec, output_filter=outputs)
    for name, value in inputs.items():
        is_tensor = isinstance(value, TensorProto)
        made.inputs[name].CopyFrom(value if is_tensor else tf.make_tensor_proto(value))
    return made


@dataclass(frozen=True)
class Rpc:
    """A running server's gRPC API."""

    channel: grpc.Channel

    def send(self, predict: PredictRequest, seconds: float | None = SECONDS) -> Any:
        return PredictionServiceStub(self.channel).Predict(predict, timeout=seconds)

    def start(self, predict: PredictRequest, seconds: float | None = SECONDS) -> Any:
        """Send a request; return the call, whose `result()` waits for the reply."""
        return PredictionServiceStub(self.channel).Predict.future(predict, timeout=seconds)

    def predict(self, signature: str = "", outputs: tuple[str, ...] = (), **inputs: Any) -> dict[str, Any]:
        """Ask the model `m`; return its outputs as numpy arrays."""
        reply = self.send(request(spec(signature=signature), inputs, outputs))
        return {name: tf.make_ndarray(tensor) for name, tensor in reply.outputs.items()}

    def answer(self, model: str = "m", version: int | None = None, label: str | None = None) -> int:
        """Ask a model that answers its version's number; check that the reply names that version."""
        reply = self.send(request(spec(model, "", version, label), {"x": [0.0]}))
        (number,) = tf.make_ndarray(reply.outputs["y"])
        assert reply.model_spec.version.value == number
        return int(number)

    def states(self, model: str = "m", version: int | None = None, label: str | None = None) -> dict[int, str]:
        reply = self.status(spec(model, "", version, label))
        return {one.version: ModelVersionStatus.State.Name(one.state) for one in reply.model_version_status}

    def status(self, model_spec: ModelSpec) -> Any:
        status_request = GetModelStatusRequest(model_spec=model_spec)
        return ModelServiceStub(self.channel).GetModelStatus(status_request, timeout=SECONDS)

    def metadata(self, model_spec: ModelSpec, *fields: str) -> Any:
        metadata_request = GetModelMetadataRequest(model_spec=model_spec, metadata_field=fields)
        return PredictionServiceStub(self.channel).GetModelMetadata(metadata_request, timeout=SECONDS)

    def reload(self, text: str, seconds: float | None = SECONDS) -> Any:
        """Send a model server configuration, written as in the configuration file."""
        reload_request = text_format.Parse(f"config {{ {text} }}", ReloadConfigRequest())
        return ModelServiceStub(self.channel).HandleReloadConfigRequest(reload_request, timeout=seconds)

    def refusal(self, code: str, call: Callable[[], Any]) -> str:
        """Return the message of a call that must fail with this code."""
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert caught.value.code().name == code, caught.value
        return str(caught.value.details())


@contextmanager
def connected(address: str) -> Iterator[Rpc]:
    """Connect to a server, such as `127.0.0.1:8500` or `unix:/some/socket`, directly whatever proxy there is."""
    options = (("grpc.enable_http_proxy", 0), ("grpc.max_reconnect_backoff_ms", 200))
    with grpc.insecure_channel(address, options=options) as channel:
        yield Rpc(channel)


@contextmanager
def rpc_serving(start: Callable[..., Running], served: Any, *flags: str) -> Iterator[tuple[Rpc, Running]]:
    """Start a server with gRPC by `launch` or `launch_configured`; check afterwards that it ends well."""
    rest_port, port = free_port(), free_port()
    running = start(served, rest_port, f"--port={port}", *flags)
    try:
        running.wait_for_port(rest_port)
        with connected(f"127.0.0.1:{port}") as rpc:
            yield rpc, running
        assert running.stop() == 0
        assert "Traceback" not in running.text()
    finally:
        running.stop()


def model_list(configured: ConfiguredModels, *names: str, **settings: str) -> str:
    """Return a configuration that lists these models, some with settings."""
    entries = (configured.entry(name, settings.get(name, "")) for name in names)
    return f"model_config_list {{ {' '.join(entries)} }}"
