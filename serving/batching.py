"""Dynamic batching: requests that arrive together run together.

A request joins a waiting batch of the same version and signature whose inputs have the same shapes, apart from the
first dimension, or opens a new one. A batch is due when it is full, has timed out, or was followed by another; it runs
as soon as a thread is free, and the engine too if that runs one batch at a time. This is TF-Serving's batching, except
that there requests of unequal shape meet in a batch, and all of them fail.
"""

import logging
import math
import threading
import time
from concurrent.futures import Future
from typing import Any

import numpy as np

from serving.batching_config import BatchingParameters
from serving.batching_tensors import Tensors, joined, split
from serving.engine import Engine, EngineLimits, Signature
from serving.errors import Code, ServingError, invalid

log = logging.getLogger(__name__)


class _Task:
    """One request in a batch."""

    def __init__(self, inputs: Tensors, rows: int, timeout_ms: int) -> None:
        self.inputs = inputs
        self.rows = rows
        self.deadline = time.monotonic() + timeout_ms / 1000
        self.outputs: Future[dict[str, np.ndarray]] = Future()


class _Batch:
    """Tasks that run together. Guarded by the scheduler's lock until it runs."""

    def __init__(self, engine: Engine, signature: Signature, shapes: object, due: float) -> None:
        self.engine = engine
        self.signature = signature
        self.shapes = shapes
        self.due = due
        self.tasks: list[_Task] = []
        self.rows = 0

    def is_of(self, engine: Engine, signature: Signature) -> bool:
        return self.engine is engine and self.signature is signature


class Scheduler:
    """The batches of all models, and the threads that run them."""

    def __init__(self, parameters: BatchingParameters) -> None:
        self.parameters = parameters
        self._changed = threading.Condition()
        self._waiting: list[_Batch] = []
        self._running: list[_Batch] = []
        self._retired: list[Engine] = []
        for number in range(parameters.num_batch_threads):
            threading.Thread(target=self._work, name=f"batch-{number}", daemon=True).start()

    def add(self, task: _Task, engine: Engine, signature: Signature, shapes: object) -> None:
        """Put a task into a batch; raise ServingError (UNAVAILABLE) if the queue is full."""
        limit, size = self.parameters.max_enqueued_batches, _max_rows(engine, self.parameters)
        with self._changed:
            queue = [batch for batch in self._waiting if batch.is_of(engine, signature)]
            batch = next((one for one in reversed(queue) if one.shapes == shapes), None)
            if batch is None or batch.rows + task.rows > size:
                if len(queue) >= limit:
                    message = (
                        "The batch scheduling queue to which this task was submitted is full; "
                        f"currently {len(queue)} batches are enqueued and max_enqueued_batches is {limit}"
                    )
                    raise ServingError(Code.UNAVAILABLE, message)
                if batch is not None:
                    batch.due = -math.inf  # closed: nothing joins it any more
                due = time.monotonic() + self.parameters.batch_timeout_micros / 1e6
                batch = _Batch(engine, signature, shapes, due)
                self._waiting.append(batch)
            batch.tasks.append(task)
            batch.rows += task.rows
            if batch.rows >= size:
                batch.due = -math.inf
            self._changed.notify_all()

    def retire(self, engine: Engine) -> None:
        """Close an engine that gets no more requests, once it is idle: a run outlasts a request that timed out."""
        with self._changed:
            self._waiting = [batch for batch in self._waiting if batch.engine is not engine]
            self._retired.append(engine)
            self._close_retired()

    def wait(self, seconds: float) -> None:
        """Wait until nothing runs, including runs of requests that timed out."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running, seconds)

    def _close_retired(self) -> None:
        for engine in tuple(self._retired):
            if not self._is_busy(engine):
                self._retired.remove(engine)
                engine.close()

    def _is_busy(self, engine: Engine) -> bool:
        return any(batch.engine is engine for batch in self._running)

    def _work(self) -> None:
        while True:
            self._work_once()

    def _work_once(self) -> None:
        """Run one batch, in its own frame: a local that outlives the run would keep the engine in memory."""
        batch = self._take()
        try:
            _run(batch, self.parameters)
        finally:
            with self._changed:
                self._running.remove(batch)
                self._close_retired()
                self._changed.notify_all()

    def _may_run(self, batch: _Batch, now: float) -> bool:
        return batch.due <= now and (batch.engine.limits.concurrent or not self._is_busy(batch.engine))

    def _take(self) -> _Batch:
        """Wait for the oldest batch that is due, mark it as running and return it."""
        with self._changed:
            while True:
                now = time.monotonic()
                batch = next((batch for batch in self._waiting if self._may_run(batch, now)), None)
                if batch is not None:
                    self._waiting.remove(batch)
                    self._running.append(batch)
                    return batch
                due = min((batch.due for batch in self._waiting if batch.due > now), default=None)
                self._changed.wait(None if due is None else due - now)


class BatchingEngine:
    """An engine whose requests are batched by a scheduler."""

    def __init__(self, engine: Engine, scheduler: Scheduler) -> None:
        self._engine = engine
        self._scheduler = scheduler

    @property
    def limits(self) -> EngineLimits:
        """Return the engine's limits."""
        return self._engine.limits

    def signature(self, name: str) -> Signature:
        """Return the engine's signature."""
        return self._engine.signature(name)

    def metadata(self) -> dict[str, Any]:
        """Return the engine's metadata."""
        return self._engine.metadata()

    def run(self, signature: Signature, inputs: Tensors, timeout_ms: int) -> dict[str, np.ndarray]:
        """Run a request in a batch.

        Raises, besides the engine's own errors, which reach every request of a batch: UNAVAILABLE if the queue is full,
        RESOURCE_EXHAUSTED if the time limit passes before the batch runs, INVALID_ARGUMENT for inputs that cannot be
        batched, FAILED_PRECONDITION for outputs without one row for each row of the inputs.
        """
        if not signature.inputs:
            return self._engine.run(signature, inputs, timeout_ms)
        task = _Task(inputs, self._rows(inputs), timeout_ms)
        shapes = _shapes(inputs, any_size=self._scheduler.parameters.pad_variable_length_inputs)
        self._scheduler.add(task, self._engine, signature, shapes)
        try:
            return task.outputs.result(timeout_ms / 1000)
        except TimeoutError as error:
            if task.outputs.cancel():
                message = "Run() timeout exceeded while waiting in batching queue"
                raise ServingError(Code.RESOURCE_EXHAUSTED, message) from error
            raise ServingError(Code.DEADLINE_EXCEEDED, "Timed out waiting for notification") from error

    def close(self) -> None:
        """Free the engine once it is idle, without waiting: the caller may be the last request, which timed out."""
        self._scheduler.retire(self._engine)

    def _rows(self, inputs: Tensors) -> int:
        if any(tensor.ndim == 0 for tensor in inputs.values()):
            message = "Batching input tensors must have at least one dimension"
            raise invalid(message)
        rows, *others = {tensor.shape[0] for tensor in inputs.values()}
        if others:
            message = "Batching input tensors supplied in a given call must have equal 0th-dimension size"
            raise invalid(message)
        limit = _max_rows(self._engine, self._scheduler.parameters)
        if rows > limit:
            message = f"Task size {rows} is larger than maximum input batch size {limit}"
            raise invalid(message)
        return int(rows)


