"""TensorBoard event files, written with its own package, without TensorFlow.

TensorBoard reads the files of a folder in the order of their names. A file that begins with a session start at a step
discards what earlier files hold for that step and later ones: what a killed run did after its last checkpoint. The
first start discards nothing, so every file has one.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event

VERSION = "brain.Event:2"


class EventLog:
    """A file of a run's scalars and texts, in a folder that TensorBoard reads.

    `done` is the number of steps already done by a resumed run. If the library is missing or a file cannot be written,
    this is reported once, and nothing is logged: logging must not stop a run. Without a folder nothing is logged.
    """

    def __init__(self, folder: Path | None, done: int = 0, say: Callable[[str], None] = print) -> None:
        self.say = say
        self._file: BinaryIO | None = None
        if folder is None:
            return
        try:
            from tensorboard.compat.proto.event_pb2 import Event, SessionLog

            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / f"events.out.tfevents.{time.time_ns()}").open("xb")
        except ImportError:
            self.say("no TensorBoard log; to have one: pip install tensorboard")
            return
        except OSError as error:
            self._give_up(error)
            return
        self._write(Event(file_version=VERSION))
        self._write(Event(step=done + 1 if done else 0, session_log=SessionLog(status=SessionLog.START)))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write a step's scalars, by names such as `train/loss`."""
        if self._file:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.plugins.scalar.summary_v2 import scalar_pb

            event = Event(step=step)
            for name, value in values.items():
                event.summary.MergeFrom(scalar_pb(name, float(value)))
            self._write(event)

    def text(self, step: int, name: str, text: str) -> None:
        """Write a text, escaped because TensorBoard would otherwise parse it as Markdown."""
        if self._file:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.plugins.text.summary_v2 import text_pb

            indented = "\n".join(f"    {line}" for line in text.splitlines())
            self._write(Event(step=step, summary=text_pb(name, indented)))

    def close(self) -> None:
        """Close the file. May be called twice."""
        if self._file:
            self._file.close()
        self._file = None

    def _write(self, event: "Event") -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        if not self._file:
            return
        event.wall_time = time.time()
        try:
            RecordWriter(self._file).write(event.SerializeToString())
            self._file.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.say(f"logging to TensorBoard stopped: {error}")
        with suppress(OSError):  # the buffered rest cannot be written either
            self.close()
        self._file = None
