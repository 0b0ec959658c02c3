"""Batches of an engine that has limits of its own, and what becomes of an engine that is closed."""

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from serving.batching import BatchingEngine, Scheduler
from serving.batching_config import BatchingParameters
from serving.engine import EngineLimits, Signature
from serving.errors import Code, ServingError
from tests.processes import wait_until

SECONDS = 30.0


class Model:
    """An engine that answers each row with the number of rows, once it may."""

    def __init__(self, limits: EngineLimits) -> None:
        self.limits = limits
        self.only = Signature({"x": "float"}, ("y",), None)
        self.runs: list[int] = []
        self.may_run = threading.Event()
        self.is_closed = False

    def signature(self, _name: str) -> Signature:
        return self.only

    def metadata(self) -> dict[str, Any]:
        return {}

    def run(self, _signature: Signature, inputs: Any, _timeout_ms: int) -> dict[str, np.ndarray]:
        self.runs.append(len(inputs["x"]))
        assert self.may_run.wait(SECONDS)
        assert not self.is_closed
        return {"y": np.full(len(inputs["x"]), len(inputs["x"]))}

    def close(self) -> None:
        self.is_closed = True


def batcher(model: Model, **parameters: Any) -> BatchingEngine:
    return BatchingEngine(model, Scheduler(BatchingParameters(num_batch_threads=2, **parameters)))


def ask(batched: BatchingEngine, rows: int, width: int = 1, timeout_ms: int = 30_000) -> list[int]:
    inputs = {"x": np.ones((rows, width), np.float32)}
    answer: list[int] = batched.run(batched.signature(""), inputs, timeout_ms)["y"].tolist()
    return answer


def in_order(pool: ThreadPoolExecutor, batched: BatchingEngine, *rows: int) -> list[Future[list[int]]]:
    """Ask one after the other, each when the one before is in a batch."""
    scheduler, asked = batched._scheduler, []
    for count in rows:
        before = waiting(scheduler)
        asked.append(pool.submit(ask, batched, count))
        wait_until(lambda before=before: waiting(scheduler) == before + 1, SECONDS)  # type: ignore[misc]
    return asked


def waiting(scheduler: Scheduler) -> int:
    return sum(len(batch.tasks) for batch in scheduler._waiting)


def refused(call: Callable[[], object]) -> ServingError:
    with pytest.raises(ServingError) as raised:
        call()
    return raised.value


def test_a_batch_is_filled_up_to_the_limit_of_the_engine() -> None:
    model = Model(EngineLimits(rows=4, concurrent=False))
    batched = batcher(model, allowed_batch_sizes=(1000,))
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(ask, batched, 4)
        wait_until(lambda: model.runs == [4], SECONDS)
        rest = in_order(pool, batched, 3, 2)
        model.may_run.set()
        assert first.result() == [4] * 4
        assert [one.result() for one in rest] == [[4] * 3, [4] * 2]  # filled up to four, not to a thousand
    error = refused(lambda: ask(batched, 5))
    assert str(error) == "Task size 5 is larger than maximum input batch size 4"


def test_requests_during_a_run_of_a_serial_engine_form_one_batch() -> None:
    model = Model(EngineLimits(concurrent=False))
    batched = batcher(model)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(ask, batched, 1)
        wait_until(lambda: model.runs == [1], SECONDS)
        rest = in_order(pool, batched, 1, 1, 1)  # with a thread left that could take the first of them
        model.may_run.set()
        assert first.result() == [1]
        assert [one.result() for one in rest] == [[3]] * 3
    assert model.runs == [1, 3]


def test_a_serial_engine_does_not_block_another_engine() -> None:
    slow, other = Model(EngineLimits(concurrent=False)), Model(EngineLimits())
    batched = batcher(slow)
    beside = BatchingEngine(other, batched._scheduler)
    other.may_run.set()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, batched, 1)
        wait_until(lambda: slow.runs == [1], SECONDS)
        (second,) = in_order(pool, batched, 1)
        assert ask(beside, 1) == [1]
        slow.may_run.set()
        assert [first.result(), second.result()] == [[1], [1]]


def test_an_engine_is_closed_after_its_abandoned_run_without_blocking() -> None:
    model = Model(EngineLimits(concurrent=False))
    batched = batcher(model)
    assert refused(lambda: ask(batched, 1, timeout_ms=200)).code is Code.DEADLINE_EXCEEDED
    assert model.runs == [1]
    batched.close()
    assert not model.is_closed
    model.may_run.set()
    wait_until(lambda: model.is_closed, SECONDS)


def test_a_closed_engine_is_freed() -> None:
    scheduler, kept = used_and_closed()
    wait_until(lambda: gc.collect() >= 0 and kept() is None, SECONDS)
    assert not scheduler._waiting


def used_and_closed() -> tuple[Scheduler, "weakref.ref[Model]"]:
    """Close an engine that has run a batch, and for which another batch waits that everybody gave up."""
    model = Model(EngineLimits())
    batched = batcher(model, batch_timeout_micros=3_600_000_000)
    model.may_run.set()
    assert ask(batched, 1000) == [1000] * 1000
    assert refused(lambda: ask(batched, 1, timeout_ms=1)).code is Code.RESOURCE_EXHAUSTED
    batched.close()
    assert model.is_closed
    return batched._scheduler, weakref.ref(model)


def test_tensors_that_would_be_huge_when_padded_are_refused() -> None:
    model = Model(EngineLimits())
    batched = batcher(model, max_batch_size=2, batch_timeout_micros=3_600_000_000, pad_variable_length_inputs=True)
    model.may_run.set()
    signature = batched.signature("")
    with ThreadPoolExecutor(2) as pool:
        shapes = ((1, 1, 10_000), (1, 10_000, 1))
        asked = [pool.submit(batched.run, signature, {"x": np.ones(shape)}, 30_000) for shape in shapes]
        messages = {str(refused(one.result)) for one in asked}
    assert messages == {"Inputs padded to one shape would have more than 16777216 elements"}
    assert model.runs == []
