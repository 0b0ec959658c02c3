"""`make run`: start the embedded stack with the shipped release, print a poem, and serve until Ctrl-C."""

import os
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

from deploy.stack import Stack, StackError, require_free
from deploy.versions import publish

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "model" / "releases" / "neuralpoet"
BATCHING = ROOT / "serving" / "config" / "batching.config"
MODELS = ROOT / "serving" / "models" / "run"  # not with the exports: a TF-Serving that watches those cannot load it
LOGS = Path("logs")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy: the services are on this machine


def port(variable: str, default: int) -> int:
    """Return a port from the environment."""
    value = os.environ.get(variable) or str(default)
    if not value.isdecimal() or not 0 < int(value) < 2**16:
        raise StackError(f"{variable} must be a port from 1 to 65535, not {value!r}.")
    return int(value)


def ports() -> tuple[int, int]:
    """Return the ports of the model server and of the backend, both free."""
    serving, backend = port("SERVING_PORT", 8501), port("BACKEND_PORT", 5000)
    if serving == backend:
        raise StackError("SERVING_PORT and BACKEND_PORT must differ.")
    require_free(serving, "SERVING_PORT")
    require_free(backend, "BACKEND_PORT")
    return serving, backend


def start(stack: Stack, model: str, serving: int, backend: int) -> None:
    """Start the services in order and wait until a poem can be written."""
    page, token = f"http://127.0.0.1:{backend}", os.environ.pop("TELEGRAM_BOT_TOKEN", "")
    flags = [f"--rest_api_port={serving}", f"--model_name={model}", f"--model_base_path={MODELS / model}"]
    flags += ["--enable_batching", f"--batching_parameters_file={BATCHING}"]
    stack.start("serving", ["serving", *flags], {})
    address = {"SERVING_URL": f"http://127.0.0.1:{serving}", "BACKEND_HOST": "127.0.0.1"}
    stack.start("backend", ["backend"], {"MODELS": model, "BACKEND_PORT": str(backend), **address})
    stack.wait_until(lambda: fetch(f"{page}/readyz") is not None, "The backend is not ready")
    poem = fetch(f"{page}/generate")
    if poem is None:
        raise StackError(f"No poem could be written. The logs are in {stack.logs}/.")
    if token:
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
        serving, backend = ports()
        start(stack, publish(RELEASE, MODELS), serving, backend)
        stack.watch()
    except (StackError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\nStopping", flush=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stack.stop()


if __name__ == "__main__":
    main()
