"""`make run`: start the embedded stack with the shipped release, print a poem, and serve until Ctrl-C."""

import os
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

from pydantic import Field

from deploy.stack import Stack, StackError, require_free
from deploy.versions import publish
from services.settings import Port, Settings, SettingsError

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "model" / "releases" / "neuralpoet"
BATCHING = ROOT / "serving" / "config" / "batching.config"
MODELS = ROOT / "serving" / "models" / "run"  # not with the exports: a TF-Serving that watches those cannot load it
LOGS = Path("logs")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy: the services are on this machine


class RunSettings(Settings):
    """What `make run` reads of the environment."""

    serving_port: Port = Field(default=8501)
    backend_port: Port = Field(default=5000)
    telegram_bot_token: str = Field(default="", repr=False)

    def require_free_ports(self) -> None:
        """Raise StackError unless the ports differ and are free."""
        if self.serving_port == self.backend_port:
            raise StackError("SERVING_PORT and BACKEND_PORT must differ.")
        require_free(self.serving_port, "SERVING_PORT")
        require_free(self.backend_port, "BACKEND_PORT")


def start(stack: Stack, model: str, settings: RunSettings) -> None:
    """Start the services in order and wait until a poem can be written."""
    os.environ.pop("TELEGRAM_BOT_TOKEN", None)  # for the bot alone
    page = f"http://127.0.0.1:{settings.backend_port}"
    flags = [f"--rest_api_port={settings.serving_port}", f"--model_name={model}", f"--model_base_path={MODELS / model}"]
    flags += ["--enable_batching", f"--batching_parameters_file={BATCHING}"]
    stack.start("serving", ["serving", *flags], {})
    address = {"SERVING_URL": f"http://127.0.0.1:{settings.serving_port}", "BACKEND_HOST": "127.0.0.1"}
    stack.start("backend", ["backend"], {"MODELS": model, "BACKEND_PORT": str(settings.backend_port), **address})
    stack.wait_until(lambda: fetch(f"{page}/readyz") is not None, "The backend is not ready")
    poem = fetch(f"{page}/generate")
    if poem is None:
        raise StackError(f"No poem could be written. The logs are in {stack.logs}/.")
    if token := settings.telegram_bot_token:
        stack.start("bot", ["bot"], {"BACKEND_URL": page, "TELEGRAM_BOT_TOKEN": token})
    print(f"\n{poem}\n\nThe page: {page}   Stop with Ctrl-C. The logs are in {stack.logs}/.", flush=True)


def fetch(url: str) -> str | None:
    """Return the body of a GET, None for an error status or no reply."""
    request = urllib.request.Request(url, headers={"Accept": "text/plain"})
    try:
        with DIRECT.open(request, timeout=30) as reply:
            return str(reply.read().decode())
    except (urllib.error.URLError, OSError):
        return None


def main() -> None:
    """Run the stack; an error ends it with one sentence and exit status 1."""
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: shells ignore it in background jobs
        signal.signal(number, signal.default_int_handler)
    stack = Stack(LOGS)
    try:
        settings = RunSettings.load()
        settings.require_free_ports()
        start(stack, publish(RELEASE, MODELS), settings)
        stack.watch()
    except (SettingsError, StackError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\nStopping", flush=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stack.stop()


if __name__ == "__main__":
    main()
