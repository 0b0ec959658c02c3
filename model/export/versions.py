"""From a release to a version directory that TF-Serving loads."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from model.errors import ModelError
from model.export.lines import LinesRequest
from model.export.lite import convert, convertible, lite_config
from model.export.signatures import GraphRequest, SamplingGraph
from model.files.folder import CONFIG, EXPORTER, EXTRA, LITE, TOKENIZER, exporter, newest_version
from model.files.replacing import replacing
from model.networks.network import Network
from model.release.loading import Release
from model.text.parameters import Parameters
from model.text.sampling import chaos_vector, noise_vector
from model.text.tokens import CANDIDATES, LINE_TOKENS, PAD, START_TOKENS, WINDOW

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
    """Write the release as one file for LiteRT into its folder and return its path; None if it cannot be converted."""
    path = release.folder / LITE
    if not convertible(release.network):
        path.unlink(missing_ok=True)  # of the release that was here before
        return None
    with tempfile.TemporaryDirectory() as folder, replacing(path) as new:
        _save_signatures(release, lite_config(release.folder), Path(folder))
        new.write_bytes(convert(Path(folder), release.text.signatures))
    return path


def _save(release: Release, folder: Path) -> None:
    """Write a SavedModel, with its warm-up requests and what `up_to_date` compares."""
    _save_signatures(release, (release.folder / CONFIG).read_bytes(), folder)
    extra = folder / EXTRA
    extra.mkdir()
    shutil.copyfile(release.folder / CONFIG, extra / CONFIG)
    (extra / EXPORTER).write_text(exporter(), "utf-8")
    _write_warmup(release, extra / WARMUP)


def _save_signatures(release: Release, config: bytes, folder: Path) -> None:
    tokenizer = (release.folder / TOKENIZER).read_bytes()
    text = release.text
    save_signatures(
        release.network, SamplingGraph(release.network, text.rules, config, tokenizer, ear=text.ear), folder
    )


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
        for signature, inputs in _warmup(release):
            records.write(_log(release.text.name, signature, inputs))


def _warmup(release: Release) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Yield the signature and the inputs of each request."""
    text = release.text
    tokens, _ = text.tokenizer.encode_prompt("Ночь")
    prompt = np.array([tokens + [PAD] * (WINDOW - len(tokens))], np.int32)
    for batch in WARMUP_BATCHES:
        prompts = np.repeat(prompt, batch, axis=0)
        yield "serving_default", {"tokens": prompts}
        if "generate" in text.signatures:
            yield "generate", {"prompt": prompts, **_request(text.defaults, batch)}
    if "lines" in text.signatures:
        yield "lines", {"prompt": prompt, **_lines_request(text.defaults)}
    yield "release", {"unused": np.zeros(1, np.int32)}


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


def _lines_request(parameters: Parameters) -> dict[str, np.ndarray]:
    """Return a request for candidates that begin freely, of one poem."""
    seeds, shape = range(CANDIDATES), (1, CANDIDATES)
    return LinesRequest(
        starts=np.full((*shape, START_TOKENS), PAD, np.int32),
        noise=np.stack([noise_vector(seed, LINE_TOKENS) for seed in seeds])[None],
        chaos=np.stack([chaos_vector(seed, parameters.chaos, LINE_TOKENS) for seed in seeds])[None],
        inverse_temperature=np.full(shape, parameters.inverse_temperature, np.float32),
        top_k=np.full(shape, parameters.top_k, np.int32),
        line_start_k=np.full(shape, parameters.line_start_k, np.int32),
        chaos_k=np.full(shape, parameters.chaos_k, np.int32),
    )._asdict()


def _log(model: str, signature: str, inputs: dict[str, np.ndarray]) -> bytes:
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    return bytes(log.SerializeToString())
