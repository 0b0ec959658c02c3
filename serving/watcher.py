"""The thread that polls the configuration file and the base paths, and retries failed loads."""

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
    """Keeps a registry in sync with the disk.

    A period of 0 seconds means no polling: the configuration is read once, the base paths are scanned at start and
    after each change of the configuration.
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
        self._scans: queue.SimpleQueue[threading.Event] = queue.SimpleQueue()

    def start(self) -> None:
        """Start the thread, a daemon: a load cannot be interrupted."""
        threading.Thread(target=self._watch, name="watcher", daemon=True).start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stopping = True
        self._woken.set()

    def wake(self) -> threading.Event:
        """Scan now; the returned event is set once all models have been scanned."""
        scanned = threading.Event()
        self._scans.put(scanned)
        self._woken.set()
        return scanned

    def _watch(self) -> None:
        scan_at = time.monotonic()
        read_at = scan_at + self._config_seconds
        while not self._stopping:
            if time.monotonic() >= read_at:
                if self._reload():
                    scan_at = read_at
                read_at = time.monotonic() + self._config_seconds
            scans = [self._scans.get() for _ in range(self._scans.qsize())]
            if scans or time.monotonic() >= scan_at:
                retry_at = self._registry.poll()
                scan_at = min(retry_at, time.monotonic() + self._version_seconds)
            for scanned in scans:
                scanned.set()
            due = min(scan_at, read_at)
            self._woken.wait(None if due == math.inf else max(0.0, due - time.monotonic()))
            self._woken.clear()

    def _reload(self) -> bool:
        """Return whether the configuration was read and has changed; an invalid one is logged and ignored."""
        try:
            configs = self._read()
            if configs is None:
                log.info("Taking no action for empty config.")
            return configs is not None and self._registry.apply(configs) is not None
        except ServingError as error:
            log.error("Keeping the current model configuration: %s", error.status)  # noqa: TRY400 -- no traceback: the file is at fault
        except Exception:
            log.exception("Keeping the current model configuration")
        return False
