"""Which versions a policy serves. One server; each test has a model of its own."""

from collections.abc import Iterator

import pytest

from tests.processes import wait_until
from tests.serving.base_paths import BasePath, ConfiguredModels, policy
from tests.serving.conftest import Api, error_of, serving
from tests.serving.traffic import traffic

SECONDS = 30.0
POLICIES = {
    "pair": "latest { num_versions: 2 }",
    "faulty": "latest { num_versions: 2 }",
    "every": "all {}",
    "pinned": "specific { versions: 1 versions: 3 versions: 9 }",
    "moved": "specific { versions: 1 }",
    "unsaid": "latest {}",
}
AT_START = {"every": [1, 3], "pinned": [1, 2, 3], "moved": [1, 2], "unsaid": [1, 2]}


@pytest.fixture(scope="module")
def bases(configured: ConfiguredModels) -> dict[str, BasePath]:
    return {name: configured.add(name, *AT_START.get(name, [1])) for name in POLICIES}


@pytest.fixture(scope="module")
def server(configured: ConfiguredModels, bases: dict[str, BasePath]) -> Iterator[Api]:
    configure(configured)
    with serving(configured) as (api, _):
        for name in bases:
            wait_until(lambda name=name: bool(api.available(name)), SECONDS)  # type: ignore[misc]
        yield api


def configure(configured: ConfiguredModels, **changed: str) -> None:
    configured.configure(*(configured.entry(name, policy(text)) for name, text in (POLICIES | changed).items()))


def wait_for_versions(server: Api, model: str, *numbers: int) -> None:
    """Wait until exactly these versions are served."""
    wait_until(lambda: server.available(model) == set(numbers), SECONDS, lambda: str(server.states(model)))


def test_the_latest_n_are_served_and_the_highest_answers(server: Api, bases: dict[str, BasePath]) -> None:
    bases["pair"].put(2)
    wait_for_versions(server, "pair", 1, 2)
    assert [server.answer("pair"), server.answer("pair/versions/1")] == [2, 1]
    bases["pair"].put(3)
    wait_for_versions(server, "pair", 2, 3)
    assert [server.answer("pair"), server.answer("pair/versions/2")] == [3, 2]
    assert error_of(server.ask("pair/versions/1"), 404) == "Servable not found for request: Specific(pair, 1)"


def test_a_broken_one_of_several_ends_with_its_error_and_the_others_serve(
    server: Api, bases: dict[str, BasePath]
) -> None:
    bases["faulty"].put_broken(7)
    wait_until(lambda: server.states("faulty").get("7") == "END", SECONDS)
    (entry,) = server.get("/v1/models/faulty/versions/7").json()["model_version_status"]
    assert entry["status"]["error_code"] == "NOT_FOUND"
    assert "SavedModel" in entry["status"]["error_message"]
    assert server.available("faulty") == {1}
    assert server.answer("faulty") == 1
    assert error_of(server.ask("faulty/versions/7"), 404) == "Servable not found for request: Specific(faulty, 7)"


def test_all_versions_are_served_as_they_change(server: Api, bases: dict[str, BasePath]) -> None:
    wait_for_versions(server, "every", 1, 3)
    bases["every"].put(2)
    wait_for_versions(server, "every", 1, 2, 3)
    bases["every"].remove(3)
    wait_for_versions(server, "every", 1, 2)
    assert server.answer("every") == 2


def test_specific_versions_are_served_if_on_disk(server: Api) -> None:
    wait_for_versions(server, "pinned", 1, 3)
    message = error_of(server.get("/v1/models/pinned/versions/2"), 404)
    assert message == "Could not find version 2 of model pinned"
    assert error_of(server.ask("pinned/versions/9"), 404) == "Servable not found for request: Specific(pinned, 9)"


def test_a_changed_policy_swaps_versions_and_no_request_fails(server: Api, configured: ConfiguredModels) -> None:
    wait_for_versions(server, "moved", 1)
    with traffic(server, "moved") as answers:
        configure(configured, moved="specific { versions: 2 }")
        wait_for_versions(server, "moved", 2)
        wait_until(lambda: 2 in answers["moved"], SECONDS)
        configure(configured)
        wait_for_versions(server, "moved", 1)
        wait_until(lambda: answers["moved"][-1] == 1, SECONDS)
    assert server.states("moved") == {"1": "AVAILABLE", "2": "END"}


def test_latest_without_a_number_is_one(server: Api) -> None:
    wait_for_versions(server, "unsaid", 2)
