"""From a release to a version directory that TF-Serving loads."""

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from model.errors import ModelError
from model.export.lite import convert, convertible
from model.export.signatures import GraphRequest, SamplingGraph
from model.files.folder import CONFIG, EXPORTER, EXTRA, LITE, TOKENIZER, exporter, newest_version
from model.files.replacing import replacing
from model.networks.network import Network
from model.release.loading import Release
from model.text.parameters import Parameters
from model.text.sampling import chaos_vector, noise_vector
from model.text.tokens import WINDOW

WARMUP = "tf_serving_warmup_requests"
WARMUP_BATCHES = (1, 2)
WARMUP_TOKENS = 16


def export(release: Release, models: Path) -> Path:
    """Write the release as a version, the newest, under models/NAME, whole or not at all; return its directory."""
    base = models.absolute() / release.text.name
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base, prefix="new-") as beside:  # TF-Serving looks at numbers only
        folder = Path(beside) / "version"
        _save(release, folder)
        # By the clock, so that images built from different releases never share a version.
        return folder.rename(base / str(max(newest_version(base) + 1, int(time.time()))))


def add_lite(release: Release) -> Path | None:
    """Write the release as one file for LiteRT into its folder, and return it; None where its network cannot be."""
    if not convertible(release.network):
        (release.folder / LITE).unlink(missing_ok=True)  # of the release that was here before
        return None
    with tempfile.TemporaryDirectory() as beside, replacing(release.folder / LITE) as new:
        _save_forms(release, folder := Path(beside) / "version")
        shutil.copyfile(folder / LITE, new)
    return release.folder / LITE


def _save(release: Release, folder: Path) -> None:
    _save_forms(release, folder)
    extra = folder / EXTRA
    extra.mkdir()
    shutil.copyfile(release.folder / CONFIG, extra / CONFIG)
    (extra / EXPORTER).write_text(exporter(), "utf-8")
    _write_warmup(release, extra / WARMUP)


def _save_forms(release: Release, folder: Path) -> None:
    """Write a SavedModel, and beside it the same for LiteRT where that can be."""
    config, tokenizer = ((release.folder / name).read_bytes() for name in (CONFIG, TOKENIZER))
    save_signatures(release.network, SamplingGraph(release.network, release.text.rules, config, tokenizer), folder)
    if convertible(release.network):
        convert(folder, release.text.signatures, folder / LITE)


def save_signatures(network: Network, writer: SamplingGraph, folder: Path) -> None:
    """Write a SavedModel of the writer's signatures with the network's weights. ModelError where the disk is full."""
    for layer in network._flatten_layers():  # noqa: SLF001  Keras has no public way to its inner layers
        if hasattr(layer, "use_cudnn"):
            layer.use_cudnn = False  # else a model that was exported beside a GPU needs one
    # Of a Keras network that it tracks, TensorFlow writes copies of the weights that a session never restores.
    weights = tf.Module()
    weights.values = [weight.value for weight in network.weights]
    try:
        tf.saved_model.save(weights, str(folder), signatures=writer.signatures())
    except tf.errors.OpError as error:
        raise ModelError(f"{folder} cannot be written: {error.message}") from None


def _write_warmup(release: Release, path: Path) -> None:
    """Write the requests that TF-Serving runs before it calls the version available."""
    with tf.io.TFRecordWriter(str(path)) as records:
        for batch in WARMUP_BATCHES:
            prompt = np.zeros((batch, WINDOW), np.int32)
            tokens, _ = release.text.tokenizer.encode_prompt("Ночь")
            prompt[:, : len(tokens)] = tokens
            records.write(_log(release.text.name, "serving_default", {"tokens": prompt}))
            if "generate" in release.text.signatures:
                inputs = {"prompt": prompt, **_request(release.text.defaults, batch)}
                records.write(_log(release.text.name, "generate", inputs))
        records.write(_log(release.text.name, "release", {"unused": np.zeros(1, np.int32)}))


def _request(parameters: Parameters, batch: int) -> dict[str, np.ndarray]:
    asked = GraphRequest(
        noise=noise_vector(0, WINDOW),
        chaos=chaos_vector(0, parameters.chaos, WINDOW),
        inverse_temperature=np.full(WINDOW, parameters.inverse_temperature, np.float32),
        top_k=np.int32(parameters.top_k),
        line_start_k=np.int32(parameters.line_start_k),
        chaos_k=np.int32(parameters.chaos_k),
        max_tokens=np.int32(WARMUP_TOKENS),
        max_lines=np.int32(parameters.max_lines),
    )
    return {name: np.stack([value] * batch) for name, value in asked._asdict().items()}


def _log(model: str, signature: str, inputs: dict[str, np.ndarray]) -> bytes:
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    return bytes(log.SerializeToString())
