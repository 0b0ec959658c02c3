"""The server's life cycle: load, listen, serve, and drain on SIGTERM or SIGINT."""

import logging
import socket
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from services.http_server import HttpServer, Limits
from serving.app import MAX_BODY_BYTES, Application
from serving.batching import BatchingEngine, Scheduler
from serving.batching_config import BatchingParameters
from serving.engine import Engine, ThreadCounts
from serving.errors import StartError
from serving.flags import ServingSettings
from serving.loading import load
from serving.metrics import Metrics
from serving.model import Model, RetryPolicy
from serving.models_config import ModelConfig, read_models
from serving.registry import Registry
from serving.replies import error_reply
from serving.warmup import warm_up
from serving.watcher import Watcher

if TYPE_CHECKING:
    from serving.grpc.server import GrpcServer

log = logging.getLogger(__name__)

_READY_POLL_SECONDS = 0.05
_RECEIVE_SECONDS = 10.0
_GRACE_SECONDS = 5.0  # beyond a run's time limit


class EmbeddedServer:
    """The embedded server, from its settings to its shutdown."""

    def __init__(
        self, settings: ServingSettings, batching: BatchingParameters | None, metrics_path: str | None
    ) -> None:
        self._settings = settings
        self._metrics_path = metrics_path
        self._scheduler = Scheduler(batching) if batching else None
        retries = RetryPolicy(settings.max_num_load_retries, settings.load_retry_interval_micros / 1e6)
        self._registry = Registry(
            partial(Model, load=self._load, retries=retries),
            allow_labels_for_unavailable=settings.allow_version_labels_for_unavailable_models,
        )
        self._metrics = Metrics(self._registry)

    def run(self, bound: socket.socket, models: Sequence[ModelConfig]) -> None:
        """Serve the models on the bound socket until a signal; raise ServingError if a model cannot be loaded.

        As in TF-Serving, it listens once every model has a loaded version, on gRPC first; until then connections are
        refused.
        """
        self._registry.apply(models)
        watcher = self._watcher()
        grpc_server = self._grpc_server(watcher)
        watcher.start()
        self._wait_until_ready()
        self._serve(bound, grpc_server)
        watcher.stop()
        if self._scheduler:
            self._scheduler.wait(_GRACE_SECONDS)  # exiting during a run may crash

    def _load(self, path: Path) -> Engine:
        settings = self._settings
        threads = ThreadCounts(settings.tensorflow_intra_op_parallelism, settings.tensorflow_inter_op_parallelism)
        engine = load(path, threads, prefer_tflite=settings.prefer_tflite_model)
        try:
            count = warm_up(engine, path) if settings.enable_model_warmup and engine.limits.first_run_is_slow else 0
        except BaseException:
            engine.close()
            raise
        log.info("Finished warmup with %d requests", count)
        return BatchingEngine(engine, self._scheduler) if self._scheduler else engine

    def _watcher(self) -> Watcher:
        return Watcher(
            self._registry,
            self._settings.file_system_poll_wait_seconds,
            partial(read_models, self._settings),
            self._settings.model_config_file_poll_wait_seconds,
        )

    def _grpc_server(self, watcher: Watcher) -> "GrpcServer | None":
        if not self._settings.port and not self._settings.grpc_socket_path:
            return None
        try:
            from serving.grpc.server import GrpcServer  # imported here: REST alone does not need its packages

            return GrpcServer(self._settings, self._registry, watcher, self._metrics)
        except ModuleNotFoundError as error:
            message = f"Failed to start server. Error: gRPC needs the Python module {error.name}"
            raise StartError(message) from error

    def _wait_until_ready(self) -> None:
        while not self._registry.is_ready():
            time.sleep(_READY_POLL_SECONDS)

    def _serve(self, bound: socket.socket, grpc_server: "GrpcServer | None") -> None:
        seconds = self._settings.rest_api_timeout_in_ms / 1000 + _GRACE_SECONDS
        limits = Limits(
            threads=self._settings.rest_api_num_threads,
            connections=1000,
            body_bytes=MAX_BODY_BYTES,
            receive_seconds=_RECEIVE_SECONDS,
            drain_seconds=seconds,
        )
        timeout = self._settings.rest_api_timeout_in_ms
        app = Application(self._registry, timeout, self._metrics, self._metrics_path)
        if grpc_server:
            grpc_server.start()
        server = HttpServer(app, bound, limits, _refusal)  # listens from here on
        log.info("Exporting HTTP/REST API at:%s:%d ...", *bound.getsockname()[:2])
        server.run(on_stop=partial(grpc_server.stop, seconds) if grpc_server else lambda: None)
        if grpc_server:
            grpc_server.wait()


def _refusal(_status: int, reason: str) -> tuple[str, bytes]:
    return "application/json", error_reply(f"The request cannot be parsed: {reason}").encode()
