"""What many tests need: a release trained for the tests, and its export."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.model import tiny

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


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


def model(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `python -m model` as a user does."""
    command = [sys.executable, "-m", "model", *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=280)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train, release and export the tiny model by the commands of the README."""
    folder = tmp_path_factory.mktemp("tiny")
    corpus, preset = tiny.write(folder)
    run, release, models = folder / "run", folder / "release", folder / "models"
    output = model("train", corpus, "--preset", preset, "--out", run).stdout
    model("release", run, corpus, release, "--test")
    model("export", release, models)
    return Trained(corpus, preset, run, release, models, output)
