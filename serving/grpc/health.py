"""The standard service grpc.health.v1.Health."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from grpc_health.v1.health import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse

if TYPE_CHECKING:
    from collections.abc import Callable

_SERVICES = ("ModelService", "PredictionService")  # as TF-Serving names them, without the package


class Health(HealthServicer):  # type: ignore[misc]  # without types
    """Reports SERVING for the server and its services until it stops, from a thread of its own."""

    def __init__(self) -> None:
        pool = ThreadPoolExecutor(1, "grpc-health")
        super().__init__(experimental_thread_pool=pool)
        HealthServicer.Check.experimental_thread_pool = pool  # which the line above does only for Watch
        self._watchers: set[Callable[[Any], None]] = set()
        for service in _SERVICES:
            self.set(service, HealthCheckResponse.SERVING)

    def Watch(self, request: Any, context: Any, send_response_callback: Any = None) -> None:  # noqa: N802 -- its name
        """Report every change from now on to `send_response_callback`, which takes None as the end."""
        self._watchers.add(send_response_callback)
        super().Watch(request, context, send_response_callback)
        context.add_callback(lambda: self._watchers.discard(send_response_callback))

    def stop(self) -> None:
        """Report NOT_SERVING and end all watches, which would delay the shutdown."""
        self.enter_graceful_shutdown()
        for send in tuple(self._watchers):
            send(None)
