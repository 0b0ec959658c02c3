"""Versions of a model that come and go."""

from dataclasses import asdict, replace

from model.text.parameters import Parameters
from tests.backend.conftest import Backend, problem
from tests.backend.fake_serving import Answer, FakeServing, Version

LINE = "Осень жёлтою рукой"


def test_the_newest_available_version_writes(backend: Backend, serving: FakeServing, next_version: Version) -> None:
    old = serving.versions[1]
    serving.versions = {
        9: old,
        10: next_version,
        11: replace(next_version, state="LOADING"),
        12: replace(next_version, state="END"),
    }
    model = backend.reply()["model"]
    assert model == {"name": "toy", "version": 10, "hash": next_version.release.config["hash"]}


def test_a_release_is_fetched_once_for_each_version(
    backend: Backend, serving: FakeServing, next_version: Version
) -> None:
    backend.reply()
    serving.asked.clear()
    backend.reply()
    backend.get("/models")
    assert "release" not in serving.asked
    serving.versions = {2: next_version}
    backend.reply()
    backend.reply()
    assert serving.asked.count("release") == 1


def test_a_poem_is_restarted_if_its_version_is_unloaded(
    backend: Backend, serving: FakeServing, next_version: Version
) -> None:
    backend.reply()
    serving.asked.clear()

    def swap(signature: str) -> None:
        if signature == "serving_default" and len(serving.asked) == 6:
            serving.versions = {2: next_version}

    serving.fault = swap
    reply = backend.reply(prompt=LINE, seed=3, decoder="loop")
    assert reply["model"]["version"] == 2
    assert serving.asked[:8] == ["status", *["serving_default"] * 5, "status", "release"]
    assert reply["poems"] == backend.reply(prompt=LINE, seed=3, decoder="loop")["poems"]


def test_a_version_unloaded_before_its_release_is_read_is_skipped(
    backend: Backend, serving: FakeServing, next_version: Version
) -> None:
    serving.versions = {20: next_version}

    def swap(signature: str) -> None:
        if signature == "release":
            serving.versions = {21: next_version}

    serving.fault = swap
    assert backend.reply()["model"]["version"] == 21


def test_versions_that_keep_changing_are_retried_once(backend: Backend, serving: FakeServing) -> None:
    serving.fault = lambda signature: Answer(404, b"{}") if signature == "generate" else None
    serving.asked.clear()
    problem(backend.post({}), 503)
    assert serving.asked.count("generate") == 2


def test_a_broken_release_is_not_used(backend: Backend, serving: FakeServing) -> None:
    version = serving.versions[1]
    altered = replace(version.release, config={**version.release.config, "context": 7})
    serving.versions = {5: replace(version, release=altered)}
    problem(backend.post({}), 503)
    assert "hash does not match" in backend.running.text()


def test_models_are_listed_with_all_that_may_be_asked(backend: Backend, serving: FakeServing) -> None:
    listed = backend.get("/models").json()
    (model,) = listed["models"]
    release = serving.versions[1].release
    assert listed["default"] == model["name"] == "toy"
    assert (model["version"], model["hash"], model["ready"]) == (1, release.config["hash"], True)
    assert model["defaults"] == asdict(Parameters(**release.config["sampling"]))
    assert model["moods"] == release.config["moods"]
    assert model["decoders"] == ["graph", "loop"]
    bounds = listed["bounds"]
    assert bounds["prompt"] == {"type": "string", "min_length": 0, "max_length": 2000, "nullable": False}
    assert bounds["seed"] == {"type": "integer", "minimum": 0, "maximum": 2**32 - 1, "nullable": True}
    assert bounds["chaos"]["multiple_of"] == 0.01
    assert bounds["decoder"]["choices"] == ["graph", "loop", "verse"]


def test_an_unavailable_model_is_listed_with_the_reason(backend: Backend, serving: FakeServing) -> None:
    serving.versions = {1: replace(serving.versions[1], state="LOADING")}
    listed = backend.get("/models").json()
    (model,) = listed["models"]
    assert model["ready"] is False
    assert "not loaded" in model["reason"]
    assert listed["bounds"]
