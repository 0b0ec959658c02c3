"""The files and flags that the image of the real TF-Serving gets, read by the server that takes the same ones."""

import re
from pathlib import Path

from model.text.parameters import BOUNDS
from serving import batching_config, flags, models_config, monitoring_config

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "serving" / "config"


def shipped() -> flags.ServingSettings:
    """Return what the last CMD of the Dockerfile says, its files looked for here."""
    command = (ROOT / "serving" / "Dockerfile").read_text().rpartition("CMD ")[2]
    given = [flag.replace("/config/", f"{FOLDER}/") for flag in re.findall('"(--[^"]+)"', command)]
    return flags.parse(["--rest_api_port=8501", *given])


def test_every_release_is_served() -> None:
    models = models_config.read_models(shipped())
    assert models is not None
    releases = {path.name for path in (ROOT / "model" / "releases").iterdir()}
    assert {model.name for model in models} == releases
    assert all(model.base_path == Path("/models") / model.name for model in models)


def test_requests_are_batched_and_counted() -> None:
    settings = shipped()
    batching = batching_config.read_batching(settings)
    assert batching is not None
    assert batching.max_batch_size >= (BOUNDS["n"].maximum or 0)  # else a request for so many poems is refused
    assert batching.max_batch_size <= settings.rest_api_num_threads  # else no batch is ever full
    assert monitoring_config.read_metrics_path(settings) == "/monitoring/prometheus/metrics"
