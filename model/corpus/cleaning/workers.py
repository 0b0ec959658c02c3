"""A pool of workers: results in the order of the tasks, a bounded number in progress, no process left behind."""

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

TASKS_PER_WORKER = 2  # one running and one queued, so that no worker waits for the main process
A = TypeVar("A")
T = TypeVar("T")
R = TypeVar("R")


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


class Workers:
    """A context manager for a pool of processes. With one job there is none, and the main process does the work."""

    def __init__(self, jobs: int, module: str) -> None:
        """Prepare `jobs` processes that share one import of `module`."""
        self._tasks = TASKS_PER_WORKER * jobs
        self._pool: ProcessPoolExecutor | None = None
        if jobs > 1:
            # Not fork, because the main process has threads; not spawn, because each process would import again.
            context = get_context("forkserver")
            context.set_forkserver_preload([module])
            self._pool = ProcessPoolExecutor(jobs, context, _begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[A], R], tasks: Iterable[tuple[T, A]]) -> Iterator[tuple[T, R]]:
        """Yield the first item of each task, which is not sent, with the function's result for the second, in order.

        ModelError if a process dies or memory runs out.
        """
        try:
            yield from self._map(self._pool, function, tasks) if self._pool else ((t, function(a)) for t, a in tasks)
        except BrokenProcessPool:
            raise ModelError("a worker process was killed, possibly because memory ran out; try --jobs 1") from None
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
    """Start a worker: ignore Ctrl-C, which the main process handles, and exit when that one ends, even if killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if main := parent_process():
        threading.Thread(target=_end_with, args=[main.sentinel], daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
