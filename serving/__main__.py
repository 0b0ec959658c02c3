"""`python -m serving`: wires flags, logging, socket and server."""

import logging
import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from types import FrameType

from services.http_server import ListenError, bind
from serving import flags
from serving.batching_config import read_batching
from serving.errors import ServingError, StartError
from serving.models_config import read_models
from serving.monitoring_config import read_metrics_path
from serving.server import EmbeddedServer


def main() -> int:
    """Run the server; return its exit status."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    settings = flags.parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever the thread pool is full
    # TensorFlow logs slower kernels as errors and every failed request as a warning; we log failures ourselves.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        with bind(settings.rest_api_address, settings.rest_api_port) as bound, _reserve_grpc(settings):
            models, batching, metrics_path = read_models(settings), read_batching(settings), read_metrics_path(settings)
            EmbeddedServer(settings, batching, metrics_path).run(bound, models or ())
    except ServingError as error:
        sys.stderr.write(f"Failed to start server. Error: {error.status}\n")
        return 1
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except ListenError as error:
        sys.stderr.write(f"Failed to start server. Error: {error}\n")
        return 1
    return 0


def _reserve_grpc(settings: flags.ServingSettings) -> AbstractContextManager[object]:
    """Return gRPC's port, bound early; gRPC binds it again, as it cannot bind without listening."""
    return bind(settings.grpc_address, settings.port) if settings.port else nullcontext()


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Exit at once, until the server listens: nothing runs yet, and TensorFlow's import cannot be interrupted.

    PID 1 of a container ignores SIGTERM unless it handles it.
    """
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
