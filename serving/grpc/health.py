"""The standard service grpc.health.v1.Health."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from grpc_health.v1.health import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse

if TYPE_CHECKING:
    from collections.abc import Callable

_SERVICES = ("ModelService", "PredictionService")  # TF-Serving's names, without their package


class Health(HealthServicer):  # type: ignore[misc]  # without types
    """Says SERVING for the server and its services until it stops; answers also when all runs are taken."""

    def __init__(self) -> None:
        pool = ThreadPoolExecutor(1, "grpc-health")
        super().__init__(experimental_thread_pool=pool)
        HealthServicer.Check.experimental_thread_pool = pool  # as the line above does for Watch
        self._watchers: set[Callable[[Any], None]] = set()
        for service in _SERVICES:
            self.set(service, HealthCheckResponse.SERVING)

    def Watch(self, request: Any, context: Any, send_response_callback: Any = None) -> None:  # noqa: N802 -- its name
        """Tell every change from now on; `send_response_callback` takes the replies, None to end."""
        self._watchers.add(send_response_callback)
        super().Watch(request, context, send_response_callback)
        context.add_callback(lambda: self._watchers.discard(send_response_callback))

    def stop(self) -> None:
        """Say NOT_SERVING and end all watching, which would hold up the server's end."""
        self.enter_graceful_shutdown()
        for send in tuple(self._watchers):
            send(None)
