"""Requests that are wrong as a whole, and the order in which that is noticed."""

import gzip
import json

import pytest
import requests

from tests.serving.conftest import Api, error_of

PREDICT = "/v1/models/m:predict"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "JSON Parse error: The document is empty"),
        ("  \n", "JSON Parse error: The document is empty. at offset: 3"),
        ("this is not json", "JSON Parse error: Invalid value. at offset: 0"),
        ('{"instances": [1, 2', "JSON Parse error: Missing a comma or ] after an array element. at offset: 19"),
        ('{"s": "a]\\"}", "inputs": 1 2}', "JSON Parse error: Missing a comma or } after an object member."),
        ("{'a': 1}", "JSON Parse error: Missing a name for object member. at offset: 1"),
        ('{"a" 1}', "JSON Parse error: Missing a colon after a name of object member. at offset: 5"),
        ('{"ы": x}', "JSON Parse error: Invalid value. at offset: 7"),
        ("[1, 2]", "Is not object"),
        ("[" * 100_000, "JSON Parse error: The document is nested too deeply."),
        ('{"inputs": ' + "9" * 5000 + "}", "JSON Parse error: Number too big to be stored in double."),
        ("{}", "Missing 'inputs' or 'instances' key"),
        ('{"inputs": 1, "instances": [1]}', "expecting only one of 'inputs' or 'instances' keys to exist "),
        ('{"signature_name": 5}', "not formatted correctly. 'signature_name' key must be a string value."),
        (
            '{"signature_name": "nope", "instances": [1]}',
            'Serving signature name: "nope" not found in signature def',
        ),
        ('{"signature_name": "text", "inputs": ["\\ud800"]}', "The surrogate pair in string is invalid."),
    ],
)
def test_what_is_wrong_is_said(api: Api, body: str, message: str) -> None:
    assert message in error_of(api.post(PREDICT, body.encode()), 400)


def test_the_error_is_pretty_printed(api: Api) -> None:
    assert api.post(PREDICT, "").text == '{\n    "error": "JSON Parse error: The document is empty"\n}'


def test_quoted_json_is_cut_at_256_bytes(api: Api) -> None:
    message = api.refusal("", inputs="ы" * 1000)
    assert message == 'JSON Value: "' + "ы" * 127 + " Type: String is not of expected type: float"


def test_unknown_keys_and_what_follows_the_object_are_ignored(api: Api) -> None:
    body = '\ufeff {"instances": [1.0], "parameters": {"a": 1}} and more'
    assert api.post(PREDICT, body.encode()).json() == {"predictions": [2.5]}


def test_the_content_type_does_not_matter(api: Api) -> None:
    response = api.post(PREDICT, '{"instances": [1.0]}', headers={"Content-Type": "image/png"})
    assert response.json() == {"predictions": [2.5]}


def test_bad_json_is_noticed_before_an_unknown_model(api: Api) -> None:
    assert error_of(api.post("/v1/models/foo:predict", "{"), 400).startswith("JSON Parse error")
    assert error_of(api.post("/v1/models/foo:predict", '{"signature_name": 1}'), 400)
    assert error_of(api.post("/v1/models/foo/labels/x:predict", "{}"), 400).startswith("Unrecognized")


def test_an_unknown_model_is_noticed_before_an_unknown_signature(api: Api) -> None:
    body = '{"signature_name": "nope"}'
    message = error_of(api.post("/v1/models/foo:predict", body), 404)
    assert message == "Servable not found for request: Latest(foo)"
    message = error_of(api.post("/v1/models/m/versions/50:predict", body), 404)
    assert message == "Servable not found for request: Specific(m, 50)"


def test_a_gzipped_body_is_unpacked(api: Api) -> None:
    body = gzip.compress(json.dumps({"instances": [1.0]}).encode())
    assert api.post(PREDICT, body, headers={"Content-Encoding": "gzip"}).json() == {"predictions": [2.5]}


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b'{"instances": [1]}')[:-9], gzip.compress(b" " * 2**27)])
def test_a_body_that_cannot_be_unpacked_counts_as_empty(api: Api, body: bytes) -> None:
    response = api.post(PREDICT, body, headers={"Content-Encoding": "gzip"})
    assert error_of(response, 400) == "JSON Parse error: The document is empty"


def test_a_body_beyond_the_limit_is_refused_and_the_server_lives_on(api: Api) -> None:
    try:
        status = api.post(PREDICT, b" " * (65 * 2**20)).status_code
    except requests.ConnectionError:  # closed while we were still sending
        status = 413
    assert status == 413
    assert api.predictions("", [1.0]) == [2.5]
