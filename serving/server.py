"""The server's life cycle: load, listen, serve, and drain on SIGTERM or SIGINT."""

import logging
import signal
import socket
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.server import create_server

from serving.app import MAX_BODY_BYTES, Application
from serving.batching import BatchingEngine, Scheduler
from serving.batching_config import BatchingParameters
from serving.connections import Channel
from serving.engine import Engine, ThreadCounts
from serving.errors import StartError
from serving.flags import ServingSettings
from serving.loading import load
from serving.metrics import Metrics
from serving.model import Model, RetryPolicy
from serving.models_config import ModelConfig, read_models
from serving.registry import Registry
from serving.warmup import warm_up
from serving.watcher import Watcher

if TYPE_CHECKING:
    from serving.grpc.server import GrpcServer

log = logging.getLogger(__name__)

_WAKE_SECONDS = 1.0
_READY_POLL_SECONDS = 0.05
_GRACE_SECONDS = 5.0  # beyond a run's time limit
_BACKLOG = 1024
_MAX_CONNECTIONS = 1000


class EmbeddedServer:
    """The embedded server, from its settings to its shutdown."""

    def __init__(
        self, settings: ServingSettings, batching: BatchingParameters | None, metrics_path: str | None
    ) -> None:
        self._settings = settings
        self._metrics_path = metrics_path
        self._scheduler = Scheduler(batching) if batching else None
        self._stopping = False
        self._listener: Any = None
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

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        if self._listener is not None:
            self._listener.pull_trigger()
        log.info("%s: stopping", signal.Signals(number).name)

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
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        if grpc_server:
            grpc_server.start()
        channels: dict[int, Any] = {}
        self._listener = create_server(
            Application(self._registry, self._settings.rest_api_timeout_in_ms, self._metrics, self._metrics_path),
            map=channels,
            sockets=[bound],
            threads=self._settings.rest_api_num_threads,
            backlog=_BACKLOG,
            connection_limit=_MAX_CONNECTIONS,
            max_request_body_size=MAX_BODY_BYTES,
            asyncore_use_poll=True,
            ident=None,
        )
        self._listener.channel_class = Channel
        log.info("Exporting HTTP/REST API at:%s:%d ...", *bound.getsockname()[:2])
        while not self._stopping:
            _turn(channels)
        seconds = self._settings.rest_api_timeout_in_ms / 1000 + _GRACE_SECONDS
        if grpc_server:
            grpc_server.stop(seconds)
        self._drain(channels, seconds)
        if grpc_server:
            grpc_server.wait()

    def _drain(self, channels: dict[int, Any], seconds: float) -> None:
        """Close the port, finish the requests in progress, close the connections."""
        wasyncore.dispatcher.close(self._listener)  # not the listener's own close(): workers still need its trigger
        deadline = time.monotonic() + seconds
        while self._listener.active_channels and time.monotonic() < deadline:
            for channel in self._listener.active_channels.values():
                channel.will_close |= not channel.requests and not channel.total_outbufs_len
            _turn(channels)
        self._listener.task_dispatcher.shutdown()


def _turn(channels: dict[int, Any]) -> None:
    """Run one iteration of waitress's event loop."""
    wasyncore.loop(timeout=_WAKE_SECONDS, use_poll=True, map=channels, count=1)
