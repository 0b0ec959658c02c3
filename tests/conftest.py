"""What many tests need: a release trained for the tests, and its export."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.commands import model
from tests.model import tiny
from tests.sharing import shared_folder

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

SLOW_FIXTURES = {"api", "browser", "exports", "on_jax", "saved_models", "trained"}
"""Each test that uses one of these fixtures, directly or not, is marked `slow`."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a slow fixture, before `-m` chooses."""
    for item in items:
        if SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium. Of a module, as what drives it holds the thread's event loop until it ends."""
    if CHROMIUM is None:
        pytest.skip("no Chromium installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Trained:
    """The files of one tiny model, from its corpus to its version directory. Tests must not change them."""

    corpus: Path
    preset: Path
    run: Path
    release: Path
    models: Path
    training_output: str

    @property
    def version(self) -> Path:
        """The exported version directory, the only one."""
        (version,) = (self.models / "tiny").iterdir()
        return version


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train, release and export the tiny model by the commands of the README, once for all workers of a test run."""
    folder = shared_folder(tmp_path_factory, "tiny", _train)
    corpus, preset, run, release, models, output = (
        folder / name for name in ("poems.jsonl", "tiny.toml", "run", "release", "models", "output")
    )
    return Trained(corpus, preset, run, release, models, output.read_text("utf-8"))


def _train(folder: Path) -> None:
    corpus, preset = tiny.write(folder)
    with tiny.fixed_vocabulary():
        output = model("train", corpus, "--preset", preset, "--out", folder / "run").stdout
    (folder / "output").write_text(output, "utf-8")
    model("release", folder / "run", corpus, folder / "release", "--test")
    model("export", folder / "release", folder / "models")


@pytest.fixture
def fixed_vocabulary() -> Iterator[None]:
    """Let what is trained in this process take the vocabulary of the fixtures: learned ones differ each time."""
    with tiny.fixed_vocabulary():
        yield
