"""Processes forked from one that has imported what takes seconds to import, such as TensorFlow.

A forked process has a number, signals, an exit status and a log of its own, like one that was started; it ends by the
interpreter's own way out. `python -m tests.forks MODULE...` is the process that forks; it imports these modules, and
ends with the tests.
"""

import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from tests.processes import Running, new_output

LONGEST = 2**17  # bytes of a request: arguments and environment


class Forked:
    """A forked process; the part of subprocess.Popen that `Running` needs."""

    def __init__(self, reports: socket.socket) -> None:
        self._reports = reports
        self.returncode: int | None = None
        pid = reports.recv(64)
        assert pid, "the process that forks has ended: what it wrote says why"
        self.pid = int(pid)

    def poll(self) -> int | None:
        """Return the exit status, or None while the process runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the process; return its exit status, or raise subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._reports.settimeout(timeout)
            try:
                self.returncode = int(self._reports.recv(64))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None
            self._reports.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forks:
    """The process that forks, seen from the tests; it is started by the first request.

    `environment` is added to that of all its processes, and of its own: what it imports may read it.
    """

    def __init__(self, *imported: str, environment: Mapping[str, str] | None = None) -> None:
        self._imported, self._environment = imported, dict(environment or {})
        self._parent: subprocess.Popen[bytes] | None = None
        self._control: socket.socket

    def start(self, module: str, arguments: Sequence[str], env: Mapping[str, str] | None = None) -> Running:
        """Start what `python -m MODULE` starts, its output captured to a new temporary file."""
        if self._parent is None:
            self._begin()
        request = {
            "module": module,
            "arguments": arguments,
            "environment": {**os.environ, **self._environment, **(env or {})},
        }
        reports, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        output, path = new_output()
        with theirs, output:
            socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno(), output.fileno()])
        return Running(Forked(reports), path)

    def stop(self) -> None:
        """End the process that forks; those that were forked must have ended."""
        if self._parent is not None:
            self._control.close()
            self._parent.wait()
            self._parent = None

    def _begin(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", str(theirs.fileno()), *self._imported],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1", **self._environment},
            )


def main() -> None:
    """Fork a keeper for each request until the tests have ended; in what a keeper forks, run the requested module."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        import_module(name)
    gc.freeze()  # the end of a process need not look through all that was imported
    signal.signal(signal.SIGCHLD, lambda *_: reap())
    while True:
        message, files, _, _ = socket.recv_fds(control, LONGEST, 2)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            keep(*files)
            break
        for file in files:
            os.close(file)
    run(json.loads(message))


def reap() -> None:
    """Take note of the keepers that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def keep(reports: int, output: int) -> None:
    """Fork once more, report the number and the exit status of the child and exit; return in the child alone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid:
        os.close(output)
        os.write(reports, str(pid).encode())
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with suppress(BrokenPipeError):
            os.write(reports, str(status).encode())
        os._exit(0)
    os.close(reports)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def run(request: dict[str, Any]) -> None:
    """Be `python -m MODULE`."""
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [request["module"], *request["arguments"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
