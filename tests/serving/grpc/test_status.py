"""GetModelStatus and GetModelMetadata."""

import pytest
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from tests.serving.grpc.rpc import Rpc, spec


@pytest.mark.parametrize("label", [None, "unknown"])
def test_the_status_lists_every_version_whatever_the_label(rpc: Rpc, label: str | None) -> None:
    (entry,) = rpc.status(spec(label=label)).model_version_status
    assert (entry.version, entry.State.Name(entry.state)) == (1, "AVAILABLE")
    assert (entry.status.error_code, entry.status.error_message) == (0, "")


def test_the_status_of_one_version(rpc: Rpc) -> None:
    assert rpc.states("m", 1) == {1: "AVAILABLE"}
    message = rpc.refusal("NOT_FOUND", lambda: rpc.states("m", 99))
    assert message == "Could not find version 99 of model m"


@pytest.mark.parametrize("name", ["foo", ""])
def test_the_status_of_an_unknown_model(rpc: Rpc, name: str) -> None:
    assert rpc.refusal("NOT_FOUND", lambda: rpc.states(name)) == f"Could not find any versions of model {name}"


def test_the_status_needs_a_model_spec(rpc: Rpc) -> None:
    stub = ModelServiceStub(rpc.channel)
    message = rpc.refusal("INVALID_ARGUMENT", lambda: stub.GetModelStatus(GetModelStatusRequest()))
    assert message == "Missing ModelSpec"


def test_metadata_describes_the_signatures(rpc: Rpc) -> None:
    reply = rpc.metadata(spec(), "signature_def")
    assert reply.model_spec == spec(version=1)
    signatures = SignatureDefMap()
    assert list(reply.metadata) == ["signature_def"]
    assert reply.metadata["signature_def"].Unpack(signatures)
    assert {"serving_default", "generate", "pair"} <= signatures.signature_def.keys()
    signature = signatures.signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    assert signature.inputs["x"].dtype == 1
    assert [dim.size for dim in signature.inputs["x"].tensor_shape.dim] == [-1]
    assert signatures.signature_def["anything"].inputs["x"].tensor_shape.unknown_rank


def test_metadata_of_what_is_not_served(rpc: Rpc) -> None:
    message = rpc.refusal("NOT_FOUND", lambda: rpc.metadata(spec("foo"), "signature_def"))
    assert message == "Servable not found for request: Latest(foo)"
    message = rpc.refusal("NOT_FOUND", lambda: rpc.metadata(spec(version=7), "signature_def"))
    assert message == "Servable not found for request: Specific(m, 7)"
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.metadata(spec(label="x"), "signature_def"))
    assert message == "Unrecognized servable version label: x"


def test_metadata_needs_a_model_and_the_one_field_there_is(rpc: Rpc) -> None:
    stub = PredictionServiceStub(rpc.channel)
    message = rpc.refusal("INVALID_ARGUMENT", lambda: stub.GetModelMetadata(GetModelMetadataRequest()))
    assert message == "Missing ModelSpec"
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.metadata(spec()))
    assert message == "GetModelMetadataRequest must specify at least one metadata_field"
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.metadata(spec("foo"), "signature_def", "foo"))
    assert message == "Metadata field foo is not supported"
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.metadata(spec(""), "signature_def"))
    assert message == "ModelSpec has no name specified."
