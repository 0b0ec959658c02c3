"""Which versions a model's base path holds."""

import logging
import re
from pathlib import Path

log = logging.getLogger(__name__)

MAX_VERSION = 2**63 - 1


def scan(base_path: Path) -> dict[int, Path]:
    """Return the version directories by number: children with a decimal name, `00000123` being 123.

    Raises OSError where the base path cannot be listed.
    """
    found: dict[int, Path] = {}
    for child in sorted(base_path.iterdir()):
        number = _number(child.name)
        if number is None or not child.is_dir():
            continue
        if number in found:
            log.warning("Duplicate version directories %s and %s: the second is served", found[number], child)
        found[number] = child
    return found


def _number(name: str) -> int | None:
    if not re.fullmatch(r"[0-9]+", name) or len(name.lstrip("0")) > len(str(MAX_VERSION)):
        return None
    number = int(name)
    return number if number <= MAX_VERSION else None
