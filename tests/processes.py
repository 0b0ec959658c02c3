"""Real processes for the tests: start one, wait for what it promises, stop it, read what it said."""

import atexit
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

STOP_SECONDS = 60.0
POLL_SECONDS = 0.02


class Process(Protocol):
    """What the tests need of subprocess.Popen."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int, /) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True)
class Running:
    """A started process; its standard output and error go together to the file `output`."""

    process: Process
    output: Path

    def text(self) -> str:
        """Return what the process has written so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def is_running(self) -> bool:
        return self.process.poll() is None

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for the process to end by itself; return its exit status (subprocess.TimeoutExpired if it does not)."""
        return self.process.wait(seconds)

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Ask the process to end, kill it after STOP_SECONDS; return its exit status. Safe to call twice."""
        if self.is_running():
            self.process.send_signal(signal_number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(STOP_SECONDS)

    def wait_for_port(self, port: int, seconds: float = 60.0) -> None:
        """Wait until the process listens on loopback; fail with its output when it ends or is too slow."""
        wait_until(lambda: not self.is_running() or accepts(port), seconds, self.text)
        if not self.is_running():
            message = f"the process ended with status {self.process.returncode} before it listened:\n{self.text()}"
            raise AssertionError(message)


def start(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Running:
    """Start a command with `env` added to this process's environment, its output captured to a new temporary file."""
    output, path = new_output()
    with output:
        process = subprocess.Popen(  # the caller owns it and calls stop()
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            cwd=cwd,
        )
    return Running(process, path)


def new_output() -> tuple[BinaryIO, Path]:
    """Return a new temporary file for a process's output, and its path; it is deleted when the tests have ended."""
    handle, path = tempfile.mkstemp(prefix="process-", suffix=".log")
    atexit.register(Path(path).unlink, missing_ok=True)
    return os.fdopen(handle, "wb"), Path(path)


def free_port() -> int:
    """Return a loopback TCP port that is free, and that is given to no other process of the tests while this one lives.

    It is not among those that Linux gives to clients.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            _reserve(port)
            return port


def _reserve(port: int) -> None:
    """Hold a name for the port until this process ends; raise OSError if another process holds it."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0neural-poet-tests-port-{port}")
    except OSError:
        name.close()
        raise
    atexit.register(name.close)


def accepts(port: int) -> bool:
    """Return whether something on loopback accepts connections at the port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(predicate: Callable[[], bool], seconds: float, detail: Callable[[], str] = str) -> None:
    """Poll the predicate until it holds; fail after `seconds` with `detail()` in the message."""
    deadline = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > deadline:
            message = f"still not so after {seconds} s. {detail()}"
            raise AssertionError(message)
        time.sleep(POLL_SECONDS)
