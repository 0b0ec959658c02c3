"""What `make bench` measures: an exported release behind a server, in process, and as bare matrix products."""

import os

# Before numpy, which reads them when it is imported: its matrix products must use one core too.
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import json
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.client import Deadline, ServingClient
from backend.decoders import Draft, Predict, graph
from backend.settings import BackendSettings
from deploy.stack import Stack
from model.files.folder import CONFIG, LITE, TOKENIZER
from model.networks.sizes import PoetSizes
from model.text.parameters import BOUNDS, Parameters
from model.text.release import TextRelease, read
from model.text.sampling import Stop

PROMPT = "Ночь, улица, фонарь"
TOKENS = 100  # per poem
SECONDS = 60  # per request
MOST_SEEDS = 2000  # at most, to be tried
ENGINES = ("SavedModel", "LiteRT")
ONE_THREAD = ["--tensorflow_intra_op_parallelism=1", "--tensorflow_inter_op_parallelism=1"]
Tensors = Mapping[str, NDArray[Any]]
Decoder = Callable[[Predict, TextRelease, list[int], Parameters, list[int]], list[Draft]]


@dataclass(frozen=True)
class Shipped:
    """A release of the poet, in its folder and exported to the directory `version`."""

    folder: Path
    version: Path
    text: TextRelease
    sizes: PoetSizes

    @classmethod
    def at(cls, release: Path, version: Path) -> "Shipped":
        """Read the exported release."""
        config = (release / CONFIG).read_bytes()
        network = json.loads(config)["network"]
        if network.pop("kind") != "poet":
            sys.exit(f"{release} is not a poet; this benchmark knows only the matrix products of a poet")
        return cls(release, version, read(config, (release / TOKENIZER).read_bytes()), PoetSizes(**network))

    @property
    def prompt(self) -> list[int]:
        """The tokens of the line that every poem continues."""
        return self.text.tokenizer.encode_prompt(PROMPT, with_break=self.text.prompt_break)[0]

    @property
    def parameters(self) -> Parameters:
        """The parameters of the release, except for the length."""
        return replace(self.text.defaults, max_tokens=TOKENS, max_lines=int(BOUNDS["max_lines"].maximum or 0))

    def served(self, engine: str) -> Path:
        """Return the versions that a server serves with the engine.

        For LiteRT, the release's own file, as in `make run`.
        """
        if engine == "SavedModel":
            return self.version.parent
        placed = self.version.parent.parent / "lite" / self.version.name
        if not placed.exists():
            placed.mkdir(parents=True)
            shutil.copyfile(self.folder / LITE, placed / LITE)
        return placed.parent

    def lite_float(self) -> bytes:
        """Return the SavedModel as a file for LiteRT with its weights as they are, in float32."""
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_saved_model(str(self.version), signature_keys=["generate"])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        return bytes(converter.convert())

    def write(self, decoder: Decoder, predict: Predict, seeds: list[int]) -> int:
        """Write a poem for each seed; return the tokens of them all."""
        drafts = decoder(predict, self.text, self.prompt, self.parameters, seeds)
        return sum(len(draft.choices) for draft in drafts)

    def long_seeds(self, predict: Predict, count: int) -> list[int]:
        """Return the first seeds whose poems have at least TOKENS tokens."""
        seeds: list[int] = []
        for first in range(0, MOST_SEEDS, 32):
            tried = list(range(first, first + 32))
            drafts = graph(predict, self.text, self.prompt, self.parameters, tried)
            seeds += [seed for seed, draft in zip(tried, drafts, strict=True) if draft.stop is Stop.MAX_TOKENS]
            if len(seeds) >= count:
                return seeds[:count]
        sys.exit(f"only {len(seeds)} of {MOST_SEEDS} seeds yield a poem of {TOKENS} tokens")


