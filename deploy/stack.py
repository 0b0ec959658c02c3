"""The embedded stack on one machine: processes that are started in order, supervised, and stopped together."""

import contextlib
import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 120
STOP_SECONDS = 15


class StackError(Exception):
    """One sentence for the terminal: what is wrong and what to do."""


def require_free(port: int, variable: str) -> None:
    """Raise StackError if the loopback port is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
            raise StackError(f"Port {port} {why}. Choose another: {variable}=... make run") from None


@dataclass
class Stack:
    """The running processes by name, each with its log file in `logs`."""

    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, arguments: Sequence[str], environment: dict[str, str]) -> None:
        """Start `python -m ARGUMENTS` in its own session, so that Ctrl-C reaches it only through us."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  no threads are running here
            )

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        """Wait for `ready` while supervising the processes; raise StackError if one dies or on timeout."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise StackError(f"{what} after {START_SECONDS} seconds. The logs are in {self.logs}/.")
            time.sleep(0.1)

    def check(self) -> None:
        """Raise StackError with the last lines of its log if a process has ended."""
        for name, process in self.running.items():
            if process.poll() is not None:
                log = self.logs / f"{name}.log"
                last = "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:])
                raise StackError(f"{name} ended with status {process.returncode}; {log} ends:\n{last}")

    def watch(self) -> None:
        """Supervise until a process ends, which is an error, or a signal interrupts."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """Terminate the processes in reverse order, and kill those that do not stop in time."""
        for process in reversed(self.running.values()):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _die_with_parent() -> None:
    """Let Linux terminate this process when its parent dies; do nothing on other systems."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
