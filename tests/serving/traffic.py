"""Clients that keep asking while something changes."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.serving.conftest import Api


@contextmanager
def traffic(api: Api, *paths: str) -> Iterator[dict[str, list[int]]]:
    """Ask each path repeatedly; yield the answers so far by path. Any reply but 200 fails the test at the end.

    One user a path: of two, an old answer may be noted after a new one.
    """
    answers: dict[str, list[int]] = {path: [] for path in paths}
    stop = threading.Event()

    def ask(path: str) -> None:
        while not stop.is_set():
            answers[path].append(api.answer(path))

    with ThreadPoolExecutor(len(paths)) as pool:
        asking = [pool.submit(ask, path) for path in paths]
        try:
            yield answers
        finally:
            stop.set()
            for one in asking:
                one.result()
