"""The one thread that polls: the configuration file, the models' base paths, failed loads that are due again."""

import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence

from serving.errors import ServingError
from serving.models_config import ModelConfig
from serving.registry import Registry

log = logging.getLogger(__name__)


class Watcher:
    """Keeps a registry in step with the disk.

    Of the two periods in seconds 0 means never again: not reading the configuration anew, looking for versions once
    and after each change of the configuration.
    """

    def __init__(
        self,
        registry: Registry,
        version_seconds: float,
        read: Callable[[], Sequence[ModelConfig] | None],
        config_seconds: float,
    ) -> None:
        self._registry = registry
        self._version_seconds = version_seconds or math.inf
        self._read = read
        self._config_seconds = config_seconds or math.inf
        self._stopping = False
        self._woken = threading.Event()
        self._looks: queue.SimpleQueue[threading.Event] = queue.SimpleQueue()

    def start(self) -> None:
        """Start the thread, a daemon: a load cannot be interrupted."""
        threading.Thread(target=self._watch, name="watcher", daemon=True).start()

    def stop(self) -> None:
        """Tell the thread to end."""
        self._stopping = True
        self._woken.set()

    def wake(self) -> threading.Event:
        """Look for versions now; the event is set when all models have been looked at."""
        looked = threading.Event()
        self._looks.put(looked)
        self._woken.set()
        return looked

    def _watch(self) -> None:
        look_at = time.monotonic()
        read_at = look_at + self._config_seconds
        while not self._stopping:
            if time.monotonic() >= read_at:
                if self._reload():
                    look_at = read_at
                read_at = time.monotonic() + self._config_seconds
            looks = [self._looks.get() for _ in range(self._looks.qsize())]
            if looks or time.monotonic() >= look_at:
                retry_at = self._registry.poll()
                look_at = min(retry_at, time.monotonic() + self._version_seconds)
            for looked in looks:
                looked.set()
            due = min(look_at, read_at)
            self._woken.wait(None if due == math.inf else max(0.0, due - time.monotonic()))
            self._woken.clear()

    def _reload(self) -> bool:
        """Read the configuration; keep the old one where the new one is broken. Tell whether it changed."""
        try:
            configs = self._read()
            if configs is None:
                log.info("Taking no action for empty config.")
            return configs is not None and self._registry.apply(configs) is not None
        except ServingError as error:
            log.error("The model configuration stays as it was: %s", error.status)  # noqa: TRY400 -- no trace: the file's fault
        except Exception:
            log.exception("The model configuration stays as it was")
        return False
