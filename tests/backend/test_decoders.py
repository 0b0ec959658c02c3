"""Two decoders, one meaning."""

import random
from typing import Any

import pytest

from tests.backend.conftest import Backend, refused
from tests.backend.fake_serving import FakeServing

PROMPTS = ["", "Снег", "Дождь о чём-то говорит:\nТо ли просит", "quick brown", "🦊"]


def _fields(random_: random.Random) -> dict[str, Any]:
    return {
        "prompt": random_.choice(PROMPTS),
        "seed": random_.randrange(2**32),
        "top_k": random_.randint(1, 6),
        "line_start_k": random_.randint(1, 500),
        "chaos_k": random_.randint(1, 60),
        "chaos": random_.randint(0, 100) / 100,
        "temperature": random_.choice([None, 0.01, 0.37, 1, 10]),
        "max_tokens": random_.randint(1, 90),
        "max_lines": random_.randint(1, 9),
        "n": random_.randint(1, 3),
        "explain": True,
    }


@pytest.mark.parametrize("field", [{"scheme": "AABB"}, {"metre": "iamb"}, {"candidates": 8}])
def test_what_is_for_verse_alone_is_refused_by_the_others(backend: Backend, field: dict[str, Any]) -> None:
    for decoder in ("graph", "loop", None):
        reply = backend.post({**field, "decoder": decoder})
        assert reply.status_code == 422
        assert [error["field"] for error in reply.json()["errors"]] == list(field)


def test_verse_is_refused_where_the_model_has_no_ear(backend: Backend) -> None:
    reply = backend.post({"decoder": "verse"})
    assert reply.status_code == 422
    assert "graph, loop" in reply.json()["errors"][0]["message"]


@pytest.mark.parametrize("case", range(12))
def test_graph_and_loop_write_the_same(backend: Backend, case: int) -> None:
    fields = _fields(random.Random(case))
    graph, loop = (backend.reply(**fields, decoder=decoder) for decoder in ("graph", "loop"))
    assert graph["parameters"].pop("decoder") == "graph"
    assert loop["parameters"].pop("decoder") == "loop"
    for written, again in zip(graph["poems"], loop["poems"], strict=True):
        for token, other in zip(written.pop("tokens"), again.pop("tokens"), strict=True):
            assert token.pop("probability") == pytest.approx(other.pop("probability"), rel=1e-6)
            assert token == other
        assert written.pop("receipt") != again.pop("receipt")  # each names its decoder
        assert written == again


def test_the_graph_is_one_call(backend: Backend, serving: FakeServing) -> None:
    backend.reply()
    serving.asked.clear()
    backend.reply(n=8, seed=1)
    assert serving.asked == ["status", "generate"]


def test_the_loop_is_a_call_for_each_token(backend: Backend, serving: FakeServing) -> None:
    backend.reply()
    serving.asked.clear()
    (poem,) = backend.reply(seed=1, decoder="loop", explain=True)["poems"]
    assert serving.asked == ["status", *["serving_default"] * len(poem["tokens"])]


def test_a_model_without_generate_is_written_by_the_loop(backend: Backend, serving: FakeServing) -> None:
    version = serving.versions[1]
    release = version.release.changed(signatures=["serving_default", "release"])
    serving.versions = {2: type(version)(release, version.network)}
    assert backend.reply()["parameters"]["decoder"] == "loop"
    assert backend.get("/models").json()["models"][0]["decoders"] == ["loop"]
    assert refused(backend.post({"decoder": "graph"})) == {"decoder"}
