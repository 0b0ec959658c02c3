"""Request counts and latencies in Prometheus's text format, under TF-Serving's names."""

import json
import threading
import time
from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

from serving.errors import Code, ServingError

# TF-Serving's buckets: Exponential(10, 1.8, 33), in microseconds, up to about 25 minutes.
BOUNDS = tuple(10 * 1.8**n for n in range(33))
_Labels = tuple[tuple[str, str], ...]


class _Histogram:
    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.sum = 0.0

    def add(self, microseconds: float) -> None:
        self.counts[bisect_left(BOUNDS, microseconds)] += 1
        self.sum += microseconds


class Metrics:
    """The server's metrics. A request for a model not among `models` is counted under an empty name.

    Otherwise any client could make the page grow with made-up names.
    """

    def __init__(self, models: Container[str]) -> None:
        self._models = models
        self._lock = threading.Lock()
        self._counts: dict[_Labels, int] = {}
        self._times: dict[str, dict[_Labels, _Histogram]] = {"request_latency": {}, "runtime_latency": {}}

    @contextmanager
    def request(self, model: str, entrypoint: str) -> Iterator[None]:
        """Count a predict request and, if it succeeds, time it; `entrypoint` is REST or GRPC."""
        name, start, code = model if model in self._models else "", time.perf_counter(), Code.INTERNAL
        try:
            yield
            code = Code.OK
        except ServingError as error:
            code = error.code
            raise
        finally:
            self._count({"model_name": name, "status": code.name})
            if code is Code.OK:
                self._time("request_latency", start, {"model_name": name, "API": "Predict", "entrypoint": entrypoint})

    @contextmanager
    def run(self, model: str) -> Iterator[None]:
        """Time a run of the model, alone or in a batch."""
        start = time.perf_counter()
        yield
        self._time("runtime_latency", start, {"model_name": model, "API": "Predict", "runtime": "TF1"})

    def text(self) -> str:
        """Return all metrics in Prometheus's text format."""
        lines: list[str] = []
        with self._lock:
            if self._counts:
                lines.append("# TYPE :tensorflow:serving:request_count counter")
            for labels, count in sorted(self._counts.items()):
                lines.append(f":tensorflow:serving:request_count{_written(labels)} {count}")
            for name, series in self._times.items():
                if series:
                    lines.append(f"# TYPE :tensorflow:serving:{name} histogram")
                for labels, histogram in sorted(series.items()):
                    lines += _histogram_lines(f":tensorflow:serving:{name}", labels, histogram)
        return "".join(f"{line}\n" for line in lines)

    def _count(self, labels: Mapping[str, str]) -> None:
        key = tuple(labels.items())
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + 1

    def _time(self, name: str, start: float, labels: Mapping[str, str]) -> None:
        microseconds = (time.perf_counter() - start) * 1e6
        with self._lock:
            self._times[name].setdefault(tuple(labels.items()), _Histogram()).add(microseconds)


def _histogram_lines(name: str, labels: _Labels, histogram: _Histogram) -> Iterator[str]:
    total = 0
    for bound, count in zip([*(f"{bound:g}" for bound in BOUNDS), "+Inf"], histogram.counts, strict=True):
        total += count
        yield f"{name}_bucket{_written((*labels, ('le', bound)))} {total}"
    yield f"{name}_sum{_written(labels)} {histogram.sum:.3f}"
    yield f"{name}_count{_written(labels)} {total}"


def _written(labels: _Labels) -> str:
    """Return labels in braces. Prometheus escapes values as JSON does: quotes, backslashes, line ends."""
    return "{" + ",".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels) + "}"
