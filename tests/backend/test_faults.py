"""TF-Serving away, slow or broken: a 503 at once, and poems again when it is back."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.backend.conftest import (
    FORKS,
    MAX_CONCURRENT,
    SECONDS,
    Backend,
    problem,
    running_backend,
    settings,
    supervised,
)
from tests.backend.fake_serving import Answer, FakeServing
from tests.processes import wait_until

NAN = json.dumps({"predictions": [[float("nan")] * 160]}).encode()
BROKEN = {
    "status 500": Answer(500, b'{"error": "boom"}'),
    "status 400": Answer(400, b'{"error": "bad"}'),
    "status 429": Answer(429, b"{}"),
    "redirect": Answer(302, b""),
    "html": Answer(200, b"<html></html>"),
    "half of it": Answer(200, b'{"predictions": [[1.0, 2'),
    "cut off": Answer(0, b'{"predictions"'),
    "a list": Answer(200, b"[]"),
    "null": Answer(200, b"null"),
    "empty object": Answer(200, b"{}"),
    "null inside": Answer(200, b'{"predictions": null, "outputs": null, "model_version_status": null}'),
    "nan": Answer(200, NAN),
    "infinite": Answer(200, NAN.replace(b"NaN", b"1e39")),
    "too few": Answer(200, b'{"predictions": [[1.0, 2.0]]}'),
    "ragged": Answer(200, b'{"predictions": [[1.0], [1.0, 2.0]]}'),
    "deep": Answer(200, b"[" * 100000),
    "not utf-8": Answer(200, b'{"\xff": 1}'),
}


@pytest.mark.parametrize("signature", ["status", "release", "serving_default", "generate"])
@pytest.mark.parametrize("fault", BROKEN.values(), ids=list(BROKEN))
def test_a_malformed_reply_is_a_503_and_the_next_poem_is_written(
    backend: Backend, serving: FakeServing, signature: str, fault: Answer
) -> None:
    if signature == "release":
        serving.versions = {7 + len(serving.asked): serving.versions[1]}  # one that is not known yet
    serving.fault = lambda asked: fault if asked == signature else None
    fields = {"decoder": "loop" if signature == "serving_default" else "graph"}
    response = backend.post(fields)
    assert problem(response, 503)["type"].endswith(":away")
    assert int(response.headers["Retry-After"]) > 0
    serving.fault = lambda _: None
    backend.reply(**fields)


def _changed(reply: dict[str, Any], name: str, value: Any) -> Answer:
    return Answer(200, json.dumps({"outputs": {**reply["outputs"], name: value}}).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tokens", [[160] * 256]), ("tokens", [[-1] * 256]), ("tokens", [[4.5] * 256]), ("tokens", [[4] * 255]),
        ("tokens", [4] * 256), ("tokens", [[True] * 256]), ("tokens", [["4"] * 256]), ("tokens", [[10**30] * 256]),
        ("length", [0]), ("length", [257]), ("length", [1, 1]), ("length", 1), ("stop", [3]), ("stop", ["0"]),
        ("pool", [[4] * 256]), ("rank", [[-1] * 256]), ("probability", [[float("nan")] * 256]), ("probability", None),
    ],
)  # fmt: skip
def test_outputs_of_the_graph_out_of_range_are_a_503(
    backend: Backend, serving: FakeServing, name: str, value: Any
) -> None:
    good = {
        "outputs": {
            **{column: [[4] * 256] for column in ("tokens", "rank")},
            "pool": [[1] * 256],
            "probability": [[0.5] * 256],
            "length": [10],
            "stop": [0],
        }
    }
    serving.fault = lambda asked: Answer(200, json.dumps(good).encode()) if asked == "generate" else None
    backend.reply()
    serving.fault = lambda asked: _changed(good, name, value) if asked == "generate" else None
    problem(backend.post({}), 503)


def test_poems_are_written_again_when_the_server_is_back(backend: Backend, serving: FakeServing) -> None:
    poem = backend.poem(seed=1)
    serving.stop()
    response = backend.post({"seed": 1})
    assert problem(response, 503)["type"].endswith(":away")
    assert "Retry-After" in response.headers
    problem(backend.get("/readyz"), 503)
    assert backend.get("/healthz").json() == {"status": "alive"}
    assert backend.get("/models").json()["models"][0]["ready"] is False
    serving.start()
    assert backend.poem(seed=1) == poem
    assert backend.get("/readyz").json() == {"status": "ready", "model": "toy", "version": 1}


def test_a_server_that_restarts_between_two_poems_goes_unnoticed(backend: Backend, serving: FakeServing) -> None:
    backend.reply()  # leaves a connection in the pool
    serving.stop()
    serving.start()
    backend.reply()


def test_a_server_that_stops_during_a_poem_is_a_503(backend: Backend, serving: FakeServing) -> None:
    def go(signature: str) -> None:
        if signature == "serving_default" and serving.asked.count(signature) == 5:
            threading.Thread(target=serving.stop).start()
            serving.gate.clear()

    serving.fault = go
    problem(backend.post({"decoder": "loop", "max_tokens": 256, "max_lines": 64}), 503)
    wait_until(lambda: serving.is_away, SECONDS)


def test_a_model_that_the_server_does_not_know_is_a_503(serving: FakeServing) -> None:
    with running_backend(serving.url, MODELS="unknown,toy") as backend:
        assert "does not know" in problem(backend.post({}), 503)["detail"]
        problem(backend.get("/readyz"), 503)
        assert [model["ready"] for model in backend.get("/models").json()["models"]] == [False, True]
        assert backend.reply(model="toy")["model"]["name"] == "toy"
        receipt = backend.reply(model="toy")["poems"][0]["receipt"]
        assert backend.get(f"/poems/{receipt}").json()["model"]["name"] == "toy"


@pytest.mark.parametrize("limit", ["SERVING_READ_TIMEOUT", "POEM_TIMEOUT"])
def test_a_server_that_does_not_answer_is_a_503(serving: FakeServing, limit: str) -> None:
    with running_backend(serving.url, **{limit: "0.4"}) as backend:
        backend.get("/readyz")
        serving.gate.clear()
        for decoder in ("graph", "loop"):
            response = backend.post({"decoder": decoder})
            assert problem(response, 503)["type"].endswith(":slow")
            assert int(response.headers["Retry-After"]) > 0


def test_a_slow_reply_does_not_outlast_the_deadline(serving: FakeServing) -> None:
    with running_backend(serving.url, POEM_TIMEOUT="0.4") as backend:
        backend.get("/readyz")
        serving.fault = lambda asked: Answer(200, b"{", endless=True) if asked == "generate" else None
        assert problem(backend.post({}), 503)["type"].endswith(":slow")


@pytest.mark.parametrize(
    ("fault", "times"),
    [(Answer(None, b""), 2), (Answer(None, b"HTTP/"), 1), (Answer(0, b"{"), 1), (Answer(200, b"{", endless=True), 1)],
    ids=["no byte", "some bytes", "cut off", "stalled"],
)
def test_only_a_request_without_a_byte_of_reply_is_retried(serving: FakeServing, fault: Answer, times: int) -> None:
    with running_backend(serving.url, POEM_TIMEOUT="0.4" if fault.endless else "45") as backend:
        backend.get("/readyz")
        serving.asked.clear()
        serving.fault = lambda asked: fault if asked == "generate" else None
        problem(backend.post({}), 503)
        assert serving.asked.count("generate") == times


@pytest.fixture
def hanging(serving: FakeServing) -> Iterator[threading.Event]:
    """Let a look at the server's status hang until the event."""
    hold = threading.Event()

    def hang(asked: str) -> None:
        if asked == "status":
            hold.wait(SECONDS)

    serving.fault = hang
    yield hold
    hold.set()