def _max_rows(engine: Engine, parameters: BatchingParameters) -> int:
    """Return the maximum number of rows in a batch of the engine."""
    return min(parameters.max_batch_size, engine.limits.rows)


def _shapes(inputs: Tensors, *, any_size: bool) -> object:
    """Return the key that all requests of a batch share."""
    return {name: (tensor.dtype.str, tensor.ndim if any_size else tensor.shape[1:]) for name, tensor in inputs.items()}


def _run(batch: _Batch, parameters: BatchingParameters) -> None:
    """Run a batch and resolve every task with its rows, or with the error."""
    tasks = [task for task in batch.tasks if task.outputs.set_running_or_notify_cancel()]
    if not tasks:
        return
    seconds = max(task.deadline for task in tasks) - time.monotonic()
    try:
        rows = _filled_size(sum(task.rows for task in tasks), _max_rows(batch.engine, parameters), parameters)
        inputs = joined([task.inputs for task in tasks], rows, pad=parameters.pad_variable_length_inputs)
        outputs = batch.engine.run(batch.signature, inputs, max(1, math.ceil(seconds * 1000)))
        parts = split(outputs, [task.rows for task in tasks], rows)
    except BaseException as error:  # noqa: BLE001 -- whatever it is, the waiting requests must get it
        for task in tasks:
            task.outputs.set_exception(_copy(error))
        return
    for task, part in zip(tasks, parts, strict=True):
        task.outputs.set_result(part)


def _filled_size(rows: int, limit: int, parameters: BatchingParameters) -> int:
    """Return the number of rows a batch is filled up to, at most `limit`."""
    return next((min(size, limit) for size in parameters.allowed_batch_sizes if size >= rows), rows) if rows else 0


def _copy(error: BaseException) -> BaseException:
    """Return a copy of the error for each thread that raises it."""
    if isinstance(error, ServingError):
        return ServingError(error.code, str(error))
    log.error("A batch failed", exc_info=error)
    return RuntimeError("the batch failed")
