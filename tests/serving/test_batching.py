"""Requests that run together.

Nothing here depends on time: a batch that is not full waits an hour, so what fills it must have come together.
"""

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.processes import Running, accepts, wait_until
from tests.serving.base_paths import BasePath
from tests.serving.conftest import Api, error_of, refusal, serving_model

SECONDS = 60.0
HOUR = "batch_timeout_micros { value: 3600000000 }"
FOUR = "max_batch_size { value: 4 }"
PREDICT = "/v1/models/m:predict"
UNEVEN = "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input tensors"
FULL = '{"instances": [0, 0, 0, 0]}'


def flags(folder: Path, parameters: str) -> tuple[str, str]:
    file = folder / "batching.config"
    file.write_text(parameters)
    return "--enable_batching", f"--batching_parameters_file={file}"


@pytest.fixture(scope="module")
def server(saved_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server of batches of four rows."""
    parameters = f"{FOUR} {HOUR} max_enqueued_batches {{ value: 8 }} num_batch_threads {{ value: 2 }}"
    folder = tmp_path_factory.mktemp("parameters")
    with serving_model(saved_models / "sampler", *flags(folder, parameters), "--rest_api_num_threads=16") as (api, _):
        yield api


@pytest.fixture(scope="module")
def filling(saved_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server that runs batches of two or four rows and makes rows equally long."""
    parameters = f"{FOUR} {HOUR} allowed_batch_sizes: [2, 4] pad_variable_length_inputs: true"
    options = flags(tmp_path_factory.mktemp("parameters"), parameters)
    with serving_model(saved_models / "sampler", *options) as (api, _):
        yield api


@contextmanager
def together(api: Api, bodies: Sequence[str]) -> Iterator[list[Future[requests.Response]]]:
    """Ask all at once."""
    with ThreadPoolExecutor(len(bodies)) as pool:
        yield [pool.submit(api.post, PREDICT, body) for body in bodies]


def replies(api: Api, bodies: Sequence[str]) -> list[requests.Response]:
    with together(api, bodies) as asked:
        return [one.result() for one in asked]


def company(*rows: list[float]) -> str:
    return json.dumps({"signature_name": "company", "instances": rows})


def told(*rows: tuple[int, int, float]) -> dict[str, list[dict[str, float]]]:
    return {"predictions": [{"rows": count, "sum": total, "width": width} for count, width, total in rows]}


def test_requests_that_fill_a_batch_run_together_and_each_gets_its_rows(server: Api) -> None:
    got = replies(server, [company([1, 2]), company([3, 4], [5, 6]), company([7, 8])])
    assert [reply.json() for reply in got] == [told((4, 2, 3.0)), told((4, 2, 7.0), (4, 2, 11.0)), told((4, 2, 15.0))]


def test_requests_of_unequal_shapes_run_in_separate_batches(server: Api) -> None:
    got = replies(server, [company([float(i)] * width) for i in range(4) for width in (1, 3)])
    assert [reply.json() for reply in got] == [told((4, width, i * width)) for i in range(4) for width in (1, 3)]


def test_a_batch_runs_once_the_next_request_does_not_fit(server: Api) -> None:
    assert overtaken(server, company([1], [2], [3])) == told((3, 1, 1.0), (3, 1, 2.0), (3, 1, 3.0))


def test_an_error_reaches_all_of_a_batch(server: Api, tmp_path: Path) -> None:
    bodies = [gate(Path("/dev/null/x"), tmp_path, rows=1)] * 4
    messages = {error_of(reply, 400) for reply in replies(server, bodies)}
    assert len(messages) == 1
    assert "Not a directory" in messages.pop()


@pytest.mark.parametrize(
    ("request_text", "message"),
    [
        ('{"instances": [1, 2, 3, 4, 5]}', "Task size 5 is larger than maximum input batch size 4"),
        ('{"signature_name": "anything", "inputs": 1}', "Batching input tensors must have at least one dimension"),
        (
            '{"signature_name": "pair", "inputs": {"a": [[1, 2]], "b": [[1, 2], [1, 2]]}}',
            "Batching input tensors supplied in a given call must have equal 0th-dimension size",
        ),
        ('{"signature_name": "mean", "inputs": [1, 2, 3, 4]}', "Batched output tensor has 0 dimensions"),
        (
            '{"signature_name": "uneven", "inputs": [1, 2, 3, 4]}',
            UNEVEN,
        ),
    ],
)
def test_inputs_and_outputs_without_rows_are_refused(server: Api, request_text: str, message: str) -> None:
    assert error_of(server.post(PREDICT, request_text), 400) == message


def test_strings_are_batched_too(server: Api) -> None:
    bodies = [json.dumps({"signature_name": "text", "inputs": [text]}) for text in ("а", "b", "", "dd")]
    assert [reply.json()["outputs"]["text"] for reply in replies(server, bodies)] == [["а"], ["b"], [""], ["dd"]]


def test_the_rest_of_the_api_is_as_before(server: Api) -> None:
    assert server.states() == {"1": "AVAILABLE"}
    assert server.get("/v1/models/m/metadata").status_code == 200
    assert error_of(server.predict(signature_name="nope", inputs=[1]), 400).startswith("Serving signature name")


def test_a_batch_is_filled_up_to_an_allowed_size(filling: Api) -> None:
    assert overtaken(filling, company([5])) == told((2, 1, 5.0))
    assert overtaken(filling, company([1], [2], [3])) == told((4, 1, 1.0), (4, 1, 2.0), (4, 1, 3.0))


def test_rows_are_padded_with_their_first_value(filling: Api) -> None:
    got = replies(filling, [company([7], [2]), company([1, 1, 1], [0, 0, 0])])
    assert [reply.json() for reply in got] == [told((4, 3, 21.0), (4, 3, 16.0)), told((4, 3, 3.0), (4, 3, 0.0))]


def test_the_time_limit_holds_while_waiting_and_while_running(saved_models: Path, tmp_path: Path) -> None:
    options = (*flags(tmp_path, f"{FOUR} {HOUR}"), "--rest_api_timeout_in_ms=1500")
    with serving_model(saved_models / "sampler", *options) as (api, _):
        waiting, running = replies(api, [company([1], [2]), gate(tmp_path / "started", tmp_path / "never")])
        assert error_of(waiting, 429) == "Run() timeout exceeded while waiting in batching queue"
        assert error_of(running, 504) == "Timed out waiting for notification"
        assert api.post(PREDICT, FULL).json() == {"predictions": [2.0] * 4}


def test_a_full_queue_refuses_and_neither_swap_nor_stop_loses_a_request(saved_models: Path, tmp_path: Path) -> None:
    base = BasePath(saved_models, tmp_path / "m")
    base.put(1)
    parameters = f"{FOUR} {HOUR} max_enqueued_batches {{ value: 1 }} num_batch_threads {{ value: 1 }}"
    with serving_model(base.path, *flags(tmp_path, parameters)) as (api, process):

        def swap() -> None:
            base.put(2)
            wait_until(lambda: api.states()["1"] == "UNLOADING", SECONDS)

        assert held_up(api, tmp_path / "swap", swap) == 1.0
        wait_until(lambda: api.states()["1"] == "END", SECONDS)
        assert held_up(api, tmp_path / "stop", lambda: stop(api, process)) == 2.0
        assert process.wait() == 0


def stop(api: Api, process: Running) -> None:
    process.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not accepts(int(api.url.rpartition(":")[2])), SECONDS)


