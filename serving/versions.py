"""The versions in a model's base path, and the policy that selects the wanted ones.

TF-Serving's contract of version directories: a name of decimal digits is a version, the highest number is the newest.
`model.files.folder` and `deploy.versions` write by the same contract, and import nothing from here;
`tests/test_version_directories.py` holds the three together.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

MAX_VERSION = 2**63 - 1


@dataclass(frozen=True)
class VersionPolicy:
    """Selects versions: those named in `specific`, else the `latest` highest, else (None) all."""

    latest: int | None = 1
    specific: frozenset[int] | None = None

    def choose(self, found: Iterable[int]) -> list[int]:
        """Return the wanted versions among those found, the highest first."""
        falling = sorted(found, reverse=True)
        if self.specific is not None:
            return [number for number in falling if number in self.specific]
        return falling[: self.latest]


def scan(base_path: Path) -> dict[int, Path]:
    """Return the version directories by number: children with a decimal name; `00000123` is 123.

    Raises OSError if the base path cannot be listed.
    """
    found: dict[int, Path] = {}
    for child in sorted(base_path.iterdir()):
        number = read_number(child.name)
        if number is None or not child.is_dir():
            continue
        if number in found:
            log.warning("Duplicate version directories %s and %s: the second is served", found[number], child)
        found[number] = child
    return found


def read_number(text: str) -> int | None:
    """Return the version number that decimal digits write, None for any other text and above MAX_VERSION."""
    digits = text.lstrip("0")
    if not re.fullmatch(r"[0-9]+", text) or len(digits) > len(str(MAX_VERSION)):
        return None
    number = int(digits or "0")
    return number if number <= MAX_VERSION else None
