"""The life cycle of the gRPC server."""

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from tensorflow_serving.apis.model_service_pb2_grpc import add_ModelServiceServicer_to_server
from tensorflow_serving.apis.prediction_service_pb2_grpc import add_PredictionServiceServicer_to_server

from serving.app import MAX_BODY_BYTES
from serving.errors import StartError
from serving.flags import ServingSettings
from serving.grpc.services import ModelService, PredictionService
from serving.metrics import Metrics
from serving.registry import Registry
from serving.watcher import Watcher

log = logging.getLogger(__name__)

_MAX_WAITING = 100  # for a thread, each with its message in memory; more get RESOURCE_EXHAUSTED
_ABANDON_SECONDS = 1.0  # for calls that ignore their cancellation
_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_BODY_BYTES),
    ("grpc.so_reuseport", 0),  # otherwise a second server could share the port unnoticed
)

logging.getLogger("grpc").setLevel(logging.CRITICAL)  # it logs a traceback for any message that is not protobuf


class GrpcServer:
    """TF-Serving's gRPC services on a port, on a UNIX socket, or on both."""

    def __init__(self, settings: ServingSettings, registry: Registry, watcher: Watcher, metrics: Metrics) -> None:
        self._targets = _targets(settings)
        self._stopping = threading.Event()
        self._stopped: threading.Event | None = None
        self._pool = ThreadPoolExecutor(settings.grpc_max_threads, "grpc")
        most = settings.grpc_max_threads + _MAX_WAITING
        self._server = grpc.server(self._pool, options=_OPTIONS, maximum_concurrent_rpcs=most)
        prediction = PredictionService(registry, metrics, as_content=settings.enable_serialization_as_tensor_content)
        add_PredictionServiceServicer_to_server(prediction, self._server)
        add_ModelServiceServicer_to_server(ModelService(registry, watcher, self._stopping), self._server)
        self._health = None
        if settings.enable_grpc_healthcheck_service:
            from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server

            from serving.grpc.health import Health

            self._health = Health()
            add_HealthServicer_to_server(self._health, self._server)

    def start(self) -> None:
        """Listen and serve; raise StartError if that fails."""
        for target in self._targets:
            try:
                self._server.add_insecure_port(target)
            except RuntimeError as error:
                message = f"Failed to start server. Error: gRPC cannot listen on {target}"
                raise StartError(message) from error
        self._server.start()
        log.info("Running gRPC ModelServer at %s ...", ", ".join(self._targets))

    def stop(self, seconds: float) -> None:
        """Refuse new calls and let those in progress run for `seconds`; returns at once."""
        self._stopping.set()
        if self._health:
            self._health.stop()
        self._stopped = self._server.stop(seconds)

    def wait(self) -> None:
        """Wait until no call is in progress. Runs that outlast `stop` are abandoned with the process."""
        if self._stopped:
            self._stopped.wait()
        ending = threading.Thread(target=self._pool.shutdown, daemon=True)
        ending.start()
        ending.join(_ABANDON_SECONDS)
        if ending.is_alive():
            log.warning("Abandoning the calls still in progress")
            os._exit(0)  # otherwise Python would wait for their threads


def _targets(settings: ServingSettings) -> list[str]:
    """Return the addresses to listen on, in gRPC's notation."""
    address = f"[{settings.grpc_address}]" if ":" in settings.grpc_address else settings.grpc_address
    targets = [f"{address}:{settings.port}"] if settings.port else []
    return targets + ([f"unix:{settings.grpc_socket_path}"] if settings.grpc_socket_path else [])
