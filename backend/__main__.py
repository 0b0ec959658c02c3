"""`python -m backend`: wires settings, logging, application and server."""

import argparse
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.settings import BackendSettings

EXIT_STATUS = "exit status: 0 after SIGTERM or SIGINT; 1 if it cannot listen; 2 if a variable is not valid"


def main() -> int:
    """Run the backend; return its exit status: 0 after a signal, 1 if it cannot listen, 2 for an invalid setting."""
    # Until the server installs its own handler: PID 1 of a container ignores signals that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    from backend.settings import BackendSettings
    from services.settings import SettingsError

    parser = argparse.ArgumentParser(
        prog="python -m backend",
        description="The HTTP API and the page.",
        epilog=f"{BackendSettings.help()}\n\n{EXIT_STATUS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever the thread pool is full
    try:
        return _serve(BackendSettings.load())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _serve(settings: "BackendSettings") -> int:
    from backend.app import create_app
    from backend.server import serve
    from services.http_server import ListenError

    try:
        serve(create_app(settings), settings)
    except ListenError as error:
        sys.stderr.write(f"BACKEND_HOST, BACKEND_PORT: {error}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
