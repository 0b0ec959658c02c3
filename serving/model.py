"""One served model: its versions and their life cycle.

START -> LOADING -> AVAILABLE -> UNLOADING -> END, or LOADING -> END with an error. One thread calls `poll`, which loads
and unloads; requests borrow a version and never wait for a load.
"""

import enum
import logging
import math
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from serving.engine import Engine
from serving.errors import Code, ServingError, servable_not_found, unknown_label
from serving.models_config import ModelConfig
from serving.versions import scan

log = logging.getLogger(__name__)


class VersionState(enum.StrEnum):
    """The states of a version, as TF-Serving names them."""

    START = "START"
    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    UNLOADING = "UNLOADING"
    END = "END"


@dataclass(frozen=True)
class VersionStatus:
    """The status of a version, as the API reports it."""

    number: int
    state: VersionState
    code: Code
    message: str


@dataclass(frozen=True)
class RetryPolicy:
    """How often a failed load is retried, and after how many seconds."""

    count: int
    seconds: float


class _Version:
    """One version directory and its state. Guarded by the model's lock."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = VersionState.START
        self.error: ServingError | None = None
        self.loaded: Engine | None = None
        self.users = 0
        self.failures = 0
        self.retry_at: float | None = None

    def status(self) -> VersionStatus:
        code, message = Code.OK, ""
        if self.error and self.state is VersionState.END:
            code, message = self.error.code, str(self.error)
        return VersionStatus(self.number, self.state, code, message)


class Model:
    """One model: the versions in its base path that its policy selects."""

    def __init__(self, name: str, load: Callable[[Path], Engine], retries: RetryPolicy) -> None:
        self.name = name
        self._load = load
        self._retries = retries
        self._lock = threading.Lock()
        self._config: ModelConfig | None = None
        self._versions: dict[int, _Version] = {}

    def check_labels(self, labels: Mapping[str, int], *, allow_unavailable: bool) -> None:
        """Raise ServingError if a label names a version that is not AVAILABLE.

        With `allow_unavailable` new and unchanged labels may; moving a label must not break requests that use it.
        """
        with self._lock:
            current = self._config.labels if self._config else {}
            for label, number in sorted(labels.items()):
                if allow_unavailable and current.get(label, number) == number:
                    continue
                version = self._versions.get(number)
                if version is None or version.state is not VersionState.AVAILABLE:
                    message = (
                        f"Request to assign label to version {number} of model {self.name}, "
                        "which is not currently available for inference"
                    )
                    raise ServingError(Code.FAILED_PRECONDITION, message)

    def configure(self, config: ModelConfig | None) -> None:
        """Apply labels at once, base path and policy with the next `poll`; None unloads the model."""
        with self._lock:
            self._config = config

    @contextmanager
    def borrow(self, number: int | None = None, label: str = "") -> Iterator[tuple[int, Engine]]:
        """Yield a version's number and engine (None: the highest AVAILABLE one); it stays loaded inside the block."""
        with self._lock:
            version, loaded = self._find(self._labelled(label) if label else number)
            version.users += 1
        try:
            yield version.number, loaded
        finally:
            with self._lock:
                version.users -= 1
            self._finish(version)

    def statuses(self) -> list[VersionStatus]:
        """Return the status of every version ever seen, the highest first."""
        with self._lock:
            return [version.status() for _, version in sorted(self._versions.items(), reverse=True)]

    def poll(self) -> float:
        """Scan the base path: load wanted versions, the highest first, and unload others, but never the last served.

        Returns the time.monotonic() of the next retry of a failed load.
        """
        found = self._wanted()
        if found is None:
            return math.inf
        self._forget_failures(found)
        for number, path in found.items():
            self._retire_others(found)
            self._bring_up(number, path)
        self._retire_others(found)
        return min((v.retry_at for v in self._versions.values() if v.retry_at is not None), default=math.inf)

    def _wanted(self) -> dict[int, Path] | None:
        """Return the versions to serve; None if the base path cannot be listed, which changes nothing."""
        config = self._config
        if config is None:
            return {}
        try:
            found = scan(config.base_path)
        except OSError as error:
            log.warning(
                "FileSystemStoragePathSource encountered a filesystem access error: "
                "Could not find base path %s for servable %s (%s)",
                config.base_path,
                self.name,
                error.strerror,
            )
            return None
        wanted = {number: found[number] for number in config.policy.choose(found)}
        if not wanted:
            log.warning(
                "No versions of servable %s found under base path %s. "
                "Did you forget to name your leaf directory as a number (eg. '/1/')?",
                self.name,
                config.base_path,
            )
        return wanted

    def _labelled(self, label: str) -> int:
        if self._config is None or label not in self._config.labels:
            raise unknown_label(label)
        return self._config.labels[label]

    def _find(self, number: int | None) -> tuple[_Version, Engine]:
        served = {n: v for n, v in self._versions.items() if v.state is VersionState.AVAILABLE}
        version = served.get(max(served, default=-1) if number is None else number)
        if version is None or version.loaded is None:
            raise servable_not_found(self.name, number)
        return version, version.loaded

    def _forget_failures(self, wanted: Collection[int]) -> None:
        """Reset failed versions that are no longer wanted, so that they are retried when wanted again."""
        with self._lock:
            for number, version in self._versions.items():
                if version.failures and number not in wanted:
                    version.state, version.failures, version.retry_at = VersionState.END, 0, None

    def _bring_up(self, number: int, path: Path) -> None:
        """Load the version unless it is served already or has failed too often or too recently."""
        with self._lock:
            version = self._versions.get(number)
            if version is None or (
                version.state in (VersionState.UNLOADING, VersionState.END) and not version.failures
            ):
                version = self._versions[number] = _Version(number)
            if version.state is VersionState.AVAILABLE or not _is_due(version):
                return
            version.state = VersionState.LOADING
        log.info("Loading servable version {name: %s version: %d} from %s", self.name, number, path)
        try:
            loaded = self._load(path)
        except Exception as error:
            if not isinstance(error, ServingError):
                log.exception("Loading servable version {name: %s version: %d} failed", self.name, number)
            self._fail(version, error if isinstance(error, ServingError) else ServingError(Code.INTERNAL, repr(error)))
            return
        with self._lock:
            version.loaded, version.state = loaded, VersionState.AVAILABLE
            version.failures, version.retry_at, version.error = 0, None, None
        log.info("Successfully loaded servable version {name: %s version: %d}", self.name, number)

    def _fail(self, version: _Version, error: ServingError) -> None:
        with self._lock:
            version.failures += 1
            version.error = error
            if version.failures <= self._retries.count:
                version.retry_at = time.monotonic() + self._retries.seconds
            else:
                version.state, version.retry_at = VersionState.END, None
        log.error(
            "Loading servable {name: %s version: %d} failed (try %d of %d): %s",
            self.name,
            version.number,
            version.failures,
            self._retries.count + 1,
            error.status,
        )

    def _retire_others(self, wanted: Collection[int]) -> None:
        """Unload unwanted versions, but keep the highest of them until a wanted one is served."""
        with self._lock:
            served = {n: v for n, v in sorted(self._versions.items()) if v.state is VersionState.AVAILABLE}
            retired = [version for number, version in served.items() if number not in wanted]
            if wanted and len(retired) == len(served):
                del retired[-1:]
            for version in retired:
                version.state = VersionState.UNLOADING
        for version in retired:
            self._finish(version)

    def _finish(self, version: _Version) -> None:
        """Free an UNLOADING version once no request uses it."""
        with self._lock:
            if version.state is not VersionState.UNLOADING or version.users or version.loaded is None:
                return
            loaded, version.loaded = version.loaded, None
        loaded.close()
        with self._lock:
            version.state = VersionState.END
        log.info("Unloaded servable version {name: %s version: %d}", self.name, version.number)


def _is_due(version: _Version) -> bool:
    """Return whether a load may be tried now: for the first time, or because its retry is due."""
    if version.retry_at is not None:
        return time.monotonic() >= version.retry_at
    return not version.failures
