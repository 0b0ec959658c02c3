"""Predict over gRPC: tensors in both forms, outputs asked for, versions, refusals."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest
from tensorflow_serving.apis.inference_pb2 import MultiInferenceRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub
from tensorflow_serving.apis.regression_pb2 import RegressionRequest

from tests.serving.grpc.rpc import Rpc, request, spec

ONE = np.ones((1, 2), np.float32)


def typed(dtype: str, field: str, values: Any, *shape: int) -> TensorProto:
    tensor = TensorProto(dtype=f"DT_{dtype.upper()}", **{field: values})
    tensor.tensor_shape.SetInParent()
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    return tensor


def packed(dtype: str, content: bytes, *shape: int) -> TensorProto:
    return typed(dtype, "tensor_content", content, *shape)


def test_the_reply_names_version_and_signature_and_has_typed_values(rpc: Rpc) -> None:
    reply = rpc.send(request(spec(), {"x": [1.0, 3.0]}))
    assert reply.model_spec == spec(signature="serving_default", version=1)
    assert reply.outputs == {"y": typed("float", "float_val", [2.5, 3.5], 2)}


def test_the_reply_names_the_signature_that_was_asked_for(rpc: Rpc) -> None:
    reply = rpc.send(request(spec(signature="mean", version=1), {"x": [1.0, 3.0]}))
    assert reply.model_spec == spec(signature="mean", version=1)
    assert reply.outputs["mean"] == typed("float", "float_val", [2.0])


@pytest.mark.parametrize(
    ("signature", "value"),
    [
        ("anything", np.array([[1.5, -np.inf], [np.nan, 1e-45]], np.float32)),
        ("double", np.array([1e300, -0.1])),
        ("half", np.array([0.5, -2.0], np.float16)),
        ("int32", np.array([[-(2**31)], [2**31 - 1]], np.int32)),
        ("int64", np.array([-(2**63), 2**63 - 1], np.int64)),
        ("uint64", np.array([2**64 - 1], np.uint64)),
        ("anything", np.zeros((0, 3), np.float32)),
        ("anything", np.float32(7)),
        ("anything", np.zeros((2, 2, 2), np.float32)),
    ],
)
@pytest.mark.parametrize("as_content", [False, True])
def test_numbers_go_through_unchanged(rpc: Rpc, signature: str, value: np.ndarray, *, as_content: bool) -> None:
    array = np.asarray(value)
    name = {"anything": "float"}.get(signature, signature)
    field = {"int32": "int_val"}.get(name, f"{name}_val")
    values = array.view(np.uint16) if name == "half" else array
    tensor = (
        packed(name, array.tobytes(), *array.shape)
        if as_content
        else typed(name, field, values.ravel().tolist(), *array.shape)
    )
    output = rpc.predict(signature, x=tensor)["y"]
    assert output.dtype == array.dtype
    np.testing.assert_array_equal(output, array)


def test_truth_values_and_bytes(rpc: Rpc) -> None:
    assert rpc.predict("negated", x=[True, False])["y"].tolist() == [False, True]
    strings = [b"\xff\0", "ё".encode(), b"", b"a\0"]
    assert rpc.predict("text", x=typed("string", "string_val", strings, 4))["text"].tolist() == strings


def test_packed_strings(rpc: Rpc) -> None:
    strings = [b"a" * 300, b"", b"b"]
    content = b"\xac\x02\x00\x01" + b"".join(strings)
    assert rpc.predict("text", x=packed("string", content, 3))["text"].tolist() == strings


def test_missing_values_repeat_the_last_one(rpc: Rpc) -> None:
    assert rpc.predict("anything", x=typed("float", "float_val", [1.0, 2.0], 2, 2))["y"].tolist() == [[1, 2], [2, 2]]
    assert rpc.predict("anything", x=typed("float", "float_val", [], 2))["y"].tolist() == [0, 0]
    assert rpc.predict("anything", x=typed("float", "float_val", [1.0, 2.0], 1))["y"].tolist() == [1]
    assert rpc.predict("text", x=typed("string", "string_val", [b"a\0"], 2))["text"].tolist() == [b"a\0"] * 2


@pytest.mark.parametrize(
    "tensor",
    [
        TensorProto(),
        TensorProto(dtype=77),  # no such type
        packed("float", b"abc", 1),
        packed("float", b"abcdefgh", 1),
        packed("string", b"\x05abc", 1),
        packed("string", b"\xff", 1),
        packed("string", b"\xff\xff\xff\xff\xff\xff", 1),
        typed("float", "float_val", [1.0], -1),
        typed("float", "float_val", [1.0], *[1] * 100),
    ],
)
def test_a_malformed_tensor_is_refused(rpc: Rpc, tensor: TensorProto) -> None:
    assert rpc.refusal("INVALID_ARGUMENT", lambda: rpc.predict(x=tensor)) == "tensor parsing error: x"


def test_a_short_message_cannot_describe_a_huge_tensor(rpc: Rpc) -> None:
    huge = typed("float", "float_val", [1.0], 2**40, 2**40)
    assert "elements" in rpc.refusal("INVALID_ARGUMENT", lambda: rpc.predict(x=huge))


def test_unsupported_types(rpc: Rpc) -> None:
    tensor = typed("complex64", "scomplex_val", [1.0, 2.0], 1)
    assert "complex64" in rpc.refusal("UNIMPLEMENTED", lambda: rpc.predict(x=tensor))


def test_only_the_outputs_asked_for_are_sent(rpc: Rpc) -> None:
    assert rpc.predict("pair", a=ONE, b=ONE).keys() == {"sum", "dot"}
    assert rpc.predict("pair", ("dot",), a=ONE, b=ONE).keys() == {"dot"}
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.predict("pair", ("nope",), a=ONE, b=ONE))
    expected = "output tensor alias not found in signature: nope Outputs expected to be in the set {dot,sum}."
    assert message == expected
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.predict("pair", ("dot", "dot"), a=ONE, b=ONE))
    assert message == "duplicate output tensor alias: dot"


def test_inputs_are_those_of_the_signature(rpc: Rpc) -> None:
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.predict("pair", a=ONE))
    assert message == (
        "input size does not match signature: 1!=2 len({a}) != len({a,b}). Sent extra: {}. Missing but required: {b}."
    )
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.predict("pair", a=ONE, c=ONE))
    assert message.startswith("input tensor alias not found in signature: c")
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.predict("pair", a=ONE, b=np.ones((1, 2))))
    assert message == "Expects arg[1] to be float but double is provided"


def test_what_the_graph_refuses(rpc: Rpc) -> None:
    rpc.refusal("INVALID_ARGUMENT", lambda: rpc.predict("matrix", x=np.ones((1, 2), np.float32)))


def test_the_model_comes_before_the_signature_and_that_before_the_tensors(rpc: Rpc) -> None:
    def asked(model_spec: object) -> PredictRequest:
        return request(model_spec, {"nope": [1.0]})

    message = rpc.refusal("NOT_FOUND", lambda: rpc.send(asked(spec("foo", "nope"))))
    assert message == "Servable not found for request: Latest(foo)"
    message = rpc.refusal("NOT_FOUND", lambda: rpc.send(asked(spec("m", "nope", version=50))))
    assert message == "Servable not found for request: Specific(m, 50)"
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.send(asked(spec("m", "nope", label="stable"))))
    assert message == "Unrecognized servable version label: stable"
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.send(asked(spec("foo", "nope", label="stable"))))
    assert message == "Unrecognized servable version label: stable"
    message = rpc.refusal("FAILED_PRECONDITION", lambda: rpc.send(asked(spec("m", "nope"))))
    assert message == 'Serving signature key "nope" not found.'


def test_a_request_names_its_model(rpc: Rpc) -> None:
    assert rpc.refusal("INVALID_ARGUMENT", lambda: rpc.send(PredictRequest())) == "Missing ModelSpec"
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.send(request(spec(""), {})))
    assert message == "ModelSpec has no name specified."
    message = rpc.refusal("INVALID_ARGUMENT", lambda: rpc.send(request(spec(label=""), {})))
    assert message == "Unrecognized servable version label: "


def test_a_long_message_is_cut(rpc: Rpc) -> None:
    message = rpc.refusal("NOT_FOUND", lambda: rpc.send(request(spec("ё" * 2000), {})))
    start = "Servable not found for request: Latest("
    assert message == start + "ё" * ((1024 - len(start)) // 2) + "...TRUNCATED"


def test_unsupported_methods(rpc: Rpc) -> None:
    stub = PredictionServiceStub(rpc.channel)
    message = rpc.refusal("UNIMPLEMENTED", lambda: stub.Classify(ClassificationRequest(model_spec=spec())))
    assert message == "classify is not offered by this server, only predict."
    message = rpc.refusal("UNIMPLEMENTED", lambda: stub.Regress(RegressionRequest(model_spec=spec())))
    assert message == "regress is not offered by this server, only predict."
    message = rpc.refusal("UNIMPLEMENTED", lambda: stub.MultiInference(MultiInferenceRequest()))
    assert message == "multi-inference is not offered by this server, only predict."


def test_a_message_too_large_is_refused(rpc: Rpc) -> None:
    large = packed("float", bytes(4 * 2**20), 2**20)
    assert "larger than max" in rpc.refusal("RESOURCE_EXHAUSTED", lambda: rpc.predict(x=large))
    most = packed("float", bytes(4 * 2**20 - 4096), 2**20 - 1024)
    assert rpc.predict("mean", x=most)["mean"] == 0


def test_a_message_that_is_not_protobuf_is_refused(rpc: Rpc) -> None:
    raw = rpc.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    rpc.refusal("INTERNAL", lambda: raw(b"\xff\xff\xff", timeout=30))
    assert rpc.predict(x=[1.0])["y"] == [2.5]


def test_a_signature_that_returns_no_tensor(rpc: Rpc) -> None:
    rpc.refusal("INVALID_ARGUMENT", lambda: rpc.send(request(spec(signature="__saved_model_init_op"), {})))


def test_make_tensor_proto_itself_is_understood(rpc: Rpc) -> None:
    noise = np.random.default_rng(1).random((2, 4), np.float32)
    prompt = np.arange(8, dtype=np.int32).reshape(2, 4)
    made = rpc.predict("generate", prompt=prompt, noise=noise, top_k=tf.constant([5, 7]).numpy())
    np.testing.assert_array_equal(made["tokens"], prompt + np.array([[5], [7]]))
    np.testing.assert_array_equal(made["probability"], noise)
