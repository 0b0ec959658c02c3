"""`python -m model` for the tests, in this process."""

import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from model.__main__ import main

SIGNALS = (signal.SIGINT, signal.SIGTERM)
Done = subprocess.CompletedProcess[str]


def model(*arguments: object, check: bool = True) -> Done:
    """Run a command in this process, which is quick where TensorFlow is imported already."""
    words, out, err = list(map(str, arguments)), io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), _signals_kept():
        status = _run(words)
    return _checked(Done(words, status, out.getvalue(), err.getvalue()), check=check)


def _checked(done: Done, *, check: bool) -> Done:
    assert not check or done.returncode == 0, done.stderr
    return done


def _run(arguments: list[str]) -> int:
    """Run the command; return what would be the exit status of its process."""
    try:
        main(arguments)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    return 0


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Put the handlers of signals back that a command sets for its process."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
