"""Numbers, booleans and strings on their way in and out."""

import base64
import random
import struct

import pytest

from tests.serving.conftest import Api


def echo_texts(api: Api, signature: str, numbers: list[str]) -> list[str]:
    """Send numbers as JSON texts and return the texts that come back."""
    body = f'{{"signature_name": "{signature}", "inputs": [{", ".join(numbers)}]}}'
    response = api.post("/v1/models/m:predict", body)
    assert response.status_code == 200, response.text
    return [line.strip(" ,") for line in response.text.splitlines()[2:-2]]


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        ("0", "0.0"),
        ("-0.0", "-0.0"),
        ("1", "1.0"),
        ("0.2", "0.2"),
        ("2.5", "2.5"),
        ("1e2", "100.0"),
        ("9000000", "9e+06"),
        ("0.00003", "3e-05"),
        ("3.14159265", "3.14159274"),
        ("16777215", "16777215.0"),
        ("1e38", "1e+38"),
        ("1e-45", "1.4013e-45"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("Inf", "Infinity"),
        ("-Inf", "-Infinity"),
    ],
)
def test_floats_are_formatted_as_by_tf_serving(api: Api, sent: str, received: str) -> None:
    assert echo_texts(api, "anything", [sent]) == [received]


def test_every_float32_round_trips(api: Api) -> None:
    stream = random.Random(7)
    values = [struct.unpack("<f", stream.randbytes(4))[0] for _ in range(3000)]
    finite = [value for value in values if abs(value) < 3e38] + [round(stream.gauss(0, 5), 3) for _ in range(500)]
    as_float32 = [struct.unpack("<f", struct.pack("<f", value))[0] for value in finite]
    received = [float(text) for text in echo_texts(api, "anything", [repr(value) for value in as_float32])]
    assert [struct.unpack("<f", struct.pack("<f", value))[0] for value in received] == as_float32


def test_every_double_round_trips(api: Api) -> None:
    stream = random.Random(8)
    values = [stream.gauss(0, 1) * 10.0 ** stream.randint(-300, 300) for _ in range(500)] + [0.1, 1e15, 2.5]
    assert [float(text) for text in echo_texts(api, "double", list(map(repr, values)))] == values


@pytest.mark.parametrize(
    ("signature", "number"),
    [("int32", -(2**31)), ("int32", 2**31 - 1), ("int64", -(2**63)), ("int64", 2**63 - 1), ("uint64", 2**64 - 1)],
)
def test_integers_reach_their_bounds(api: Api, signature: str, number: int) -> None:
    assert api.outputs(signature, [[number, 0]]) == [[number, 0]]
    assert api.predictions(signature, [number]) == [number]


@pytest.mark.parametrize(
    ("signature", "value"),
    [
        ("int32", 2**31),
        ("int32", -(2**31) - 1),
        ("int64", 2**63),
        ("uint64", -1),
        ("uint64", 2**64),
        ("int32", 1.0),
        ("int64", 1.0),
        ("int32", True),
        ("int32", "1"),
        ("int32", None),
        ("anything", True),
        ("anything", "1"),
        ("negated", 1),
        ("text", 1),
    ],
)
def test_a_value_of_another_type_is_refused(api: Api, signature: str, value: object) -> None:
    expected = {"anything": "float", "negated": "bool", "text": "string"}.get(signature, signature)
    assert f"is not of expected type: {expected}" in api.refusal(signature, inputs=[value])
    assert f"is not of expected type: {expected}" in api.refusal(signature, inputs=[value, value])


@pytest.mark.parametrize("number", ["16777216", "-16777216", "1e39"])
def test_a_float_that_would_lose_precision_is_refused(api: Api, number: str) -> None:
    body = f'{{"signature_name": "anything", "inputs": [0.5, {number}]}}'
    response = api.post("/v1/models/m:predict", body)
    assert response.status_code == 400
    assert "to float without loss of precision." in response.json()["error"]


def test_booleans(api: Api) -> None:
    assert api.predictions("negated", [True, False]) == [False, True]


def test_half_precision_is_not_implemented(api: Api) -> None:
    response = api.predict(signature_name="half", inputs=[1.0])
    assert response.status_code == 501
    assert response.json()["error"] == "Conversion of JSON Value: 1.0 to type: half"


def test_strings_and_bytes(api: Api) -> None:
    raw = bytes(range(128))
    sent = ['строка \ue000\n"', {"b64": base64.b64encode(raw).decode()}, ""]
    received = api.predictions("text", sent)
    assert [item["text"] for item in received] == [sent[0], raw.decode(), ""]
    packed = [base64.b64decode(item["raw_bytes"]["b64"]) for item in received]
    assert packed == [str(sent[0]).encode(), raw, b""]


def test_bytes_that_are_not_text_return_in_a_bytes_output(api: Api) -> None:
    response = api.predict(signature_name="text", inputs=[{"b64": base64.b64encode(b"\xff\x00\xfe").decode()}])
    assert response.status_code == 200
    assert base64.b64encode(b"\xff\x00\xfe") in response.content


def test_unpadded_base64_is_read_and_bad_base64_is_refused(api: Api) -> None:
    assert api.outputs("text", [{"b64": "YQ"}])["text"] == ["a"]
    assert "Unable to base64 decode" in api.refusal("text", inputs=[{"b64": "*"}])
    assert "not formatted correctly for base64 data" in api.refusal("text", inputs=[{"b64": 1}])
