"""Networks that fail, on either side."""

import json
import sqlite3
import threading
from contextlib import closing

import pytest

from bot.texts import RUSSIAN
from tests.bot.fake_backend import poem
from tests.bot.world import SECONDS, World
from tests.processes import free_port, wait_until
from tests.telegram import TOKEN

TOO_MANY = json.dumps({"ok": False, "error_code": 429, "description": "no", "parameters": {"retry_after": 1}})


def test_unreachable_backend(world: World, user: int) -> None:
    world.start(BACKEND_URL=f"http://127.0.0.1:{free_port()}")
    assert world.ask("есть кто?", user) == RUSSIAN.away


def test_backend_that_never_answers(world: World, user: int) -> None:
    world.start(BACKEND_TIMEOUT="0.2")
    world.backend.answers["жду"] = poem("поздно", threading.Event())
    assert world.ask("жду", user) == RUSSIAN.away
    assert world.ask("дальше", user).startswith("дальше")


def test_decoder_is_passed_on(world: World, user: int) -> None:
    world.start(BOT_DECODER="loop")
    world.ask("по шагам", user)
    assert world.backend.requests == [{"prompt": "по шагам", "decoder": "loop"}]


def test_a_proxy_in_the_environment_is_not_used_for_the_backend(world: World, user: int) -> None:
    world.start(HTTP_PROXY=f"http://127.0.0.1:{free_port()}", NO_PROXY=world.telegram.base_url.removeprefix("http://"))
    assert world.ask("прямо", user).startswith("прямо")


def test_flood_control_of_telegram_is_waited_out(shared: World, user: int) -> None:
    shared.telegram.fail("sendMessage", 429, TOO_MANY, chat=user)
    assert shared.ask("терпение", user).startswith("терпение")
    assert len(shared.telegram.calls("sendMessage", user)) == 2


@pytest.mark.parametrize("fault", [{"status": 502, "body": "<html>"}, {"status": 500}, {"drop": True}])
def test_answer_that_telegram_lost_is_retried(shared: World, user: int, fault: dict[str, object]) -> None:
    shared.telegram.fail("sendMessage", chat=user, **fault)  # type: ignore[arg-type]
    assert shared.ask("ещё раз", user).startswith("ещё раз")


@pytest.mark.parametrize("fault", [{"status": 502, "body": "<html>"}, {"drop": True}])
def test_polling_goes_on_after_a_failure(shared: World, user: int, fault: dict[str, object]) -> None:
    shared.telegram.fail("getUpdates", **fault)  # type: ignore[arg-type]
    shared.ask("прежде", user)  # ends the poll under way, so that the next one fails
    assert shared.ask("опять", user).startswith("опять")


def test_a_user_who_blocked_the_bot_does_not_affect_others(shared: World, user: int) -> None:
    blocked = '{"ok": false, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}'
    shared.telegram.fail("sendMessage", 403, blocked, chat=user)
    shared.telegram.send_text("прощай", user=user)
    shared.telegram.wait(lambda: bool(shared.telegram.calls("sendMessage", user)))  # the one that is refused
    assert shared.ask("привет", user + 500_000).startswith("привет")
    assert shared.ask("вернулся", user).startswith("вернулся")


def test_failed_typing_does_not_stop_a_poem(shared: World, user: int) -> None:
    shared.telegram.fail(
        "sendChatAction", 400, '{"ok": false, "error_code": 400, "description": "Bad Request"}', chat=user
    )
    assert shared.ask("без суеты", user).startswith("без суеты")


def test_unhandled_exception_is_reported_without_details(world: World, user: int) -> None:
    bot = world.start()
    world.telegram.fail("sendMessage", 400, '{"ok": false, "error_code": 400, "description": "Bad Request: xyz"}')
    assert world.ask("тайна", user) == RUSSIAN.trouble
    assert "Xyz" in bot.text()


def test_a_broken_database_does_not_stop_poems(world: World, user: int) -> None:
    bot = world.start()
    world.ask("/language", user)
    with closing(sqlite3.connect(world.database)) as connection:
        connection.execute("DROP TABLE settings")
    assert world.ask("всё равно", user).startswith("всё равно")
    world.telegram.press(world.telegram.sent(user)[0]["message_id"], "language:en", user=user)
    (answered,) = world.telegram.wait_for_call("answerCallbackQuery")
    assert answered.parameters["text"] == RUSSIAN.trouble
    assert "no such table" in bot.text()


def test_telegram_that_comes_up_later_is_waited_for(world: World, user: int) -> None:
    world.telegram.fail("getMe", 502)
    world.start()
    assert world.ask("дождались", user).startswith("дождались")


def test_log_holds_neither_token_nor_texts(world: World, user: int) -> None:
    bot = world.start()
    world.telegram.fail("sendMessage", drop=True)
    world.telegram.fail("getUpdates", 200, '{"ok": true, "result": [{"text": "секрет"')
    assert world.ask("секрет", user).startswith("секрет")
    world.telegram.fail("sendMessage", 404, times=1)
    world.telegram.send_text("секрет", user=user)
    world.telegram.fail("getUpdates", 401, '{"ok": false, "error_code": 401, "description": "Unauthorized"}')
    wait_until(lambda: not bot.is_running(), SECONDS, bot.text)
    for secret in (TOKEN, TOKEN.partition(":")[2], "секрет", "Traceback", "HTTP Request"):
        assert secret not in bot.text()
