"""Input validation: every input is bounded, and every error has one shape."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from model.text.parameters import BOUNDS, VERSE
from tests.backend.conftest import SECONDS, Backend, problem, raw_socket, refused
from tests.backend.fake_serving import FakeServing


def _outside() -> Iterator[tuple[str, Any]]:
    """Yield values just outside each bound, or of the wrong type."""
    for name, bound in BOUNDS.items():
        wrong = {
            "integer": ["1", 1.0, 1.5, True, [1], {}, 10**40, -(10**40)],
            "number": ["0.5", True, [], {"a": 1}, float("nan"), float("inf"), -float("inf"), 0.005, 10**40],
            "string": [1, False, ["a"], {}, "\ud800", "a\udc00b"],
            "boolean": [0, 1, "true", []],
        }[bound.kind]
        yield from ((name, value) for value in wrong)
        if not bound.nullable:
            yield name, None
        if bound.kind == "string" and bound.maximum is not None:
            yield name, "я" * (int(bound.maximum) + 1)
        elif bound.minimum is not None and bound.maximum is not None:
            step = bound.multiple_of or 1
            yield from [(name, bound.minimum - step), (name, bound.maximum + step)]
    yield "decoder", "beam"


@pytest.mark.parametrize(("name", "value"), list(_outside()), ids=lambda value: ascii(value)[:40])
def test_a_value_out_of_bounds_is_refused_by_name(backend: Backend, name: str, value: Any) -> None:
    assert refused(backend.raw(json.dumps({name: value}).encode())) == {name}


def _edges() -> Iterator[tuple[str, Any]]:
    for name, bound in BOUNDS.items():
        if name in VERSE:  # refused here, as the toy has no ear: see test_decoders.py
            continue
        if bound.kind in ("integer", "number"):
            yield from [(name, bound.minimum), (name, bound.maximum)]
        if bound.nullable:
            yield name, None
    yield from [("chaos", 0.07), ("chaos", 0.29), ("chaos", 1), ("temperature", 3), ("prompt", "я" * 2000)]


@pytest.mark.parametrize(("name", "value"), list(_edges()), ids=lambda value: ascii(value)[:40])
def test_a_value_on_its_bound_is_accepted(backend: Backend, name: str, value: Any) -> None:
    assert backend.post({name: value}).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"colour": 1}', "colour"),
        (b'{"": 1}', ""),
        (b'{"seed": 1, "seed": 1}', "seed"),
        (b'{"seed": NaN}', "seed"),
        (b'{"chaos": Infinity}', "chaos"),
        (b'{"chaos": -Infinity}', "chaos"),
        (b'{"chaos": 1e400}', "chaos"),
        (b'{"chaos": -1e400}', "chaos"),
        (b'{"seed": ' + b"9" * 60000 + b"}", "seed"),
        (b'{"seed": -' + b"9" * 6000 + b"}", "seed"),
        (b'{"chaos": ' + b"9" * 6000 + b"}", "chaos"),
        (b'{"prompt": "\\ud83d"}', "prompt"),
        (b'{"prompt": {"a": 1, "a": 2}}', "a"),
        (b'{"\\ud800": 1}', "?"),
        (b'{"' + b"x" * 60000 + b'": 1}', "x" * 50 + "…"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_odd_json_is_refused_by_the_fields_name(backend: Backend, body: bytes, field: str) -> None:
    response = backend.raw(body)
    assert refused(response) == {field}
    assert len(response.content) < 2000


@pytest.mark.parametrize("body", [b'{"seed": -0}', b'{"chaos": -0.0}', b'{"chaos": 1E-1}', b'{"chaos": 0}', b" {} "])
def test_odd_json_within_bounds_is_accepted(backend: Backend, body: bytes) -> None:
    response = backend.raw(body)
    assert response.status_code == 200
    assert "-0" not in json.dumps(response.json()["parameters"])


def test_all_wrong_fields_are_named_at_once(backend: Backend) -> None:
    assert refused(backend.post({"seed": -1, "chaos": 2, "colour": "red", "n": 1})) == {"seed", "chaos", "colour"}


def test_thousands_of_wrong_fields_are_not_all_repeated(backend: Backend) -> None:
    response = backend.post({f"f{i}": i for i in range(4000)})
    assert len(problem(response, 422)["errors"]) == 20


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"hello", b"[]", b"null", b'"prompt"', b"1", b"{'prompt': 1}", b'{"prompt": "a"} x', b'{"a": 1,}',
        b"\xff\xfe", '{"prompt": "зима"}'.encode("cp1251"), '{"prompt": "a"}'.encode("utf-16"), b"\x00",
        b"\xef\xbb\xbf{}",
        b"[" * 60000, b'{"prompt":' * 6000, b'{"prompt": "\x01"}', b'{"prompt": "\xed\xa0\x80"}', b'{"prompt": "\\x"}',
    ],
    ids=lambda body: ascii(body)[:30],
)  # fmt: skip
def test_a_body_that_is_not_a_json_object_is_malformed(backend: Backend, body: bytes) -> None:
    problem(backend.raw(body), 400)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp", "a+json"])
def test_a_body_of_another_media_type_is_refused(backend: Backend, kind: str) -> None:
    problem(backend.raw(b"{}", kind), 415)


def test_an_empty_body_of_another_media_type_is_refused(backend: Backend) -> None:
    problem(backend.raw(b"", "text/plain"), 415)
    assert backend.raw(b"").status_code == 200


@pytest.mark.parametrize("query", ["prompt=x", "top_k=notanumber", "=", "x"])
def test_a_post_with_fields_in_its_query_string_is_refused(backend: Backend, query: str) -> None:
    details = problem(requests.post(f"{backend.url}/generate?{query}", json={}, timeout=SECONDS), 400)
    assert "in the body" in details["detail"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.poem+json"])
def test_every_json_media_type_is_accepted(backend: Backend, kind: str) -> None:
    assert backend.raw(b"{}", kind).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"), ("seed=1&seed=1", "seed"), ("prompt=a&prompt=b", "prompt"), ("seed=one", "seed"),
        ("seed=1.0", "seed"), ("seed=1_000", "seed"), ("seed=%D9%A3", "seed"), ("seed=+1", "seed"), ("seed=-1", "seed"),
        ("chaos=nan", "chaos"), ("chaos=inf", "chaos"), ("chaos=1e400", "chaos"), ("chaos=0,5", "chaos"), ("n=", "n"),
        ("chaos=0x1", "chaos"), ("explain=yes", "explain"), ("explain=1", "explain"), ("n=" + "9" * 5000, "n"),
        ("prompt=%ED%A0%80", None), ("prompt=%FF", None), ("&".join(f"a{i}=1" for i in range(200)), None),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_odd_queries_are_refused(backend: Backend, query: str, field: str | None) -> None:
    response = backend.get(f"/generate?{query}")
    if field is None:
        problem(response, 400)
    else:
        assert refused(response) == {field}


def test_a_body_over_its_bound_is_too_large(backend: Backend) -> None:
    problem(backend.raw(b'{"prompt": "' + b"a" * 65536 + b'"}'), 413)


def test_a_chunked_body_over_its_bound_is_too_large(backend: Backend) -> None:
    chunks = iter([b'{"prompt": "', *[b"a" * 8192] * 9, b'"}'])
    problem(backend.post(data=chunks, headers={"Content-Type": "application/json"}), 413)


def test_a_chunked_body_within_its_bound_is_accepted(backend: Backend) -> None:
    chunks = iter([b'{"prompt": ', b'"a"}'])
    assert backend.post(data=chunks, headers={"Content-Type": "application/json"}).status_code == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /generate HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST /generate HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST /generate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST /generate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: ".ljust(65536, b"a"), 431),
        (b"nonsense\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ],
)
def test_what_is_refused_before_flask_has_the_same_shape(backend: Backend, head: bytes, status: int) -> None:
    problem(raw_socket(backend, head), status)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404), ("GET", "/generate/", 404), ("GET", "/static/none", 404),
        ("GET", "/static/../app.py", 404), ("GET", "/static/%2e%2e/app.py", 404), ("PUT", "/generate", 405),
        ("DELETE", "/models", 405), ("POST", "/", 405), ("POST", "/poems/ABC", 405), ("TRACE", "/generate", 405),
    ],
)  # fmt: skip
def test_flasks_own_errors_have_the_same_shape(backend: Backend, method: str, path: str, status: int) -> None:
    response = requests.request(method, backend.url + path, timeout=SECONDS)
    problem(response, status)
    assert ("Allow" in response.headers) == (status == 405)


@pytest.mark.parametrize("name", ["", "other", "toy/versions/1", "toy:predict", "../toy", "Toy"])
def test_an_unknown_model_is_not_found(backend: Backend, serving: FakeServing, name: str) -> None:
    serving.asked.clear()
    details = problem(backend.post({"model": name}), 404)
    assert "toy" in details["detail"]
    assert serving.asked == []


def test_the_log_has_no_text_of_users(backend: Backend) -> None:
    secret = "тайна"
    backend.post({"prompt": secret})
    backend.post({"prompt": secret, secret: 1})
    backend.post({"prompt": secret * 1000})
    backend.raw(secret.encode())
    backend.get("/generate", params={"prompt": secret})
    backend.get(f"/{secret}")
    backend.get(f"/poems/{secret}", params={"prompt": secret})
    requests.request("SECRET", backend.url, timeout=SECONDS)
    text = backend.running.text()
    assert "POST /generate 422" in text
    assert "- - 405" in text
    assert secret not in text
    assert "SECRET" not in text
    assert "%D1%82" not in text
