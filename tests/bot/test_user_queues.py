"""Many users at once, and one who floods the bot."""

import threading

from bot.application import MAX_QUEUED
from bot.texts import RUSSIAN
from tests.bot.fake_backend import poem
from tests.bot.world import SECONDS, World
from tests.processes import wait_until


def test_slow_poem_does_not_hold_up_other_users(shared: World, user: int) -> None:
    gate = threading.Event()
    shared.backend.answers["медленно"] = poem("дождался", gate)
    shared.telegram.send_text("медленно", user=user)
    assert shared.ask("быстро", user + 500_000).startswith("быстро")
    assert shared.telegram.sent(user) == []
    gate.set()
    assert shared.telegram.wait_for_sent(1, user)[0]["text"] == "дождался"


def test_one_user_is_answered_in_order(shared: World, user: int) -> None:
    gate = threading.Event()
    shared.backend.answers["первое"] = poem("первый стих", gate)
    for text in ("первое", "второе", "/help"):
        shared.telegram.send_text(text, user=user)
    assert shared.ask("чужое", user + 500_000).startswith("чужое")  # so all three have arrived
    assert "второе" not in shared.backend.prompts()
    gate.set()
    answers = [message["text"] for message in shared.telegram.wait_for_sent(3, user)]
    assert answers == ["первый стих", "второе\nи строка вторая", RUSSIAN.welcome]


def test_flood_gets_one_polite_sentence_and_few_poems(shared: World, user: int) -> None:
    gate = threading.Event()
    prompts = [f"поток {number}" for number in range(60)]
    shared.backend.answers["поток 0"] = poem("поток 0", gate)
    for prompt in prompts:
        shared.telegram.send_text(prompt, user=user)
    assert shared.telegram.wait_for_sent(1, user)[0]["text"] == RUSSIAN.too_fast
    assert shared.ask("и я", user + 500_000).startswith("и я")
    gate.set()
    answers = [message["text"] for message in shared.telegram.wait_for_sent(1 + MAX_QUEUED, user)]
    assert [answer.partition("\n")[0] for answer in answers[1:]] == prompts[:MAX_QUEUED]
    assert shared.ask("после", user).startswith("после")
    assert len(shared.telegram.sent(user)) == 1 + MAX_QUEUED + 1


def test_press_in_a_flood_is_answered_too_fast(shared: World, user: int) -> None:
    gate = threading.Event()
    shared.ask("/language", user)
    offer = shared.telegram.sent(user)[0]
    shared.backend.answers["затор"] = poem("затор", gate)
    shared.telegram.send_text("затор", user=user)
    wait_until(lambda: "затор" in shared.backend.prompts(), SECONDS)  # so /language is done with, to the end
    for _ in range(MAX_QUEUED - 1):
        shared.telegram.send_text("затор", user=user)
    press = shared.telegram.press(offer["message_id"], "language:en", user=user)
    shared.telegram.wait(lambda: press["id"] in told(shared))
    gate.set()
    shared.telegram.wait_for_sent(1 + MAX_QUEUED, user)


def told(world: World) -> dict[str, str]:
    calls = [call.parameters for call in world.telegram.calls("answerCallbackQuery")]
    return {call["callback_query_id"]: call.get("text", "") for call in calls if call.get("text") == RUSSIAN.too_fast}
