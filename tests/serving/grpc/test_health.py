"""The standard health service, a UNIX socket, packed tensors in replies: what flags turn on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from tensorflow.core.framework.tensor_pb2 import TensorProto

from tests.processes import Running, free_port, wait_until
from tests.serving.conftest import launch
from tests.serving.grpc.rpc import SECONDS, Rpc, connected, request, spec

SERVING, NOT_SERVING = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING


@pytest.fixture(scope="module")
def running(saved_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rpc, Running]]:
    """A server on a socket alone, with all that is optional."""
    socket, port = tmp_path_factory.mktemp("socket") / "serving", free_port()
    running = launch(
        saved_models / "sampler",
        port,
        f"--grpc_socket_path={socket}",
        "--enable_grpc_healthcheck_service",
        "--enable_serialization_as_tensor_content=true",
        "--grpc_max_threads=1",
    )
    try:
        running.wait_for_port(port)
        with connected(f"unix:{socket}") as rpc:
            yield rpc, running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def server(running: tuple[Rpc, Running]) -> Rpc:
    return running[0]


def check(rpc: Rpc, service: str) -> int:
    status: int = HealthStub(rpc.channel).Check(HealthCheckRequest(service=service), timeout=SECONDS).status
    return status


@pytest.mark.parametrize("service", ["", "ModelService", "PredictionService"])
def test_the_server_and_its_services_are_serving(server: Rpc, service: str) -> None:
    assert check(server, service) == SERVING


def test_an_unknown_service(server: Rpc) -> None:
    server.refusal("NOT_FOUND", lambda: check(server, "tensorflow.serving.PredictionService"))


def test_without_the_flag_there_is_no_health_service(rpc: Rpc) -> None:
    rpc.refusal("UNIMPLEMENTED", lambda: check(rpc, ""))


def test_health_is_answered_while_all_threads_are_taken(server: Rpc, tmp_path: Path) -> None:
    gate = request(spec(signature="gate"), {"started": [str(tmp_path / "s")], "awaited": [str(tmp_path / "a")]})
    waiting = [server.start(gate) for _ in range(2)]
    assert check(server, "") == SERVING
    assert not any(call.done() for call in waiting)
    (tmp_path / "a").touch()
    assert [call.result().outputs["passed"].tensor_content for call in waiting] == [b"\1", b"\1"]


def test_calls_beyond_a_hundred_in_wait_are_refused(server: Rpc, tmp_path: Path) -> None:
    gate = request(spec(signature="gate"), {"started": [str(tmp_path / "s")], "awaited": [str(tmp_path / "a")]})
    calls = [server.start(gate) for _ in range(150)]
    wait_until(lambda: sum(call.done() for call in calls) == 49, SECONDS)
    server.refusal("RESOURCE_EXHAUSTED", lambda: check(server, ""))
    (tmp_path / "a").touch()
    codes = [call.code().name for call in calls]
    assert (codes.count("OK"), codes.count("RESOURCE_EXHAUSTED")) == (101, 49)


def test_replies_hold_packed_values(server: Rpc) -> None:
    numbers = server.send(request(spec(), {"x": [2.0, 4.0]})).outputs["y"]
    expected = TensorProto(dtype="DT_FLOAT", tensor_content=b"\0\0\x40\x40\0\0\x80\x40")
    expected.tensor_shape.dim.add(size=2)
    assert numbers == expected
    strings = server.send(request(spec(signature="text"), {"x": [b"a" * 300, b"", b"b"]})).outputs["text"]
    assert strings.tensor_content == b"\xac\x02\x00\x01" + b"a" * 300 + b"b"


def test_who_watches_is_told_of_the_end_and_does_not_hold_it_up(running: tuple[Rpc, Running]) -> None:
    rpc, process = running
    watching = HealthStub(rpc.channel).Watch(HealthCheckRequest(service=""), timeout=SECONDS)
    assert next(watching).status == SERVING
    assert process.stop() == 0
    assert [reply.status for reply in watching] == [NOT_SERVING]
    assert "Traceback" not in process.text()
