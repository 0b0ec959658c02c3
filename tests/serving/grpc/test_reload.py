"""HandleReloadConfigRequest, and versions that change under gRPC's users."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub

from tests.processes import Running, wait_until
from tests.serving.base_paths import ConfiguredModels, label, policy
from tests.serving.conftest import launch_configured
from tests.serving.grpc.rpc import SECONDS, Rpc, model_list, request, rpc_serving, spec

NOBODY_LOOKS = "--file_system_poll_wait_seconds=3600"  # but when told to
NOBODY_READS = "--model_config_file_poll_wait_seconds=0"


@pytest.fixture(scope="module")
def running(configured: ConfiguredModels) -> Iterator[tuple[Rpc, Running]]:
    configured.add("one", 1)
    configured.add("two", 1, 2)
    configured.configure(configured.entry("one"))
    with rpc_serving(launch_configured, configured, NOBODY_LOOKS, NOBODY_READS) as served:
        yield served


@pytest.fixture
def server(running: tuple[Rpc, Running], configured: ConfiguredModels) -> Rpc:
    """The server with the model `one` alone, its process looked after elsewhere."""
    rpc, _ = running
    rpc.reload(model_list(configured, "one"))
    wait_until(lambda: rpc.states("one") == {1: "AVAILABLE"}, SECONDS)
    return rpc


@contextmanager
def traffic(rpc: Rpc, model: str) -> Iterator[list[int]]:
    """Ask the model again and again; a failed call fails the test at the end."""
    answers: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            answers.append(rpc.answer(model))

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        try:
            yield answers
        finally:
            stop.set()
            asking.result()


def test_a_new_model_is_loaded_when_the_answer_comes(server: Rpc, configured: ConfiguredModels) -> None:
    reply = server.reload(model_list(configured, "one", "two"))
    assert (reply.status.error_code, reply.status.error_message) == (0, "")
    assert [server.answer("one"), server.answer("two")] == [1, 2]


def test_a_model_left_out_is_unloaded(server: Rpc, configured: ConfiguredModels) -> None:
    server.reload(model_list(configured, "two"))
    wait_until(lambda: server.states("one") == {1: "END"}, SECONDS)
    message = server.refusal("NOT_FOUND", lambda: server.answer("one"))
    assert message == "Servable not found for request: Latest(one)"
    assert server.answer("two") == 2
    server.reload(model_list(configured, "one"))
    assert server.answer("one") == 1


def test_versions_and_labels_change_and_no_call_fails(server: Rpc, configured: ConfiguredModels) -> None:
    first, both = policy("specific { versions: 1 }"), policy("all {}")
    server.reload(model_list(configured, "one", "two", two=first))
    with traffic(server, "two") as answers:
        wait_until(lambda: 1 in answers, SECONDS)
        server.reload(model_list(configured, "one", "two", two=both))
        wait_until(lambda: server.states("two") == {1: "AVAILABLE", 2: "AVAILABLE"}, SECONDS)
        server.reload(model_list(configured, "one", "two", two=f"{both} {label('stable', 1)}"))
        assert server.answer("two", label="stable") == 1
        server.reload(model_list(configured, "one", "two", two=f"{both} {label('stable', 2)}"))
        assert server.answer("two", label="stable") == 2
        server.reload(model_list(configured, "one", "two"))
        wait_until(lambda: server.states("two")[1] == "END", SECONDS)
        wait_until(lambda: answers[-1] == 2, SECONDS)
    assert answers == sorted(answers)


def test_a_call_holds_its_version(server: Rpc, configured: ConfiguredModels, tmp_path: Path) -> None:
    server.reload(model_list(configured, "one", "two", two=policy("specific { versions: 1 }")))
    started, awaited = tmp_path / "started", tmp_path / "awaited"
    call = server.start(request(spec("two", "gate"), {"started": [str(started)], "awaited": [str(awaited)]}))
    wait_until(started.exists, SECONDS)
    server.reload(model_list(configured, "one", "two"))
    wait_until(lambda: server.states("two", 1) == {1: "UNLOADING"}, SECONDS)
    assert server.answer("two") == 2
    awaited.touch()
    assert call.result().model_spec.version.value == 1
    wait_until(lambda: server.states("two", 1) == {1: "END"}, SECONDS)


def test_a_new_model_that_cannot_load_is_reported(server: Rpc, configured: ConfiguredModels) -> None:
    broken = configured.add("broken")
    broken.put_broken(1)
    message = server.refusal("UNKNOWN", lambda: server.reload(model_list(configured, "one", "broken")))
    assert message.startswith("1 servable(s) did not become available: {{{name: broken version: 1} due to error: ")
    assert server.answer("one") == 1
    server.reload(model_list(configured, "one"))
    broken.remove(1)
    broken.put(1)
    wait_until(lambda: server.states("one") == {1: "AVAILABLE"}, SECONDS)
    server.reload(model_list(configured, "one", "broken"))
    assert server.answer("broken") == 1


def test_a_known_model_that_cannot_load_any_more_is_reported(server: Rpc, configured: ConfiguredModels) -> None:
    base, listed = configured.add("old", 1), model_list(configured, "one", "old")
    server.reload(listed)
    server.reload(model_list(configured, "one"))
    wait_until(lambda: server.states("old") == {1: "END"}, SECONDS)
    base.remove(1)
    base.put_broken(2)
    message = server.refusal("UNKNOWN", lambda: server.reload(listed))
    assert message.startswith("1 servable(s) did not become available: {{{name: old version: 2} due to error: ")


def test_the_deadline_ends_the_call_and_not_the_reload(server: Rpc, configured: ConfiguredModels) -> None:
    listed = model_list(configured, "one", "late")
    server.refusal("DEADLINE_EXCEEDED", lambda: server.reload(listed, seconds=1))
    server.reload(listed)  # the list there is by now: nothing to wait for
    configured.add("late", 3)
    server.reload(model_list(configured, "one"))
    server.reload(listed)
    assert server.answer("late") == 3


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ("base_path: 'relative' model_platform: 'tensorflow'", "INVALID_ARGUMENT", "Expected model two to have an abs"),
        ("base_path: '/x' model_platform: 'other'", "INVALID_ARGUMENT", "Model two requests unsupported platform"),
        (
            f"base_path: '/x' model_platform: 'tensorflow' {label('stable', 9)}",
            "FAILED_PRECONDITION",
            "Request to assign label to version 9 of model two, which is not currently available for inference",
        ),
    ],
)
def test_a_bad_list_is_refused_and_changes_nothing(server: Rpc, settings: str, code: str, message: str) -> None:
    text = f"model_config_list {{ config {{ name: 'two' {settings} }} }}"
    assert server.refusal(code, lambda: server.reload(text)).startswith(message)
    assert server.answer("one") == 1


@pytest.mark.parametrize("text", ["", "custom_model_config {}"])
def test_only_a_list_is_accepted(server: Rpc, text: str) -> None:
    message = server.refusal("INVALID_ARGUMENT", lambda: server.reload(text))
    assert message.startswith("ServerModelConfig type not supported by HandleReloadConfigRequest.")
    empty = ReloadConfigRequest()
    server.refusal("INVALID_ARGUMENT", lambda: ModelServiceStub(server.channel).HandleReloadConfigRequest(empty))


def test_an_empty_list_serves_nothing(server: Rpc) -> None:
    server.reload("model_config_list {}")
    wait_until(lambda: server.states("one") == {1: "END"}, SECONDS)


def test_a_new_version_takes_over_and_no_call_fails(configured: ConfiguredModels) -> None:
    base = configured.add("m", 1)
    configured.configure(configured.entry("m"))
    with rpc_serving(launch_configured, configured) as (rpc, _), traffic(rpc, "m") as answers:
        wait_until(lambda: 1 in answers, SECONDS)
        base.put(2)
        wait_until(lambda: rpc.states("m") == {1: "END", 2: "AVAILABLE"}, SECONDS)
        wait_until(lambda: answers[-1] == 2, SECONDS)
    assert answers == sorted(answers)
