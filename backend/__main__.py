"""`python -m backend`: wires settings, logging, application and server."""

import argparse
import logging
import os
import signal
import sys

ENVIRONMENT = """\
environment:
  BACKEND_HOST, BACKEND_PORT   address and port to listen on (127.0.0.1, 5000)
  SERVING_URL                  URL of TF-Serving or the embedded server (http://127.0.0.1:8501)
  MODELS                       comma-separated names of its models, the default one first (neuralpoet)
  MAX_CONCURRENT               poems written concurrently; requests beyond it get 503 at once (8)
  BACKEND_THREADS              worker threads, at least MAX_CONCURRENT + 2 (MAX_CONCURRENT + 4)
  SERVING_CONNECT_TIMEOUT, SERVING_READ_TIMEOUT, POEM_TIMEOUT   in seconds (2, 30, 45)

exit status: 0 after SIGTERM or SIGINT; 1 if it cannot listen; 2 if a variable is not valid
"""


def main() -> int:
    """Run the backend; return its exit status: 0 after a signal, 1 if it cannot listen, 2 for an invalid setting."""
    # Until the server installs its own handler: PID 1 of a container ignores signals that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    parser = argparse.ArgumentParser(
        prog="python -m backend",
        description="The HTTP API and the page.",
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    from backend.app import create_app
    from backend.server import BackendServer, ListenError
    from backend.settings import BackendSettings, BackendSettingsError

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever the thread pool is full
    try:
        settings = BackendSettings.from_environment(os.environ)
        BackendServer(create_app(settings), settings).run()
    except (BackendSettingsError, ListenError) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, BackendSettingsError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
