"""Requests that are wrong as a whole, and the order in which that is noticed."""

import gzip
import http.client
import json
import socket
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.processes import free_port, wait_until
from tests.serving.conftest import FORKS, Api, error_of, supervised

PREDICT = "/v1/models/m:predict"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "JSON Parse error: The document is empty"),
        ("  \n", "JSON Parse error: The document is empty. at offset: 3"),
        ("this is not json", "JSON Parse error: Invalid value. at offset: 0"),
        ('{"instances": [1, 2', "JSON Parse error: Invalid value. at offset: 19"),
        ("{'a': 1}", "JSON Parse error: Invalid value. at offset: 1"),
        ('\ufeff{"a" 1}', "JSON Parse error: Invalid value. at offset: 8"),
        ('{"instances":[Inf 1]}', "JSON Parse error: Invalid value. at offset: 18"),
        ('["Inf\\"", Infinity, -Inf, Inf] ', "Is not object"),
        ('["Inf\\"", Infinity, -Inf, Inf, x, Inf]', "JSON Parse error: Invalid value. at offset: 31"),
        ("[Inf, " + '"' + '\\"' * 200_000, "JSON Parse error: Invalid value. at offset: 6"),
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
def test_the_error_is_described(api: Api, body: str, message: str) -> None:
    assert message in error_of(api.post(PREDICT, body.encode()), 400)


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("request_text", "message"),
    [
        ('{"signature_name": "\\ud800", "inputs": [0]}', 'Serving signature name: "\ud800" not found in signature def'),
        ('{"signature_name": 5, "x": "\\ud800"}', "'signature_name' key must be a string value."),
        ('{"instances": [{"\\ud800": 1}]}', "JSON object: does not have named input: \ud800"),
        ('{"inputs": "\\udc80"}', 'JSON Value: "\udc80" Type: String is not of expected type: float'),
    ],
)
def test_a_lone_surrogate_may_be_quoted(api: Api, request_text: str, message: str) -> None:
    assert message in error_of(api.post(PREDICT, request_text), 400)


@pytest.mark.embedded
@pytest.mark.parametrize("depth", [33, 65, 70, 900, 100_000])
@pytest.mark.parametrize(
    "form", ['{"inputs": %s}', '{"inputs": {"x": %s}}', '{"instances": [%s]}', '{"instances": [{"x": %s}]}']
)
def test_deep_lists_are_refused(api: Api, form: str, depth: int) -> None:
    body = form % ("[" * depth + "1.0" + "]" * depth)
    message = error_of(api.post(PREDICT, body.replace("{", '{"signature_name": "anything", ', 1)), 400)
    assert "nested" in message


@pytest.mark.embedded
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_deep_json_may_be_quoted(api: Api, start: str, end: str) -> None:
    deep = start * 900 + "1" + end * 900
    assert error_of(api.post(PREDICT, f"[{deep}]"), 400)
    assert error_of(api.post(PREDICT, f'{{"signature_name": 5, "x": {deep}}}'), 400)


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


@pytest.mark.embedded
@pytest.mark.parametrize(
    "body",
    [b"not gzip", gzip.compress(b'{"instances": [1]}')[:-9], gzip.compress(b" " * 2**23)],
    ids=["none", "cut", "bomb"],  # gzip writes the time down, and all workers must agree on the names
)
def test_a_body_that_cannot_be_unpacked_counts_as_empty(api: Api, body: bytes) -> None:
    response = api.post(PREDICT, body, headers={"Content-Encoding": "gzip"})
    assert error_of(response, 400) == "JSON Parse error: The document is empty"


@pytest.mark.embedded
def test_a_body_beyond_the_limit_is_refused_and_the_server_survives(api: Api) -> None:
    try:
        status = api.post(PREDICT, b" " * (5 * 2**20)).status_code
    except requests.ConnectionError:  # closed while we were still sending
        status = 413
    assert status == 413
    assert api.predictions("", [1.0]) == [2.5]


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /v1/models/ы HTTP/1.1", 404),
        ("GET http://[ HTTP/1.1", 400),
        ("nonsense", 400),
        ("GET / HTTP/1.1\r\nno colon", 400),
        (f"POST {PREDICT} HTTP/1.1\r\nContent-Length: {'9' * 5000}", 400),
        (f"POST {PREDICT} HTTP/1.1\r\nContent-Length: {4 * 2**20 + 1}", 413),
        (f"POST {PREDICT} HTTP/1.1\r\nTransfer-Encoding: gzip", 501),
        (f"GET / HTTP/1.1\r\nX: {'x' * 2**18}", 431),
    ],
)
def test_a_malformed_request_gets_the_same_form_of_error(api: Api, head: str, status: int) -> None:
    with connected(api) as client:
        client.sendall(f"{head}\r\n\r\n".encode())
        response = http.client.HTTPResponse(client)
        response.begin()
        body = json.loads(response.read())
    assert (response.status, response.headers["Content-Type"]) == (status, "application/json")
    assert list(body) == ["error"]


def test_a_slow_request_is_cut_off_and_an_idle_connection_is_not(saved_models: Path) -> None:
    port = free_port()
    flags = [f"--rest_api_port={port}", "--model_name=m", f"--model_base_path={saved_models / 'constant'}"]
    with supervised(FORKS.start("tests.serving.impatient", flags), port) as (api, _):
        cut_off_and_idle(api)


def cut_off_and_idle(api: Api) -> None:
    """Check that a server ends a connection on which a request trickles, and keeps one on which there is none."""

    def is_cut_off() -> bool:
        try:
            trickling.send(b"x")
        except ConnectionError:
            return True
        return False

    def answer() -> int:
        idle.request("GET", "/v1/models/m")
        with idle.getresponse() as response:
            response.read()
            return response.status

    idle = http.client.HTTPConnection(api.url.removeprefix("http://"), timeout=30)
    with closing(idle), connected(api) as trickling:
        assert answer() == 200
        idle.auto_open = 0  # a second connection would be an error
        wait_until(is_cut_off, 60)
        assert answer() == 200


def connected(api: Api) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(api.url.rpartition(":")[2])), timeout=30)