def held_up(api: Api, folder: Path, act: Callable[[], None]) -> float:
    """Act while a request runs and another waits; return what that one is answered in the end."""
    folder.mkdir()
    with together(api, [gate(folder / "started", folder / "awaited")]) as (slow,):
        wait_until((folder / "started").exists, SECONDS)
        with together(api, [FULL, FULL]) as asked:
            wait_until(lambda: any(one.done() for one in asked), SECONDS)
            (refused,) = (one for one in asked if one.done())
            assert error_of(refused.result(), 503) == (
                "The batch scheduling queue to which this task was submitted is full; "
                "currently 1 batches are enqueued and max_enqueued_batches is 1"
            )
            act()
            assert not slow.done()
            (folder / "awaited").touch()
        assert slow.result().json() == {"predictions": [True] * 4}
        (waited,) = (one.result() for one in asked if one is not refused)
    numbers = waited.json()["predictions"]
    assert len(numbers) == 4
    return float(numbers[0])


def overtaken(api: Api, body: str) -> Any:
    """Return the reply to a request that does not fill a batch, asking for whole batches until it is there."""
    with together(api, [body]) as (asked,):
        while not asked.done():
            assert api.post(PREDICT, company([0], [0], [0], [0])).status_code == 200
        return asked.result().json()


def gate(started: Path, awaited: Path, rows: int = 4) -> str:
    row = {"started": str(started), "awaited": str(awaited)}
    return json.dumps({"signature_name": "gate", "instances": [row] * rows})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_batch_size: 8", "Error parsing text-format tensorflow.serving.BatchingParameters: 1:17 : "),
        ("nope: 8", "Error parsing text-format tensorflow.serving.BatchingParameters: 1:1 : "),
        ("max_batch_size { value: 0 }", "max_batch_size must be from 1 to 2147483647; was 0"),
        ("num_batch_threads { value: -1 }", "num_batch_threads must be from 1 to 1024; was -1"),
        (f"{FOUR} allowed_batch_sizes: 2", "Last entry in allowed_batch_sizes must match max_batch_size; last entry"),
        (f"{FOUR} allowed_batch_sizes: [4, 4]", "allowed_batch_sizes entries must be positive and monotonically"),
        ("enable_large_batch_splitting { value: true }", "enable_large_batch_splitting and max_execution_batch_size"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    start = f"Failed to start server. Error: INVALID_ARGUMENT: Invalid protobuf file: '{tmp_path}/batching.config': "
    assert refusal(tmp_path, *flags(tmp_path, text)).startswith(start + message)


@pytest.mark.slow
def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, "--enable_batching=true", f"--batching_parameters_file={tmp_path / 'none'}")
    assert sentence.endswith(f"Invalid protobuf file: '{tmp_path / 'none'}': No such file or directory")


@pytest.mark.slow
def test_the_file_needs_the_flag(tmp_path: Path) -> None:
    _, file = flags(tmp_path, FOUR)
    assert refusal(tmp_path, file) == (
        "Failed to start server. Error: INVALID_ARGUMENT: server_options.batching_parameters_file is set without "
        "setting server_options.enable_batching to true."
    )
