"""The served models by name, as configured."""

import logging
import math
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from serving.engine import Engine
from serving.errors import Code, ServingError, not_found, servable_not_found, unknown_label
from serving.model import Model, VersionState, VersionStatus
from serving.models_config import ModelConfig

log = logging.getLogger(__name__)


class Registry:
    """All models. One that is no longer configured is unloaded; its states stay listed."""

    def __init__(self, create: Callable[[str], Model], *, allow_labels_for_unavailable: bool) -> None:
        self._create = create
        self._allow_labels_for_unavailable = allow_labels_for_unavailable
        self._models: dict[str, Model] = {}  # replaced, never modified: requests read it without a lock
        self._configs: tuple[ModelConfig, ...] = ()
        self._applying = threading.Lock()

    def apply(self, configs: Sequence[ModelConfig]) -> Collection[str] | None:
        """Apply a configuration; the next `poll` loads and unloads.

        Returns the names of the added models, None if the configuration is unchanged. Raises ServingError, and changes
        nothing, if a label names a version that it must not name.
        """
        with self._applying:
            return self._apply(configs)

    def _apply(self, configs: Sequence[ModelConfig]) -> Collection[str] | None:
        if tuple(configs) == self._configs:
            return None
        configured = {config.name: self._models.get(config.name) or self._create(config.name) for config in configs}
        for config in configs:
            configured[config.name].check_labels(config.labels, allow_unavailable=self._allow_labels_for_unavailable)
        models = self._models | configured
        settings = {config.name: config for config in configs}
        for name, model in models.items():
            model.configure(settings.get(name))
        added = settings.keys() - {config.name for config in self._configs}
        self._models, self._configs = models, tuple(configs)
        log.info("Serving the models: %s", ", ".join(settings) or "none")
        return added

    def __contains__(self, name: object) -> bool:
        """Return whether a model of this name is or was configured."""
        return name in self._models

    def poll(self) -> float:
        """Poll every model; return the time.monotonic() of the next retry of a failed load."""
        due = math.inf
        for model in self._models.values():
            try:
                due = min(due, model.poll())
            except Exception:  # one model must not affect the others
                log.exception("Looking for versions of %s failed", model.name)
        return due

    @contextmanager
    def borrow(self, name: str, number: int | None, label: str) -> Iterator[tuple[int, Engine]]:
        """Yield a model's version by number or label, or the highest; raise ServingError if it is not served."""
        model = self._models.get(name)
        if model is None and label:
            raise unknown_label(label)
        if model is None:
            raise servable_not_found(name, number)
        with model.borrow(number, label) as borrowed:
            yield borrowed

    def statuses(self, name: str, number: int | None) -> list[VersionStatus]:
        """Return the statuses of one version or of all, the highest first; raise ServingError if there are none."""
        model = self._models.get(name)
        statuses = [s for s in (model.statuses() if model else []) if number in (None, s.number)]
        if not statuses:
            what = "any versions" if number is None else f"version {number}"
            raise not_found(f"Could not find {what} of model {name}")
        return statuses

    def is_ready(self, names: Collection[str] | None = None) -> bool:
        """Return whether each of these configured models (None: all) has a version to serve.

        Raises ServingError if every version of a model has ended and one of them with an error.
        """
        wanted = [config.name for config in self._configs if names is None or config.name in names]
        statuses = {name: self._models[name].statuses() for name in wanted}
        failed = [
            f"{{{{name: {name} version: {newest.number}}} due to error: {newest.code.name}: {newest.message}}}, "
            for name, versions in statuses.items()
            if all(status.state is VersionState.END for status in versions)
            for newest in [status for status in versions if status.code is not Code.OK][:1]
        ]
        if failed:
            message = f"{len(failed)} servable(s) did not become available: {{{''.join(failed)}}}"
            raise ServingError(Code.UNKNOWN, message)
        return all(any(s.state is VersionState.AVAILABLE for s in versions) for versions in statuses.values())