def test_a_server_that_hangs_is_not_ready(backend: Backend, hanging: threading.Event) -> None:
    assert "does not answer" in problem(backend.get("/readyz"), 503)["detail"]
    assert not hanging.is_set()


def test_a_server_that_hangs_holds_one_thread(serving: FakeServing, hanging: threading.Event) -> None:
    with (
        supervised(FORKS.start("tests.backend.patient", [], env=settings(serving.url))) as backend,
        ThreadPoolExecutor(14) as pool,
    ):
        first = pool.submit(backend.get, "/readyz")
        wait_until(lambda: "status" in serving.asked, SECONDS)
        others = [pool.submit(backend.get, path) for path in ("/models", "/readyz") * 7]
        assert {other.result().status_code for other in others} == {200, 503}
        assert backend.get("/healthz").status_code == 200
        assert serving.asked == ["status"]  # one looks, and the others did not wait for it
        assert not first.done()
        hanging.set()
        assert first.result().status_code == 200


def test_one_poem_too_many_is_refused_at_once(backend: Backend, serving: FakeServing) -> None:
    backend.reply()
    serving.asked.clear()
    serving.gate.clear()
    with ThreadPoolExecutor(MAX_CONCURRENT) as pool:
        held = [pool.submit(backend.post, {}) for _ in range(MAX_CONCURRENT)]
        wait_until(lambda: serving.asked.count("generate") == MAX_CONCURRENT, SECONDS)
        for response in (backend.post({}), backend.get("/generate"), backend.post({"n": 8})):
            assert problem(response, 503)["type"].endswith(":busy")
            assert int(response.headers["Retry-After"]) > 0
        assert backend.get("/healthz").status_code == 200
        assert backend.get("/readyz").status_code == 200
        assert backend.post({"seed": -1}).status_code == 422
        serving.gate.set()
        assert [future.result().status_code for future in held] == [200] * MAX_CONCURRENT
    backend.reply()


def test_the_loop_takes_a_slot_for_each_poem(backend: Backend, serving: FakeServing) -> None:
    backend.reply(n=8, decoder="loop", max_tokens=1)  # more than there are places: it has all of them
    serving.asked.clear()
    serving.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(backend.post, {"n": MAX_CONCURRENT, "decoder": "loop", "max_tokens": 1})
        wait_until(lambda: "serving_default" in serving.asked, SECONDS)
        assert problem(backend.post({}), 503)["type"].endswith(":busy")
        serving.gate.set()
        assert held.result().status_code == 200
        serving.gate.clear()
        batch = pool.submit(backend.post, {"n": 8})
        wait_until(lambda: "generate" in serving.asked, SECONDS)
        other = pool.submit(backend.post, {})
        wait_until(lambda: serving.asked.count("generate") == 2, SECONDS)
        serving.gate.set()
        assert [future.result().status_code for future in (batch, other)] == [200, 200]


def test_refused_and_failed_requests_release_their_slots(backend: Backend, serving: FakeServing) -> None:
    serving.fault = lambda _: Answer(500, b"")
    for _ in range(MAX_CONCURRENT + 1):
        assert problem(backend.post({}), 503)["type"].endswith(":away")
    serving.fault = lambda _: None
    backend.reply()


def test_the_servers_message_is_logged_unless_it_quotes_the_request(backend: Backend, serving: FakeServing) -> None:
    serving.fault = lambda asked: Answer(400, b'{"error": "shapes differ"}') if asked == "generate" else None
    problem(backend.post({}), 503)
    assert "shapes differ" in backend.running.text()
    serving.fault = lambda asked: Answer(400, b'{"error": "JSON Value: [2, 1234567"}') if asked == "generate" else None
    problem(backend.post({}), 503)
    assert "1234567" not in backend.running.text()
