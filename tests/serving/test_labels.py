"""Labels for versions: asking by them, moving them."""

import json
from collections.abc import Iterator

import pytest

from tests.processes import Running, free_port, wait_until
from tests.serving.base_paths import BasePath, ConfiguredModels, label, policy
from tests.serving.conftest import Api, error_of, launch_configured, serving
from tests.serving.traffic import traffic

SECONDS = 30.0
ALLOW = "--allow_version_labels_for_unavailable_models"
ALL = policy("all {}")
REFUSED = "Request to assign label to version %d of model m, which is not currently available for inference"


@pytest.fixture(scope="module")
def base(configured: ConfiguredModels) -> BasePath:
    return configured.add("m", 1, 2)


@pytest.fixture(scope="module")
def running(configured: ConfiguredModels, base: BasePath) -> Iterator[tuple[Api, Running]]:
    """A server with labels from its start on, and its process."""
    assert base.path.is_dir()
    configure(configured, stable=1, canary=2, missing=9)
    with serving(configured, ALLOW) as (api, process):
        wait_until(lambda: api.available("m") == {1, 2}, SECONDS)
        yield api, process


@pytest.fixture
def server(running: tuple[Api, Running], configured: ConfiguredModels) -> Api:
    """The server with the labels that it began with."""
    api, _ = running
    configure(configured, stable=1, canary=2, missing=9)
    wait_until(lambda: api.ask("m/labels/canary").text == api.ask("m/versions/2").text, SECONDS)
    wait_until(lambda: api.answer("m/labels/stable") == 1, SECONDS)
    return api


def configure(configured: ConfiguredModels, settings: str = ALL, **labels: int) -> None:
    text = " ".join(label(name, number) for name, number in labels.items())
    configured.configure(configured.entry("m", f"{settings} {text}"))


def test_a_label_names_a_version(server: Api) -> None:
    assert [server.answer(f"m/labels/{name}") for name in ("stable", "canary", "%73table")] == [1, 2, 1]


def test_metadata_by_label_is_that_of_the_version(server: Api) -> None:
    metadata = server.get("/v1/models/m/labels/stable/metadata").json()
    assert metadata["model_spec"] == {"name": "m", "signature_name": "", "version": "1"}


@pytest.mark.parametrize("name", ["stable", "unknown"])
def test_the_status_ignores_labels(server: Api, name: str) -> None:
    assert server.get(f"/v1/models/m/labels/{name}").json() == server.get("/v1/models/m").json()


@pytest.mark.parametrize("path", ["m/labels/nope", "m/labels/Stable", "other/labels/stable"])
def test_an_unknown_label_is_refused(server: Api, path: str) -> None:
    message = f"Unrecognized servable version label: {path.rpartition('/')[2]}"
    assert error_of(server.ask(path), 400) == message
    assert error_of(server.get(f"/v1/models/{path}/metadata"), 400) == message


def test_a_label_of_a_version_that_is_not_served_is_not_found(server: Api) -> None:
    message = "Servable not found for request: Specific(m, 9)"
    assert error_of(server.ask("m/labels/missing"), 404) == message
    assert error_of(server.get("/v1/models/m/labels/missing/metadata"), 404) == message


def test_bad_json_is_noticed_before_a_label(server: Api) -> None:
    assert error_of(server.post("/v1/models/m/labels/nope:predict", "{"), 400).startswith("JSON Parse error")
    body = json.dumps({"signature_name": "nope"})
    assert error_of(server.post("/v1/models/m/labels/stable:predict", body), 400).startswith("Serving signature name")


def test_a_label_moves_with_its_version_and_no_request_fails(server: Api, configured: ConfiguredModels) -> None:
    with traffic(server, "m/labels/stable") as answers:
        wait_until(lambda: 1 in answers["m/labels/stable"], SECONDS)
        configure(configured, policy("specific { versions: 2 }"), stable=2)
        wait_until(lambda: server.available("m") == {2}, SECONDS)
        wait_until(lambda: answers["m/labels/stable"][-1] == 2, SECONDS)
    assert answers["m/labels/stable"] == sorted(answers["m/labels/stable"])
    assert error_of(server.ask("m/labels/canary"), 400) == "Unrecognized servable version label: canary"
    configure(configured, stable=2)
    wait_until(lambda: server.available("m") == {1, 2}, SECONDS)


def test_a_label_in_use_waits_for_its_new_version(
    running: tuple[Api, Running], server: Api, configured: ConfiguredModels, base: BasePath
) -> None:
    configure(configured, stable=3)
    wait_until(lambda: REFUSED % 3 in running[1].text(), SECONDS)
    assert [server.answer("m/labels/stable"), server.answer("m/labels/canary")] == [1, 2]
    base.put(3)
    wait_until(lambda: server.answer("m/labels/stable") == 3, SECONDS)
    base.remove(3)
    wait_until(lambda: server.ask("m/labels/stable").status_code == 404, SECONDS)
    configure(configured)
    wait_until(lambda: server.ask("m/labels/stable").status_code == 400, SECONDS)


def test_a_label_at_start_needs_the_flag(configured: ConfiguredModels, base: BasePath) -> None:
    assert base.path.is_dir()
    configure(configured, stable=1)
    process = launch_configured(configured, free_port(), f"{ALLOW}=false")
    assert process.wait(SECONDS * 2) == 1
    last = process.text().splitlines()[-1]
    assert last == f"Failed to start server. Error: FAILED_PRECONDITION: {REFUSED % 1}"


def test_without_the_flag_a_new_label_needs_an_available_version(configured: ConfiguredModels, base: BasePath) -> None:
    assert base.path.is_dir()
    configure(configured, policy("specific { versions: 1 }"))
    with serving(configured) as (api, process):
        configure(configured, stable=1, canary=2)
        wait_until(lambda: REFUSED % 2 in process.text(), SECONDS)
        assert api.ask("m/labels/stable").status_code == 400  # a file is taken over whole or not at all
        assert api.available("m") == {1}
        configure(configured, stable=1)
        wait_until(lambda: api.available("m") == {1, 2}, SECONDS)
        assert api.answer("m/labels/stable") == 1
        configure(configured, stable=1, canary=2)
        wait_until(lambda: api.ask("m/labels/canary").status_code == 200, SECONDS)
        assert [api.answer("m/labels/stable"), api.answer("m/labels/canary")] == [1, 2]
