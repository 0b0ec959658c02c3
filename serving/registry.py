"""The models that are served, their versions and the versions' lives.

START -> LOADING -> AVAILABLE -> UNLOADING -> END, or LOADING -> END with an error. One thread a model (`watch`) looks
for versions and loads them; requests borrow a version and never wait for a load.
"""

import enum
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from serving.errors import Code, ServingError, not_found
from serving.saved_model import SavedModel
from serving.versions import scan

log = logging.getLogger(__name__)


class State(enum.StrEnum):
    """The life of a version, in TF-Serving's words."""

    START = "START"
    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    UNLOADING = "UNLOADING"
    END = "END"


@dataclass(frozen=True)
class Status:
    """What the status route says of a version."""

    number: int
    state: State
    code: Code
    message: str


@dataclass(frozen=True)
class Retries:
    """How often a failed load is tried again, and after how many seconds."""

    count: int
    seconds: float


class _Version:
    """One version directory on its way through its states. The model's lock guards it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = State.START
        self.error: ServingError | None = None
        self.loaded: SavedModel | None = None
        self.users = 0
        self.failures = 0
        self.retry_at: float | None = None

    def status(self) -> Status:
        code, message = Code.OK, ""
        if self.error and self.state is State.END:
            code, message = self.error.code, str(self.error)
        return Status(self.number, self.state, code, message)


class Model:
    """One model: the versions that its base path holds, of which the highest is wanted."""

    def __init__(self, name: str, base_path: Path, load: Callable[[Path], SavedModel], retries: Retries) -> None:
        self.name = name
        self._base_path = base_path
        self._load = load
        self._retries = retries
        self._lock = threading.Lock()
        self._versions: dict[int, _Version] = {}

    @contextmanager
    def borrow(self, number: int | None = None) -> Iterator[tuple[int, SavedModel]]:
        """Lend the version (the highest AVAILABLE one for None) with its number; it is not unloaded meanwhile."""
        with self._lock:
            version, loaded = self._find(number)
            version.users += 1
        try:
            yield version.number, loaded
        finally:
            with self._lock:
                version.users -= 1
            self._finish(version)

    def statuses(self) -> list[Status]:
        """Return every version ever seen, the highest first."""
        with self._lock:
            return [version.status() for _, version in sorted(self._versions.items(), reverse=True)]

    def watch(self, poll_seconds: float, stop: threading.Event) -> None:
        """Look for versions until `stop` is set; with `poll_seconds` 0 look once (and still try failed loads again)."""
        while not stop.is_set():
            self.poll()
            due = [v.retry_at - time.monotonic() for v in self._versions.values() if v.retry_at is not None]
            if not poll_seconds and not due:
                return
            stop.wait(max(0.0, min([*due, poll_seconds or due[0]])))

    def poll(self) -> None:
        """Look once: load the highest version, then unload the others, unless the highest cannot be served."""
        try:
            found = scan(self._base_path)
        except OSError as error:
            log.warning(
                "FileSystemStoragePathSource encountered a filesystem access error: "
                "Could not find base path %s for servable %s (%s)",
                self._base_path,
                self.name,
                error.strerror,
            )
            return
        if not found:
            log.warning(
                "No versions of servable %s found under base path %s. "
                "Did you forget to name your leaf directory as a number (eg. '/1/')?",
                self.name,
                self._base_path,
            )
        wanted = max(found, default=None)
        self._forget_failures(wanted)
        if wanted is not None:
            self._bring_up(wanted, found[wanted])
        self._retire_others(wanted)

    def _find(self, number: int | None) -> tuple[_Version, SavedModel]:
        served = {n: v for n, v in self._versions.items() if v.state is State.AVAILABLE}
        version = served.get(max(served, default=-1) if number is None else number)
        if version is None or version.loaded is None:
            wanted = f"Latest({self.name})" if number is None else f"Specific({self.name}, {number})"
            message = f"Servable not found for request: {wanted}"
            raise not_found(message)
        return version, version.loaded

    def _forget_failures(self, wanted: int | None) -> None:
        """Give up versions that failed and are no longer wanted; wanted again one day, they are tried anew."""
        with self._lock:
            for number, version in self._versions.items():
                if version.failures and number != wanted:
                    version.state, version.failures, version.retry_at = State.END, 0, None

    def _bring_up(self, number: int, path: Path) -> None:
        """Load the version where it is not served yet and no failure forbids it."""
        with self._lock:
            version = self._versions.get(number)
            if version is None or (version.state in (State.UNLOADING, State.END) and not version.failures):
                version = self._versions[number] = _Version(number)
            if version.state is State.AVAILABLE or not _is_due(version):
                return
            version.state = State.LOADING
        log.info("Loading servable version {name: %s version: %d} from %s", self.name, number, path)
        try:
            loaded = self._load(path)
        except ServingError as error:
            self._fail(version, error)
            return
        with self._lock:
            version.loaded, version.state = loaded, State.AVAILABLE
            version.failures, version.retry_at, version.error = 0, None, None
        log.info("Successfully loaded servable version {name: %s version: %d}", self.name, number)

    def _fail(self, version: _Version, error: ServingError) -> None:
        with self._lock:
            version.failures += 1
            version.error = error
            if version.failures <= self._retries.count:
                version.retry_at = time.monotonic() + self._retries.seconds
            else:
                version.state, version.retry_at = State.END, None
        log.error(
            "Loading servable {name: %s version: %d} failed (try %d of %d): %s",
            self.name,
            version.number,
            version.failures,
            self._retries.count + 1,
            error.status,
        )

    def _retire_others(self, wanted: int | None) -> None:
        """Unload what is not wanted, but keep serving the old version while the wanted one cannot be."""
        with self._lock:
            if wanted is not None and self._versions[wanted].state is not State.AVAILABLE:
                return
            retired = [v for n, v in self._versions.items() if n != wanted and v.state is State.AVAILABLE]
            for version in retired:
                version.state = State.UNLOADING
        for version in retired:
            self._finish(version)

    def _finish(self, version: _Version) -> None:
        """Free an UNLOADING version once nobody uses it."""
        with self._lock:
            if version.state is not State.UNLOADING or version.users or version.loaded is None:
                return
            loaded, version.loaded = version.loaded, None
        loaded.close()
        with self._lock:
            version.state = State.END
        log.info("Unloaded servable version {name: %s version: %d}", self.name, version.number)


def _is_due(version: _Version) -> bool:
    """Tell whether a load may be tried now: the first time, or when its retry has come."""
    if version.retry_at is not None:
        return time.monotonic() >= version.retry_at
    return not version.failures


class Registry:
    """The served models by name."""

    def __init__(self, models: list[Model]) -> None:
        self._models = {model.name: model for model in models}
        self._stop = threading.Event()

    def watch(self, poll_seconds: float) -> None:
        """Start one daemon thread a model that looks for versions and loads them."""
        for model in self._models.values():
            threading.Thread(
                target=model.watch, args=(poll_seconds, self._stop), name=f"watch-{model.name}", daemon=True
            ).start()

    def stop(self) -> None:
        """Tell the watching threads to end."""
        self._stop.set()

    def model(self, name: str) -> Model | None:
        """Return the named model, if there is one."""
        return self._models.get(name)

    def is_ready(self) -> bool:
        """Tell whether every model has a version to serve; raise ServingError once one's first version has failed."""
        statuses = {name: model.statuses() for name, model in self._models.items()}
        failed = [
            f"{{name: {name} version: {newest.number}}} due to error: {newest.code.name}: {newest.message}"
            for name, (newest, *older) in ((name, versions) for name, versions in statuses.items() if versions)
            if all(status.code is not Code.OK for status in (newest, *older))
        ]
        if failed:
            message = f"{len(failed)} servable(s) did not become available: {{{', '.join(failed)}}}"
            raise ServingError(Code.UNKNOWN, message)
        return all(any(s.state is State.AVAILABLE for s in versions) for versions in statuses.values())
