"""Several models from a configuration file, which is read again and again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import Running, free_port, wait_until
from tests.serving.base_paths import ConfiguredModels
from tests.serving.conftest import Api, error_of, launch_configured, serving
from tests.serving.traffic import traffic

SECONDS = 30.0
RETRYING = ("--max_num_load_retries=100000", "--load_retry_interval_micros=100000")


@pytest.fixture(scope="module")
def running(configured: ConfiguredModels) -> Iterator[tuple[Api, Running]]:
    """A server of the models `one` and `two`, which tries broken versions for ever, and its process."""
    configured.add("one", 1)
    configured.add("two", 2)
    configured.configure(configured.entry("one"), configured.entry("two"))
    with serving(configured, *RETRYING) as served:
        yield served


@pytest.fixture
def server(running: tuple[Api, Running], configured: ConfiguredModels) -> Api:
    """The server with the models that it began with."""
    api, _ = running
    configured.configure(configured.entry("one"), configured.entry("two"))
    wait_until(lambda: api.available("one") == {1} and bool(api.available("two")), SECONDS)
    return api


def test_each_model_has_its_own_versions(server: Api) -> None:
    assert [server.answer("one"), server.answer("two")] == [1, 2]
    assert error_of(server.ask("one/versions/2"), 404) == "Servable not found for request: Specific(one, 2)"
    assert error_of(server.ask("three"), 404) == "Servable not found for request: Latest(three)"


def test_each_model_swaps_on_its_own_and_no_request_fails(server: Api, configured: ConfiguredModels) -> None:
    with traffic(server, "one", "two") as answers:
        configured.add("two").put(3)
        wait_until(lambda: server.available("two") == {3}, SECONDS)
        wait_until(lambda: answers["two"][-1] == 3, SECONDS)
    assert answers["two"] == sorted(answers["two"])
    assert set(answers["one"]) == {1}


def test_a_model_is_not_found_until_it_is_loaded(server: Api, configured: ConfiguredModels) -> None:
    late = configured.add("late")
    late.put_broken(1)
    configured.configure(configured.entry("one"), configured.entry("two"), configured.entry("late"))
    wait_until(lambda: server.states("late") == {"1": "LOADING"}, SECONDS)
    assert error_of(server.ask("late"), 404) == "Servable not found for request: Latest(late)"
    assert error_of(server.ask("late/versions/1"), 404) == "Servable not found for request: Specific(late, 1)"
    message = error_of(server.get("/v1/models/late/metadata"), 404)
    assert message == "Servable not found for request: Latest(late)"
    assert server.answer("one") == 1
    late.remove(1)
    late.put(1)
    wait_until(lambda: server.available("late") == {1}, SECONDS)
    assert server.answer("late") == 1


def test_a_removed_model_ends_and_serves_when_added_again(server: Api, configured: ConfiguredModels) -> None:
    with traffic(server, "one"):
        configured.configure(configured.entry("one"))
        wait_until(lambda: set(server.states("two").values()) == {"END"}, SECONDS)
        assert error_of(server.ask("two"), 404) == "Servable not found for request: Latest(two)"
        configured.configure(configured.entry("two"), configured.entry("one"))
        wait_until(lambda: bool(server.available("two")), SECONDS)


def test_a_missing_base_path_does_not_block_other_models(server: Api, configured: ConfiguredModels) -> None:
    configured.configure(
        configured.entry("nowhere"), configured.entry("one"), configured.entry("two"), configured.entry("fresh")
    )
    configured.add("fresh", 3)
    wait_until(lambda: server.available("fresh") == {3}, SECONDS)
    message = error_of(server.get("/v1/models/nowhere"), 404)
    assert message == "Could not find any versions of model nowhere"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model_config_list {\n  config { nme: 'one' }\n}", "has no field named"),
        ("model_config_list {}\ncustom_model_config {}", "custom_model_config"),
        ("", "Taking no action for empty config."),
    ],
)
def test_a_broken_file_is_logged_and_the_old_one_stays(
    running: tuple[Api, Running], server: Api, configured: ConfiguredModels, text: str, message: str
) -> None:
    before = running[1].text().count(message)
    configured.write(text)
    wait_until(lambda: running[1].text().count(message) > before, SECONDS)
    assert server.answer("one") == 1
    assert server.available("two")


def test_a_deleted_file_changes_nothing(
    running: tuple[Api, Running], server: Api, configured: ConfiguredModels
) -> None:
    configured.config_file.unlink()
    wait_until(lambda: "No such file or directory" in running[1].text(), SECONDS)
    assert server.answer("one") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "model_config_list {\n  config { nme: 'a' }\n}",
            "Error parsing text-format tensorflow.serving.ModelServerConfig: 2:12 : ",
        ),
        ("model_config_list {", 'Error parsing text-format tensorflow.serving.ModelServerConfig: 1:19 : Expected "}".'),
        ("\n\n# \xff", "line 3 is not UTF-8"),
        ("{entry} {entry}", "Illegal to list model a multiple times in config list"),
        (
            "config { name: 'a' base_path: 'b' model_platform: 'tensorflow' }",
            "Expected model a to have an absolute path or URI; got base_path()=b",
        ),
        ("config { name: 'a' base_path: '/b' model_platform: 'other' }", "Model a requests unsupported platform other"),
        ("config { name: 'a' base_path: '/b' }", "Illegal setting neither ModelServerConfig::model_type"),
        (
            "config { name: 'a' base_path: '/b' model_type: TENSORFLOW model_platform: 'tensorflow' }",
            "Illegal setting both ModelServerConfig::model_type",
        ),
        (
            "config { name: 'a' base_path: '/b' model_type: OTHER }",
            "ModelServerConfig::model_type choice 2 not supported.",
        ),
        ("custom_model_config {}", "ModelServer does not yet support custom model config."),
    ],
)
def test_a_broken_file_at_start_is_one_sentence_with_file_and_line(
    saved_models: Path, tmp_path: Path, text: str, message: str
) -> None:
    configured = ConfiguredModels(saved_models, tmp_path)
    listed = text.replace("{entry}", configured.entry("a"))
    whole = f"model_config_list {{ {listed} }}" if listed.startswith("config") else listed
    configured.config_file.write_text(whole, encoding="latin-1")
    process = launch_configured(configured, free_port())
    assert process.wait(SECONDS) == 1
    (sentence,) = process.text().splitlines()
    start = f"Failed to start server. Error: INVALID_ARGUMENT: Invalid protobuf file: '{configured.config_file}': "
    assert sentence.startswith(start + message)


def test_the_file_comes_before_the_flags_for_a_single_model(configured: ConfiguredModels) -> None:
    configured.add("only", 1)
    configured.configure(configured.entry("only").replace("model_platform: 'tensorflow'", "model_type: TENSORFLOW"))
    with serving(configured, "--model_name=two", f"--model_base_path={configured.directory / 'two'}") as (api, _):
        assert api.answer("only") == 1
        assert error_of(api.get("/v1/models/two"), 404) == "Could not find any versions of model two"


def test_an_empty_file_serves_nothing_until_it_lists_models(configured: ConfiguredModels) -> None:
    configured.add("later", 2)
    configured.write("# nothing yet")
    with serving(configured) as (api, _):
        assert error_of(api.ask("later"), 404) == "Servable not found for request: Latest(later)"
        configured.configure(configured.entry("later"))
        wait_until(lambda: api.available("later") == {2}, SECONDS)


def test_without_polling_a_changed_configuration_is_applied_at_once(configured: ConfiguredModels) -> None:
    configured.add("first", 1)
    configured.add("second", 2)
    configured.configure(configured.entry("first"))
    with serving(configured, "--file_system_poll_wait_seconds=0") as (api, _):
        configured.configure(configured.entry("first"), configured.entry("second"))
        wait_until(lambda: api.available("second") == {2}, SECONDS)
        assert api.answer("first") == 1
