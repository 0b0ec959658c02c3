"""The newest version of each model and its release, which is fetched over the same API from the same version."""

import base64
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backend.client import Deadline, ServingClient, well_formed
from backend.errors import ModelServerUnavailableError, SlowError, UnknownModelError, VersionGoneError
from model.text.release import BadRelease, TextRelease, read

log = logging.getLogger(__name__)

T = TypeVar("T")

_LOOK_SECONDS = 1.0  # for a status query


@dataclass(frozen=True)
class ServedVersion:
    """One version of a model and the release it was made from."""

    name: str
    version: int
    release: TextRelease

    @property
    def decoders(self) -> tuple[str, ...]:
        """The decoders that this version supports, the default first."""
        named = {"lines": "verse", "generate": "graph"}
        return (*(decoder for signature, decoder in named.items() if signature in self.release.signatures), "loop")


class Models:
    """The offered models. A version's release is fetched once; the model's status is read for every poem."""

    def __init__(self, serving: ServingClient, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._serving = serving
        self._known: dict[str, ServedVersion] = {}

    def on_newest(self, name: str | None, deadline: Deadline, work: Callable[[ServedVersion], T]) -> T:
        """Return `work(version)` for the newest version; if that is unloaded meanwhile, retry once with the next.

        `name` None means the default model. Raises UnknownModelError and ModelServerUnavailableError.
        """
        name = self.names[0] if name is None else name
        if name not in self.names:
            message = f"The models are: {', '.join(self.names)}."
            raise UnknownModelError(message)
        try:
            return work(self._newest(name, deadline))
        except VersionGoneError:
            log.info("%s: a version was unloaded while it wrote a poem", name)
            self._known.pop(name, None)
        try:
            return work(self._newest(name, deadline))
        except VersionGoneError:
            raise ModelServerUnavailableError("The model server keeps changing the model's version.") from None

    def default_decoder(self, name: str | None) -> str:
        """Return the default decoder of the model's last known version, `loop` if none is known."""
        known = self._known.get(name or self.names[0])
        return known.decoders[0] if known else "loop"

    def _newest(self, name: str, deadline: Deadline) -> ServedVersion:
        version = max(self._serving.available(name, deadline))  # TF-Serving's contract: the highest is the newest
        served = self._known.get(name)
        if served is None or served.version != version:
            served = ServedVersion(name, version, self._fetch(name, version, deadline))
            self._known[name] = served
            log.info("%s: version %d, hash %s", name, version, served.release.hash[:8])
        return served

    def _fetch(self, name: str, version: int, deadline: Deadline) -> TextRelease:
        body = {"signature_name": "release", "inputs": {"unused": [0]}}
        reply = self._serving.predict(name, version, body, deadline)
        with well_formed():
            parts = [base64.b64decode(reply["outputs"][part][0]["b64"]) for part in ("config_bytes", "tokenizer_bytes")]
        try:
            return read(*parts)
        except BadRelease as error:
            log.error("%s: version %d has a broken release: %s", name, version, error)  # noqa: TRY400 (a traceback would add nothing)
            raise ModelServerUnavailableError("The model's release is broken.") from error


class ModelStatuses:
    """The models' current status. One thread at a time queries TF-Serving; the others use its last result.

    So a server that accepts connections and does not answer blocks one thread for a second, not all of them.
    """

    def __init__(self, models: Models) -> None:
        self._models, self._asking = models, threading.Lock()
        self._last: list[ServedVersion | str] = ["The model server has not been queried yet."] * len(models.names)

    def now(self) -> list[ServedVersion | str]:
        """Return each model's served version, or a sentence that says why there is none."""
        if self._asking.acquire(blocking=False):
            try:
                deadline = Deadline.after(_LOOK_SECONDS)
                self._last = [self._look(name, deadline) for name in self._models.names]
            finally:
                self._asking.release()
        return self._last

    def _look(self, name: str, deadline: Deadline) -> ServedVersion | str:
        try:
            return self._models.on_newest(name, deadline, lambda served: served)
        except SlowError:
            return "The model server does not answer."
        except ModelServerUnavailableError as error:
            return error.detail
