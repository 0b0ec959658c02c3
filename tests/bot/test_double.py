"""The Telegram of these tests keeps to Telegram's rules."""

import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.processes import start, wait_until
from tests.telegram import TOKEN, Telegram

USER = 7
SECONDS = 60
DIRECT: dict[str, Any] = {"timeout": SECONDS, "trust_env": False}


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    double = Telegram()
    yield double
    double.stop()


def call(telegram: Telegram, method: str, token: str = TOKEN, **parameters: object) -> tuple[int, Any]:
    """Call a method as a bot does: a form whose nested values are JSON. Return the status, and result or reason."""
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    response = httpx.post(f"{telegram.base_url}/bot{token}/{method}", data=form, **DIRECT)
    reply = response.json()
    assert reply["ok"] == (response.status_code == 200)
    return response.status_code, reply["result"] if reply["ok"] else reply["description"]


def ids(updates: list[dict[str, Any]]) -> list[int]:
    return [update["update_id"] for update in updates]


def test_token_and_method_must_be_known(telegram: Telegram) -> None:
    assert call(telegram, "getMe")[1]["is_bot"] is True
    assert call(telegram, "getMe", token="1:other") == (401, "Unauthorized")
    assert call(telegram, "sendPigeon") == (404, "Not Found")


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n"}, "message text is empty"),
        ({"text": "я" * 4097}, "message is too long"),
        ({"text": "🌊" * 2049}, "message is too long"),
        ({"text": "a", "parse_mode": "Word"}, "unsupported parse_mode"),
        ({"text": "a", "chat_id": 8}, "chat not found"),
        ({"text": "a", "reply_parameters": {"message_id": 1}}, "message to be replied not found"),
        (
            {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "я" * 33}]]}},
            "BUTTON_DATA_INVALID",
        ),
    ],
)
def test_bad_messages_are_refused(telegram: Telegram, parameters: dict[str, object], reason: str) -> None:
    telegram.send_text("привет", user=USER)
    status, description = call(telegram, "sendMessage", TOKEN, **({"chat_id": USER} | parameters))
    assert (status, description) == (400, f"Bad Request: {reason}")
    assert telegram.sent() == []


def test_edit_must_change_something_of_the_bot_s_own(telegram: Telegram) -> None:
    theirs = telegram.send_text("привет", user=USER)["message_id"]
    own = call(telegram, "sendMessage", chat_id=USER, text="раз")[1]["message_id"]
    assert call(telegram, "editMessageText", chat_id=USER, message_id=own, text="раз")[0] == 400
    assert call(telegram, "editMessageText", chat_id=USER, message_id=theirs, text="два")[0] == 400
    assert call(telegram, "editMessageText", chat_id=USER, message_id=own, text="два")[0] == 200
    assert [message["text"] for message in telegram.sent(USER)] == ["два"]


def test_press_can_be_answered_once(telegram: Telegram) -> None:
    telegram.send_text("привет", user=USER)
    message = call(telegram, "sendMessage", chat_id=USER, text="раз")[1]
    press = telegram.press(message["message_id"], "x", user=USER)
    assert call(telegram, "answerCallbackQuery", callback_query_id=press["id"])[0] == 200
    assert call(telegram, "answerCallbackQuery", callback_query_id=press["id"])[0] == 400


def test_updates_come_again_until_they_are_confirmed(telegram: Telegram) -> None:
    for text in ("раз", "два", "три"):
        telegram.send_text(text, user=USER)
    first = ids(call(telegram, "getUpdates")[1])
    assert len(first) == 3
    assert ids(call(telegram, "getUpdates", limit=2)[1]) == first[:2]
    assert ids(call(telegram, "getUpdates", offset=first[1])[1]) == first[1:]
    assert ids(call(telegram, "getUpdates", offset=-1)[1]) == first[2:]
    assert call(telegram, "getUpdates", offset=first[2] + 1)[1] == []


def test_unwanted_kinds_of_update_are_not_kept(telegram: Telegram) -> None:
    call(telegram, "getUpdates", allowed_updates=["message"])
    message = telegram.send_text("раз", user=USER)
    telegram.edit_text(message["message_id"], "два")
    assert ["message" in update for update in call(telegram, "getUpdates")[1]] == [True]


def test_poll_waits_and_a_second_one_ends_it(telegram: Telegram) -> None:
    results: list[tuple[int, Any]] = []
    poll = threading.Thread(target=lambda: results.append(call(telegram, "getUpdates", timeout=50)))
    poll.start()
    telegram.wait_for_call("getUpdates")
    second = threading.Thread(target=lambda: results.append(call(telegram, "getUpdates", timeout=50)))
    second.start()
    wait_until(lambda: bool(results), SECONDS)
    assert [status for status, _ in results] == [409]
    telegram.send_text("раз", user=USER)
    poll.join(SECONDS)
    second.join(SECONDS)
    assert results[1][1][0]["message"]["text"] == "раз"


def test_faults_come_as_often_as_asked(telegram: Telegram) -> None:
    telegram.fail("getMe", 429, '{"ok": false, "description": "slow down"}', times=2)
    assert [call(telegram, "getMe")[0] for _ in range(3)] == [429, 429, 200]
    telegram.fail("getMe", drop=True)
    with pytest.raises(httpx.RemoteProtocolError):
        call(telegram, "getMe")


def test_it_can_be_moved_from_outside() -> None:
    running = start([sys.executable, "-m", "tests.telegram"])
    wait_until(lambda: "token " in running.text(), SECONDS, running.text)
    url = running.text().splitlines()[0]
    try:
        asked = httpx.post(f"{url}/control/message", json={"text": "зима", "chat_id": -5}, **DIRECT).json()
        assert asked["chat"]["type"] == "supergroup"
        httpx.post(f"{url}/bot{TOKEN}/sendMessage", json={"chat_id": -5, "text": "весна"}, **DIRECT)
        sent = httpx.get(f"{url}/control/sent", **DIRECT).json()["messages"]
        assert [message["text"] for message in sent] == ["весна"]
        press = {"message_id": sent[0]["message_id"], "data": "x"}
        assert httpx.post(f"{url}/control/press", json=press, **DIRECT).json()["data"] == "x"
    finally:
        running.stop()
        running.output.unlink()
