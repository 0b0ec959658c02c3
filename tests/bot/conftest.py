"""Bots to talk to: one that most tests share, each as another user, and one of its own for a test that needs it."""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.fake_backend import FakeBackend
from tests.bot.world import FORKS, World
from tests.telegram import Telegram

USERS = itertools.count(1001)


def pytest_unconfigure() -> None:
    FORKS.stop()


@contextlib.contextmanager
def _world(folder: Path) -> Iterator[World]:
    telegram, backend = Telegram(), FakeBackend()
    world = World(telegram, backend, folder / "data" / "bot.sqlite3")
    try:
        yield world
    finally:
        backend.open_gates()
        world.stop_all()
        telegram.stop()
        backend.stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Yield a world whose bot has not been started yet."""
    with _world(tmp_path) as place:
        yield place


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield a world with a listening bot, for tests that keep to their own user and their own prompts."""
    with _world(tmp_path_factory.mktemp("bot")) as place:
        place.start()
        yield place


@pytest.fixture
def user() -> int:
    """Return a user whom no other test knows."""
    return next(USERS)


@pytest.fixture
def group() -> int:
    """Return a group that no other test knows."""
    return -next(USERS)
