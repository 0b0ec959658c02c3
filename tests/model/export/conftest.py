"""Untrained networks and their exports, made once in a test run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from model.export.versions import export
from model.networks.sizes import Sizes
from model.release.loading import Release, load
from tests.model import untrained
from tests.model.untrained import BOTH_WAYS, CHARRNN, TEXTGENRNN
from tests.sharing import shared_folder

NETWORKS: dict[str, Sizes] = {
    "charrnn_lstm": CHARRNN,
    "charrnn_gru": replace(CHARRNN, cell="gru"),
    "charrnn_graves": replace(CHARRNN, cell="graves"),
    "charrnn_rnn": replace(CHARRNN, cell="rnn"),
    "charrnn_normalised": replace(CHARRNN, cell="gru", batchnorm=True),
    "textgenrnn": TEXTGENRNN,
    "textgenrnn_both_ways": BOTH_WAYS,
}


@dataclass(frozen=True)
class Exported:
    """A release and its version directory."""

    release: Release
    version: Path

    @property
    def signatures(self) -> Any:
        """The functions of the SavedModel."""
        return signatures(self.version)


@cache
def _loaded(version: Path) -> Any:
    return tf.saved_model.load(str(version))


def signatures(version: Path) -> Any:
    """Return the functions of a version directory, which is loaded once: they are gone without what was loaded."""
    return _loaded(version).signatures


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Exported]:
    """Return what exports one of NETWORKS. Tests must not change the files."""

    def exported(name: str) -> Exported:
        def make(folder: Path) -> None:
            release = untrained.release(folder / name, NETWORKS[name])
            with pytest.MonkeyPatch.context() as patch:  # what is exported beside a GPU must run without one
                patch.setattr(tf.config, "list_logical_devices", lambda _: ["GPU"])
                export(release, folder / "models")

        folder = shared_folder(tmp_path_factory, f"export-{name}", make)
        (version,) = (folder / "models" / name).iterdir()
        return Exported(load(folder / name), version)

    return exported