def floor(shipped: Shipped, batch: int) -> Callable[[int], int]:
    """Return a function that computes only the matrix products of a batch of poems and prompts, with numpy's BLAS."""
    wide, deep = shipped.sizes.embedding, shipped.sizes.recurrent
    # Of attention, the LSTM and the GRU; then of the head.
    reading = [(wide, 3 * wide), (wide, wide), (wide, 4 * deep), (deep, 4 * deep), (wide, 3 * deep), (deep, 3 * deep)]
    writing = pairwise([wide + 4 * deep, *shipped.sizes.head, shipped.sizes.vocabulary])
    dice = np.random.default_rng(1)

    def normal(*shape: int) -> NDArray[np.float32]:
        return dice.standard_normal(shape, np.float32)

    read_one, write_one = ([(normal(batch, m), normal(m, n)) for m, n in shapes] for shapes in (reading, writing))
    steps = [read_one] * len(shipped.prompt) + [write_one, read_one] * TOKENS

    def multiply(_: int) -> int:
        for step in steps:
            for vectors, matrix in step:
                vectors @ matrix
        return batch * TOKENS

    return multiply


@dataclass(frozen=True)
class Server:
    """A running model server: its addresses, its process, and how long it took to answer."""

    name: str
    version: int
    url: str
    grpc: str
    process: int
    seconds: float

    def predict(self) -> Predict:
        """Return a REST client like the backend's, with a persistent connection."""
        client = ServingClient(BackendSettings(serving_url=self.url))
        return lambda body: client.predict(self.name, self.version, body, Deadline.after(SECONDS))

    def predict_by_grpc(self) -> Predict:
        """Return a client of the gRPC API."""
        import grpc
        import tensorflow as tf
        from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

        stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(self.grpc))

        def predict(inputs: Tensors) -> Tensors:
            request = predict_pb2.PredictRequest()
            request.model_spec.name, request.model_spec.signature_name = self.name, "generate"
            for name, tensor in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(tensor))
            return {name: tf.make_ndarray(out) for name, out in stub.Predict(request, SECONDS).outputs.items()}

        return _with_tensors(predict)


@contextmanager
def serve(shipped: Shipped, engine: str, flags: Sequence[str] = (), grpc_port: int = 0) -> Iterator[Server]:
    """Run a server, which listens once the model is loaded. A gRPC port loads TensorFlow, whatever the engine."""
    port, name = free_port(), shipped.text.name
    given = [f"--rest_api_port={port}", f"--model_name={name}", f"--model_base_path={shipped.served(engine)}"]
    started = time.monotonic()
    with running(["serving", *given, f"--port={grpc_port}", *flags], {}, port) as process:
        taken = time.monotonic() - started
        grpc = f"127.0.0.1:{grpc_port}"
        yield Server(name, int(shipped.version.name), f"http://127.0.0.1:{port}", grpc, process, taken)


@contextmanager
def running(arguments: Sequence[str], environment: dict[str, str], port: int) -> Iterator[int]:
    """Run `python -m ARGUMENTS`, which must listen on the port; yield its process id."""
    with tempfile.TemporaryDirectory() as logs:
        stack = Stack(Path(logs))
        try:
            stack.start(arguments[0], arguments, environment)
            stack.wait_until(lambda: _listens(port), f"{arguments[0]} is not listening")
            yield stack.running[arguments[0]].pid
        finally:
            stack.stop()


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def in_process(shipped: Shipped, threads: int) -> dict[str, Predict]:
    """Return clients that run `generate` in process, by form: SavedModel, LiteRT in float32 and in int8."""
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    generate = tf.saved_model.load(shipped.version).signatures["generate"]

    def saved_model(inputs: Tensors) -> Tensors:
        outputs = generate(**{name: tf.constant(tensor) for name, tensor in inputs.items()})
        return {name: tensor.numpy() for name, tensor in outputs.items()}

    def lite(content: bytes) -> Predict:
        runner = Interpreter(model_content=content, num_threads=threads).get_signature_runner("generate")
        return _with_tensors(lambda inputs: runner(**inputs))

    return {
        "SavedModel": _with_tensors(saved_model),
        "LiteRT, float32": lite(shipped.lite_float()),
        "LiteRT, int8": lite((shipped.folder / LITE).read_bytes()),
    }


def _with_tensors(call: Callable[[Tensors], Tensors]) -> Predict:
    """Return a `predict` that takes the body of a REST request and passes its inputs as tensors."""

    def predict(body: dict[str, Any]) -> dict[str, Any]:
        arrays = {name: np.asarray(values) for name, values in body["inputs"].items()}
        kinds = {"f": np.float32, "i": np.int32}
        return {"outputs": call({name: array.astype(kinds[array.dtype.kind]) for name, array in arrays.items()})}

    return predict
