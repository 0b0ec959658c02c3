"""Start, stop, health."""

import signal
import socket
import threading

import pytest

from bot.texts import RUSSIAN
from tests.bot.fake_backend import poem
from tests.bot.world import SECONDS, World
from tests.processes import wait_until
from tests.telegram import TOKEN


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"TELEGRAM_BOT_TOKEN": ""}, "TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_BOT_TOKEN": "a token/with?nonsense"}, "TELEGRAM_BOT_TOKEN"),
        ({"BACKEND_URL": "backend:5000"}, "BACKEND_URL"),
    ],
)
def test_invalid_environment_is_named_in_one_sentence(world: World, environment: dict[str, str], named: str) -> None:
    bot = world.launch(**environment)
    assert bot.wait() == 2
    assert bot.text().count("\n") == 1
    assert named in bot.text()
    assert "nonsense" not in bot.text()


def test_unusable_database_is_named_in_one_sentence(world: World) -> None:
    world.database.parent.mkdir()
    world.database.write_text("this is no database, and long enough to be seen as none" * 50)
    bot = world.launch()
    assert bot.wait() == 2
    assert bot.text().startswith("BOT_DATABASE")
    assert bot.text().count("\n") == 1


def test_wrong_token_ends_the_bot_and_is_not_printed(world: World) -> None:
    bot = world.launch(TELEGRAM_BOT_TOKEN="987654321:a-token-nobody-gave")
    assert bot.wait() == 1
    assert bot.text().count("\n") == 1
    assert "TELEGRAM_BOT_TOKEN" in bot.text()
    assert "a-token-nobody-gave" not in bot.text()


def test_token_from_a_file(world: World, user: int) -> None:
    secret = world.database.parent.with_name("secret")
    secret.write_text(f"{TOKEN}\n")
    world.start(TELEGRAM_BOT_TOKEN="", TELEGRAM_BOT_TOKEN_FILE=str(secret))
    assert world.ask("/start", user) == RUSSIAN.welcome


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_bot_gracefully(world: World, number: int) -> None:
    bot = world.launch_alone()
    world.telegram.wait_for_call("getUpdates")
    assert bot.stop(number) == 0
    assert "Traceback" not in bot.text()
    assert "destroyed" not in bot.text()


def test_signal_lets_a_poem_in_progress_finish(world: World, user: int) -> None:
    gate = threading.Event()
    world.backend.answers["успею"] = poem("успел", gate)
    bot = world.start()
    world.telegram.send_text("успею", user=user)
    wait_until(lambda: "успею" in world.backend.prompts(), SECONDS)
    polls = len(world.telegram.calls("getUpdates"))
    bot.process.send_signal(signal.SIGTERM)
    world.telegram.wait_for_call("getUpdates", polls + 1)  # the last one, which confirms
    gate.set()
    assert bot.wait() == 0
    assert [message["text"] for message in world.telegram.sent(user)] == ["успел"]


def test_signal_does_not_wait_for_a_slow_poem(world: World, user: int) -> None:
    world.backend.answers["никогда"] = poem("поздно", threading.Event())
    bot = world.start("tests.bot.hasty")
    world.telegram.send_text("никогда", user=user)
    wait_until(lambda: "никогда" in world.backend.prompts(), SECONDS)
    assert bot.stop() == 0
    assert bot.text().endswith("cancelling the answers still in progress\n")
    assert world.telegram.sent(user) == []


def test_signal_during_the_imports_ends_the_bot(world: World) -> None:
    stub = world.database.parent.with_name("stub")
    stub.mkdir()
    (stub / "telegram.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(60)")
    bot = world.launch_alone(PYTHONPATH=str(stub))
    wait_until(lambda: "importing" in bot.text() or not bot.is_running(), SECONDS, bot.text)
    assert bot.stop() == 0
    assert bot.text() == "importing\n"


def test_signal_ends_a_bot_that_waits_for_telegram(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bot = world.launch(TELEGRAM_API_URL=f"http://127.0.0.1:{silent.getsockname()[1]}")
        silent.accept()[0].close()
        assert bot.stop() == 0
    assert "Traceback" not in bot.text()


def test_health_follows_the_bot(world: World) -> None:
    before = world.launch("--health")
    assert before.wait() == 1
    assert before.text().count("\n") == 1
    bot = world.start()
    world.ask("/start", 1)  # an answered poll
    assert world.launch("--health", TELEGRAM_BOT_TOKEN="").wait() == 0
    bot.stop()
    assert world.launch("--health").wait() == 1
