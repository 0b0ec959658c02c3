"""Writing a file whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside `path`, ending as it does; it takes the place of `path` if all goes well, else it goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".new.{path.name}")
    try:
        yield new
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
