"""The page of metrics for Prometheus."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import free_port
from tests.serving.conftest import Api, error_of, refusal, serving_model
from tests.serving.grpc.rpc import connected, request, spec

PATH = "/metrics/of/m"
DEFAULT = "/monitoring/prometheus/metrics"
START = ":tensorflow:serving:"
REST = 'model_name="m",API="Predict",entrypoint="REST"'
RUN = 'model_name="m",API="Predict",runtime="TF1"'


def config(folder: Path, text: str) -> str:
    file = folder / "monitoring.config"
    file.write_text(text)
    return f"--monitoring_config_file={file}"


@pytest.fixture(scope="module")
def server(saved_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    flag = config(tmp_path_factory.mktemp("monitoring"), f"prometheus_config {{ enable: true, path: '{PATH}' }}")
    with serving_model(saved_models / "sampler", flag) as (api, _):
        yield api


def samples(api: Api) -> dict[str, float]:
    """Return the page's numbers by name and labels, every line being a comment or a sample in Prometheus's form."""
    response = api.get(PATH)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/plain")
    label = r'[A-Za-z_]+="(?:[^"\\\n]|\\["\\n])*"'
    sample = re.compile(rf"(:[a-z:_]+\{{{label}(?:,{label})*\}}) ([0-9.]+)")
    found: dict[str, float] = {}
    for line in response.text.splitlines():
        match = sample.fullmatch(line)
        assert match or line.startswith("# TYPE "), line
        found |= {match[1]: float(match[2])} if match else {}
    return found


def grown(api: Api, before: dict[str, float]) -> dict[str, float]:
    """Return by how much the counts have grown, those that have."""
    after = samples(api)
    growth = {name: value - before.get(name, 0) for name, value in after.items()}
    return {name.removeprefix(START): value for name, value in growth.items() if value and "count{" in name}


def test_predictions_are_counted_by_model_and_status_and_the_good_ones_timed(server: Api) -> None:
    before = samples(server)
    for _ in range(3):
        server.predictions("", [1.0])
    server.refusal("nope", instances=[1])
    assert grown(server, before) == {
        'request_count{model_name="m",status="OK"}': 3,
        'request_count{model_name="m",status="INVALID_ARGUMENT"}': 1,
        f"request_latency_count{{{REST}}}": 3,
        f"runtime_latency_count{{{RUN}}}": 3,
    }


def test_times_are_in_microseconds_in_tf_servings_buckets(server: Api) -> None:
    server.predictions("", [1.0])
    page = samples(server)
    for name, labels in (("request_latency", REST), ("runtime_latency", RUN)):
        start = f"{START}{name}_bucket{{{labels},le="
        buckets = {key.removeprefix(start)[1:-2]: value for key, value in page.items() if key.startswith(start)}
        assert list(buckets)[:5] == ["10", "18", "32.4", "58.32", "104.976"]
        assert len(buckets) == 34
        assert list(buckets.values()) == sorted(buckets.values())
        assert buckets["+Inf"] == page[f"{START}{name}_count{{{labels}}}"]
        assert page[f"{START}{name}_sum{{{labels}}}"] > 10
        assert buckets["10"] == 0
    assert f"# TYPE {START}request_latency histogram\n" in server.get(PATH).text
    assert f"# TYPE {START}request_count counter\n" in server.get(PATH).text


def test_grpc_is_counted_by_status(saved_models: Path, tmp_path: Path) -> None:
    port, flag = free_port(), config(tmp_path, f"prometheus_config {{ enable: true, path: '{PATH}' }}")
    with (
        serving_model(saved_models / "sampler", flag, f"--port={port}") as (api, _),
        connected(f"127.0.0.1:{port}") as rpc,
    ):
        rpc.predict(x=[1.0])
        rpc.refusal("FAILED_PRECONDITION", lambda: rpc.predict("nope", x=[1.0]))
        no_tensor = request(spec(signature="__saved_model_init_op"), {})
        rpc.refusal("INVALID_ARGUMENT", lambda: rpc.send(no_tensor))
        assert grown(api, {}) == {
            'request_count{model_name="m",status="OK"}': 1,
            'request_count{model_name="m",status="FAILED_PRECONDITION"}': 1,
            'request_count{model_name="m",status="INVALID_ARGUMENT"}': 1,
            f"request_latency_count{{{REST.replace('REST', 'GRPC')}}}": 1,
            f"runtime_latency_count{{{RUN}}}": 2,
        }


def test_made_up_model_names_do_not_make_the_page_grow(server: Api) -> None:
    before = samples(server)
    for number in range(3):
        error_of(server.post(f"/v1/models/foo{number}%22:predict", '{"inputs": [0]}'), 404)
    assert grown(server, before) == {'request_count{model_name="",status="NOT_FOUND"}': 3}


def test_status_and_metrics_requests_are_not_counted(server: Api) -> None:
    before = samples(server)
    server.get("/v1/models/m")
    server.get("/v1/models/m/metadata")
    assert grown(server, before) == {}


def test_only_the_exact_path_shows_the_page(server: Api) -> None:
    response = server.get(f"{PATH}?x=1")
    assert (response.status_code, response.text) == (400, f"Unexpected path: {PATH}?x=1. Should be {PATH}")
    for path in (DEFAULT, f"{PATH}/", PATH.upper()):
        assert server.get(path).status_code == 404


def test_without_a_file_there_is_no_page(api: Api) -> None:
    response = api.get(DEFAULT)
    assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html")


@pytest.mark.parametrize(("enabled", "status"), [("true", 200), ("false", 404)])
def test_the_path_has_a_default(saved_models: Path, tmp_path: Path, enabled: str, status: int) -> None:
    flag = config(tmp_path, f"prometheus_config {{ enable: {enabled} }}")
    with serving_model(saved_models / "constant", flag) as (api, _):
        assert api.get(DEFAULT).status_code == status


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prometheus_config { on: true }", "Error parsing text-format tensorflow.serving.MonitoringConfig: 1:21 : "),
        ("prometheus_config { path: 'metrics' }", "path must begin with '/'; was 'metrics'"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    sentence = refusal(tmp_path, config(tmp_path, text))
    file = tmp_path / "monitoring.config"
    assert sentence.startswith(
        f"Failed to start server. Error: INVALID_ARGUMENT: Invalid protobuf file: '{file}': {message}"
    )
