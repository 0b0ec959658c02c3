"""`python -m backend`: wires settings, log, application and server."""

import logging
import os
import signal
import sys


def main() -> int:
    """Run the backend; return its exit status: 0 after a signal, 1 when it cannot listen, 2 for a bad setting."""
    # Until the server has its own: a container's first process is deaf to signals that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    from backend.app import create_app
    from backend.server import Server, StartError
    from backend.settings import Settings, SettingsError

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full thread pool is no news
    try:
        settings = Settings.from_environment(os.environ)
        Server(create_app(settings), settings).run()
    except (SettingsError, StartError) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, SettingsError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
