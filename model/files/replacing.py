"""Atomic file writing."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path with the same suffix; it replaces `path` on success and is removed on failure."""
    path = path.resolve()  # replace the target of a link, not the link
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(path)
    new = path.with_name(f".new.{os.getpid()}.{path.name}")
    try:
        yield new
        if path.exists():
            shutil.copymode(path, new)
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _remove_stale(path: Path) -> None:
    """Remove temporary files left by killed processes."""
    for left in path.parent.glob(f".new.*.{escape(path.name)}"):
        if not Path("/proc", left.name.split(".")[2]).exists():
            left.unlink(missing_ok=True)
