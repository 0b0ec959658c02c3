"""What the paths and methods answer."""

import http.client
from contextlib import closing

import pytest
import requests

from tests.serving.conftest import Api, error_of

PREDICT = '{"instances": [1.0, 2.0, 5.0]}'


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models/m:predict"),
        ("POST", "/v1/models/m"),
        ("POST", "/v1/models/m/metadata"),
        ("POST", "/v1/models/m:generate"),
        ("POST", "/v1/models/m:Predict"),
        ("POST", "/v1/models/m:predict?x=1"),
        ("POST", "/v1/models/m:predict/"),
        ("POST", "/v1/models/m/version/1:predict"),
        ("POST", "/v1/models/m/versions/one:predict"),
        ("POST", "/v1/models/m/versions/1/labels/stable:predict"),
        ("GET", "/v1/"),
        ("GET", "/v1/models/"),
        ("GET", "/v1/models/m/metadata?x=1"),
        ("GET", "/v1/models/m/versions/1?x=1"),
        ("GET", "/v1/models/m/versions/-1"),
        ("PUT", "/v1/models/m:predict"),
        ("DELETE", "/v1/models/m"),
        ("PATCH", "/v1/models/m"),
    ],
)
def test_an_unknown_route_is_malformed_never_405(api: Api, method: str, path: str) -> None:
    response = requests.request(method, api.url + path, data=PREDICT, timeout=30)
    assert error_of(response, 400) == f"Malformed request: {method} {path}"


def test_a_query_is_read_as_part_of_the_name(api: Api) -> None:
    assert error_of(api.get("/v1/models/m?x=1"), 404) == "Could not find any versions of model m?x=1"


def test_head_is_malformed_too_and_has_no_body(api: Api) -> None:
    response = requests.head(api.url + "/v1/models/m", timeout=30)
    assert (response.status_code, response.content) == (400, b"")


@pytest.mark.parametrize("path", ["/", "/v1", "/healthz", "/statuspage", "/v2/models/m"])
def test_outside_v1_is_an_html_404(api: Api, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_models_cannot_be_listed(api: Api) -> None:
    assert error_of(api.get("/v1/models"), 400) == "Missing model name in request."


def test_the_path_ignores_case(api: Api) -> None:
    assert api.get("/V1/Models/m").status_code == 200
    assert api.post("/V1/MODELS/m:predict", PREDICT).status_code == 200


def test_names_are_percent_decoded(api: Api) -> None:
    assert api.post("/v1/models/%6D:predict", PREDICT).status_code == 200
    message = error_of(api.post("/v1/models/a%2Fb%3A:predict", PREDICT), 404)
    assert message == "Servable not found for request: Latest(a/b:)"
    message = error_of(api.post("/v1/models/m%zz+:predict", PREDICT), 404)
    assert message == "Servable not found for request: Latest(m%zz+)"


@pytest.mark.parametrize("suffix", ["", "/versions/1", "/versions/001"])
def test_a_served_version_may_be_named(api: Api, suffix: str) -> None:
    response = api.post(f"/v1/models/m{suffix}:predict", PREDICT)
    assert response.json() == {"predictions": [2.5, 3.0, 4.5]}


@pytest.mark.parametrize("path", ["/v1/models/m/versions/{}", "/v1/models/m/versions/{}/metadata"])
def test_a_version_beyond_int64_is_refused(api: Api, path: str) -> None:
    number = "18446744073709551615"
    assert error_of(api.get(path.format(number)), 400) == f"Failed to convert version: {number} to numeric."
    assert error_of(api.get(path.format("9" * 5000)), 400).startswith("Failed to convert version: 999")


def test_there_are_no_labels_to_predict_with(api: Api) -> None:
    message = error_of(api.post("/v1/models/m/labels/stable:predict", PREDICT), 400)
    assert message == "Unrecognized servable version label: stable"


def test_options_needs_an_origin(api: Api) -> None:
    url = api.url + "/v1/models/m:predict"
    with_origin = requests.options(url, headers={"Origin": "http://example.org"}, timeout=30)
    without = requests.options(url, timeout=30)
    assert (with_origin.status_code, with_origin.content) == (200, b"")
    assert (without.status_code, without.content) == (400, b"")


@pytest.mark.parametrize("origin", ["", "http://example.org"])
def test_outside_v1_options_find_nothing_either(api: Api, origin: str) -> None:
    response = requests.options(api.url + "/healthz", headers={"Origin": origin}, timeout=30)
    assert response.status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW"])
@pytest.mark.parametrize("path", ["/v1/models/m", "/"])
def test_an_unknown_method_is_not_implemented(api: Api, method: str, path: str) -> None:
    connection = http.client.HTTPConnection(api.url.removeprefix("http://"), timeout=30)
    with closing(connection):
        connection.request(method, path)
        assert connection.getresponse().status == 501


def test_a_connection_is_kept_for_the_next_request_even_after_an_error(api: Api) -> None:
    connection = http.client.HTTPConnection(api.url.removeprefix("http://"), timeout=30)
    with closing(connection):
        connection.connect()
        connection.auto_open = 0  # a second connection would be an error
        for body, status in (("{", 400), (PREDICT, 200), (PREDICT, 200)):
            connection.request("POST", "/v1/models/m:predict", body)
            response = connection.getresponse()
            assert (response.status, response.read()[:1]) == (status, b"{")


def test_a_body_may_come_in_chunks(api: Api) -> None:
    def pieces() -> list[bytes]:
        return [PREDICT[:10].encode(), PREDICT[10:].encode()]

    response = requests.post(api.url + "/v1/models/m:predict", data=iter(pieces()), timeout=30)
    assert response.json() == {"predictions": [2.5, 3.0, 4.5]}
