"""Lets a server look for new versions and configurations twenty times as often as it is told to."""

from typing import Any

from serving.watcher import Watcher

HURRY = 20

_init = Watcher.__init__


def _in_a_hurry(self: Watcher, registry: Any, version_seconds: float, read: Any, config_seconds: float) -> None:
    _init(self, registry, version_seconds / HURRY, read, config_seconds / HURRY)


Watcher.__init__ = _in_a_hurry  # type: ignore[method-assign]
