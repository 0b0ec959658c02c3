"""In a group the bot speaks when spoken to."""

import threading

import pytest

from bot.texts import RUSSIAN
from tests.bot.fake_backend import poem
from tests.bot.world import World
from tests.telegram import BOT

NAME = BOT["username"]


def test_conversation_of_others_is_ignored(shared: World, user: int, group: int) -> None:
    for text in ("привет всем", f"@other_{NAME} привет", f"@{NAME}s привет", "/roll", f"/help@other_{NAME}"):
        shared.telegram.send_text(text, user=user, chat=group)
    shared.telegram.send_photo(user=user, chat=group)
    shared.telegram.push("message", {"message_id": 1, "date": 1, "chat": {"id": group, "type": "supergroup"}})
    assert shared.ask("/help", user, group) == RUSSIAN.welcome


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        (f"@{NAME} зима пришла", "зима пришла"),
        (f"@{NAME.upper()}, зима пришла", "зима пришла"),
        (f"🌊 зима @{NAME} пришла", "🌊 зима пришла"),
        (f"зима\nпришла @{NAME}", "зима\nпришла"),
        (f"@{NAME}", ""),
    ],
)
def test_mention_is_answered_without_the_username(shared: World, user: int, group: int, text: str, prompt: str) -> None:
    assert shared.ask(text, user, group) == f"{prompt}\nи строка вторая".strip()


def test_reply_to_the_bot_is_answered(shared: World, user: int, group: int) -> None:
    shared.ask("/help", user, group)
    own = shared.telegram.sent(group)[0]
    shared.telegram.send_text("ещё о море", user=user, chat=group, reply_to_message=own)
    assert shared.telegram.wait_for_sent(2, group)[1]["text"].startswith("ещё о море")


def test_reply_to_somebody_else_is_ignored(shared: World, user: int, group: int) -> None:
    other = shared.telegram.send_text("мысль", user=user, chat=group)
    shared.telegram.send_text("ответ", user=user, chat=group, reply_to_message=other)
    assert shared.ask("/help", user, group) == RUSSIAN.welcome


def test_other_bots_are_ignored(shared: World, user: int, group: int) -> None:
    message = shared.telegram.send_text("мысль", user=user, chat=group)
    robot = {"id": 5, "is_bot": True, "first_name": "Robot"}
    shared.telegram.push("message", message | {"from": robot, "text": f"@{NAME} поговорим"})
    assert shared.ask("/help", user, group) == RUSSIAN.welcome


def test_answer_goes_to_the_topic_of_the_question(shared: World, user: int, group: int) -> None:
    gate = threading.Event()
    shared.backend.answers["о море в теме"] = poem("о море", gate)
    text = f"@{NAME} о море в теме"
    shared.telegram.send_text(text, user=user, chat=group, message_thread_id=7, is_topic_message=True)
    shared.telegram.wait(lambda: bool(shared.telegram.calls("sendChatAction", group)))
    gate.set()
    shared.telegram.wait_for_sent(1, group)
    messages, actions = (shared.telegram.calls(method, group) for method in ("sendMessage", "sendChatAction"))
    assert [call.parameters["message_thread_id"] for call in messages] == ["7"]
    assert {call.parameters["message_thread_id"] for call in actions} == {"7"}
