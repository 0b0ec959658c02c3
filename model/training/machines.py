"""Training on several machines in parallel: one process on each, joined by JAX's distributed runtime.

Each process reads the same corpora, plans the same batches, and takes its own rows of each. Only the first process,
with index 0, writes files, validates and reports. It sends its decisions to the others, so that all do the same.
"""

import json
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import keras
import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError
from model.training.batches import Batch
from model.training.devices import all_devices
from model.training.rank import Rank

Result = TypeVar("Result")

FOLDER_SECONDS = 90.0  # until a new file must be visible: NFS caches its absence for a minute
_ASK_SECONDS = 1.0  # between two exchanges on whether to stop


class Machines:
    """The processes that train together, or one that trains alone. All must call the same methods in the same order."""

    def __init__(self, rank: Rank | None = None) -> None:
        self.count, self.index = (rank.count, rank.index) if rank else (1, 0)
        self._every = self._left = 0  # steps between two exchanges, and until the next one
        self._asked = monotonic()

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and reports."""
        return self.index == 0

    def share(self, batch: Batch) -> Batch:
        """Return this process's rows of a batch."""
        rows = len(batch.tokens) // self.count
        own = slice(self.index * rows, (self.index + 1) * rows)
        weights = None if batch.weights is None else batch.weights[own]
        labels = None if batch.labels is None else batch.labels[own]
        return Batch(batch.tokens[own], batch.targets[own], weights, labels)

    def any(self, *flags: bool) -> list[bool]:
        """Return for each flag whether any process has set it, the same in all; False between two exchanges.

        An exchange takes milliseconds, perhaps as long as a step, so there is one about every second.
        """
        if self.count == 1:
            return list(flags)
        self._left -= 1
        if self._left > 0:
            return [False] * len(flags)
        now = monotonic()
        steps = self._every * _ASK_SECONDS / (now - self._asked)
        answers = _gather(np.array([*flags, min(steps, 1000)], np.int32))
        self._asked, self._every = now, max(1, int(answers[:, -1].min()))
        self._left = self._every
        return [any(column) for column in answers[:, :-1].T.tolist()]

    def broadcast(self, run: Callable[[], Result]) -> Result:
        """Return the result of `run` in the first process, sent as JSON to all, or raise its ModelError in all."""
        if self.count == 1:
            return run()
        answer = json.loads(_exchange(json.dumps(_outcome(run)) if self.first else "")[0])
        return _result(answer)  # type: ignore[no-any-return]

    def in_all(self, run: Callable[[], None]) -> None:
        """Call `run` in every process; a ModelError in one is raised in all."""
        if self.count == 1:
            run()
            return
        for index, answer in enumerate(_exchange(json.dumps(_outcome(run)))):
            _result(json.loads(answer), f"process {index}: ")

    def in_turn(self, run: Callable[[], Result]) -> Result:
        """Call `run` in the first process, then in the others, which find the files it wrote; return its own result."""
        results = list[Result]()

        def keep() -> None:
            results.append(run())

        self.broadcast(keep)
        self.in_all(lambda: None if results else keep())
        return results[0]

    def check_same(self, what: str, value: Any) -> None:
        """Raise ModelError if a process's value, which must be JSON-serialisable, differs from the first process's."""
        first = self.broadcast(lambda: value)

        def check() -> None:
            if json.loads(json.dumps(value)) != first:
                raise ModelError(f"its {what} differ from those of process 0; start all processes with the same")

        if self.count > 1:
            self.in_all(check)

    def check_shared(self, folder: Path) -> None:
        """Raise ModelError if a process does not see the files that the first one writes to the folder."""
        if self.count == 1:
            return
        mark = folder / self.broadcast(lambda: _marked(folder))
        try:
            self.in_all(lambda: _wait_for(mark))
        finally:
            if self.first:
                mark.unlink(missing_ok=True)

    def devices(self, batch_size: int, say: Callable[[str], None]) -> AbstractContextManager[None]:
        """Return a context for building and training networks on all devices of all processes."""
        if self.count == 1:
            return all_devices(batch_size, say)
        import jax

        found = keras.distribution.list_devices()
        if len(found) != self.count * jax.local_device_count():
            raise ModelError("the processes have different numbers of devices; hide some")
        if batch_size % len(found):
            raise ModelError(
                f"{len(found)} devices of {self.count} processes cannot share a batch_size of {batch_size} evenly; "
                f"make it a multiple of {len(found)}"
            )
        scope: AbstractContextManager[None]
        scope = keras.distribution.DataParallel(devices=found, auto_shard_dataset=False).scope()
        return scope

    def everywhere(self, value: Any) -> Any:
        """Convert a number that is the same in all processes to a form that Keras assigns without synchronising.

        Any other number would first be compared among the processes, which takes milliseconds.
        """
        if self.count == 1:
            return value
        import jax

        mesh = keras.distribution.distribution().device_mesh
        layout = keras.distribution.TensorLayout([], mesh).backend_layout
        return jax.make_array_from_process_local_data(layout, np.float32(value))  # type: ignore[no-untyped-call]

    def reset_quickly(self, network: keras.Model) -> None:
        """Make the network reset its metrics, as Keras does before each step, without synchronising."""

        def reset() -> None:
            for metric in network.metrics:
                for variable in metric.variables:
                    variable.assign(self.everywhere(0.0))

        if self.count > 1:
            network.reset_metrics = reset


ALONE = Machines()


def _gather(values: NDArray[Any]) -> NDArray[Any]:
    """Return the values of all processes, one row each."""
    from jax.experimental import multihost_utils

    return np.asarray(multihost_utils.process_allgather(values))


def _exchange(text: str) -> list[str]:
    """Send `text` to all processes and return each one's text."""
    said = np.frombuffer(text.encode(), np.uint8)
    lengths = _gather(np.array([len(said)], np.int32))[:, 0]
    width = 1 << int(lengths.max()).bit_length()  # a power of two, because JAX compiles for each new width
    rows = _gather(np.pad(said, (0, width - len(said))))
    return [row[:length].tobytes().decode() for row, length in zip(rows, lengths, strict=True)]


def _outcome(run: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"result": run()}
    except ModelError as error:
        return {"error": str(error)}
    except OSError as error:
        return {"error": f"{error.filename or 'the system'}: {error.strerror}"}
    except KeyboardInterrupt:
        return {"stopped": True}


def _result(outcome: dict[str, Any], whose: str = "") -> Any:
    if "error" in outcome:
        raise ModelError(f"{whose}{outcome['error']}")
    if "stopped" in outcome:
        raise KeyboardInterrupt
    return outcome["result"]


def _marked(folder: Path) -> str:
    mark = folder / f".shared-{secrets.token_hex(8)}"
    mark.touch()
    return mark.name


def _wait_for(mark: Path) -> None:
    end = monotonic() + FOLDER_SECONDS
    while not mark.exists():
        if monotonic() > end:
            raise ModelError(f"{mark.parent} is not the folder that process 0 writes to; all processes must share it")
        sleep(0.1)
