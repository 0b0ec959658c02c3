"""TensorBoard's event files, written by its own package, without TensorFlow.

TensorBoard reads the files of a folder in the order of their names. One that begins with a session's start at a step
takes back whatever earlier files hold of that step and later ones: what a killed run did after its last checkpoint.
The very first start takes nothing back, so every file has one.
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
    """A file of a run's figures and texts, in a folder that TensorBoard is pointed at.

    `done` are the steps of a run that is resumed. Without the library, or where a file cannot be written, it says so
    once and does nothing more: a run is worth more than its log. Without a folder it does nothing.
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
            self.say("no log for TensorBoard: pip install tensorboard")
            return
        except OSError as error:
            self._give_up(error)
            return
        self._write(Event(file_version=VERSION))
        self._write(Event(step=done + 1 if done else 0, session_log=SessionLog(status=SessionLog.START)))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write a step's figures, by names such as `train/loss`."""
        if self._file:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.plugins.scalar.summary_v2 import scalar_pb

            event = Event(step=step)
            for name, value in values.items():
                event.summary.MergeFrom(scalar_pb(name, float(value)))
            self._write(event)

    def text(self, step: int, name: str, text: str) -> None:
        """Write a text, shown as it is: TensorBoard would otherwise read it as Markdown."""
        if self._file:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.plugins.text.summary_v2 import text_pb

            indented = "\n".join(f"    {line}" for line in text.splitlines())
            self._write(Event(step=step, summary=text_pb(name, indented)))

    def close(self) -> None:
        """Close the file. It may be called twice."""
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
        self.say(f"no log for TensorBoard any more: {error}")
        with suppress(OSError):  # what was left unwritten cannot be written now either
            self.close()
        self._file = None
