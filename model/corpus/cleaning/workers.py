"""Work on all cores: results in the order of the tasks, a bounded number of tasks under way, no process left behind."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from types import TracebackType
from typing import Self, TypeVar

from model.errors import ModelError

TASKS_PER_WORKER = 2  # under way: one in work and one waiting, so that no worker waits for the main process
A = TypeVar("A")
T = TypeVar("T")
R = TypeVar("R")


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0))


class Workers:
    """A pool of processes; with one job there is none, and the main process does the work. Use it in `with`."""

    def __init__(self, jobs: int, module: str) -> None:
        """Prepare `jobs` processes, which share the import of `module`."""
        self._tasks = TASKS_PER_WORKER * jobs
        self._pool: ProcessPoolExecutor | None = None
        if jobs > 1:
            # Not fork: the main process has threads. Not spawn: each would import for itself, in memory of its own.
            context = get_context("forkserver")
            context.set_forkserver_preload([module])
            self._pool = ProcessPoolExecutor(jobs, context, _begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[A], R], tasks: Iterable[tuple[T, A]]) -> Iterator[tuple[T, R]]:
        """Yield each task's first half, which stays here, with the function's result on the second, in order.

        ModelError where a process dies or memory is short.
        """
        try:
            yield from self._map(self._pool, function, tasks) if self._pool else ((t, function(a)) for t, a in tasks)
        except BrokenProcessPool:
            raise ModelError("a worker process was killed, as happens when memory is short; try --jobs 1") from None
        except MemoryError:
            raise ModelError("there is not enough memory for a text this long") from None

    def _map(
        self, pool: ProcessPoolExecutor, function: Callable[[A], R], tasks: Iterable[tuple[T, A]]
    ) -> Iterator[tuple[T, R]]:
        under_way = deque[tuple[T, Future[R]]]()
        for stays, goes in tasks:
            under_way.append((stays, pool.submit(function, goes)))
            if len(under_way) > self._tasks:
                first, future = under_way.popleft()
                yield first, future.result()
        while under_way:
            first, future = under_way.popleft()
            yield first, future.result()


def _begin() -> None:
    """Begin a worker: leave Ctrl-C to the main process, and end when that one does, even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if main := parent_process():
        threading.Thread(target=_end_with, args=[main.sentinel], daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
