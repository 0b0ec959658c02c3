"""What a user gets to read."""

import threading

import pytest

from bot.splitting import units
from bot.texts import ENGLISH, RUSSIAN
from tests.bot.fake_backend import Answer, poem, problem
from tests.bot.world import World
from tests.telegram import BOT


@pytest.mark.parametrize("command", ["/start", "/help", "/start payload", f"/help@{BOT['username']}"])
def test_start_and_help_welcome_in_russian(shared: World, user: int, command: str) -> None:
    assert shared.ask(command, user) == RUSSIAN.welcome


def test_text_is_answered_with_a_poem_as_a_reply(shared: World, user: int) -> None:
    question = shared.telegram.send_text("Белеет парус", user=user)
    answer = shared.telegram.wait_for_sent(1, user)[0]
    assert answer["text"] == "Белеет парус\nи строка вторая"
    assert answer["reply_to_message"]["message_id"] == question["message_id"]
    (call,) = (call.parameters for call in shared.telegram.calls("sendMessage", user))
    assert "parse_mode" not in call
    assert call["link_preview_options"] == {"is_disabled": True}
    assert {"prompt": "Белеет парус"} in shared.backend.requests


def test_typing_is_shown_while_the_poem_is_written(world: World, user: int) -> None:
    gate = threading.Event()
    world.backend.answers["долго"] = poem("готово", gate)
    world.start("tests.bot.hasty")
    world.telegram.send_text("долго", user=user)
    world.telegram.wait(lambda: typing(world, user) >= 2)
    assert world.telegram.sent(user) == []
    gate.set()
    assert world.telegram.wait_for_sent(1, user)[0]["text"] == "готово"


def typing(world: World, user: int) -> int:
    calls = world.telegram.calls("sendChatAction", user)
    assert all(call.parameters["action"] == "typing" for call in calls)
    return len(calls)


def test_photo_gets_a_friendly_sentence(shared: World, user: int) -> None:
    shared.telegram.send_photo(user=user, caption="закат")
    assert shared.telegram.wait_for_sent(1, user)[0]["text"] == RUSSIAN.only_text


def test_album_gets_one_sentence(shared: World, user: int) -> None:
    for _ in range(10):
        shared.telegram.send_photo(user=user, media_group_id=f"album of {user}")
    shared.telegram.wait_for_sent(1, user)
    shared.ask("чужое", user + 500_000)  # so all ten have arrived
    assert shared.ask("/help", user) == RUSSIAN.welcome
    assert [message["text"] for message in shared.telegram.sent(user)] == [RUSSIAN.only_text, RUSSIAN.welcome]


def test_unknown_command_is_not_taken_for_a_line(shared: World, user: int) -> None:
    assert shared.ask("/poem", user) == RUSSIAN.unknown_command


def test_edited_message_is_not_answered(shared: World, user: int) -> None:
    message = shared.telegram.send_text("раз", user=user)
    shared.telegram.wait_for_sent(1, user)
    shared.telegram.push("message", message | {"message_id": 1, "text": "два"})
    shared.telegram.wait_for_sent(2, user)
    shared.telegram.edit_text(message["message_id"], "три")
    assert shared.ask("/help", user) == RUSSIAN.welcome
    assert "три" not in shared.backend.prompts()


def test_old_edit_from_before_the_bot_asked_for_messages_only(world: World, user: int) -> None:
    message = world.telegram.send_text("раз", user=user)
    for text in ("три", "/help", "/language", "/unknown"):
        world.telegram.edit_text(message["message_id"], text)
    bot = world.start()
    world.telegram.wait_for_sent(1, user)
    assert world.ask("/help", user) == RUSSIAN.welcome
    assert world.backend.prompts() == ["раз"]
    assert len(world.telegram.sent(user)) == 2
    assert "unhandled exception" not in bot.text()


def test_long_poem_comes_in_parts_cut_at_line_ends(shared: World, user: int) -> None:
    lines = [f"строка {number} 🌊 про море и про ветер" for number in range(400)]
    shared.backend.answers["поэма"] = poem("\n".join(lines))
    shared.ask("поэма", user)
    shared.telegram.wait(lambda: shared.telegram.sent(user)[-1]["text"].endswith(lines[-1]))
    parts = [message["text"] for message in shared.telegram.sent(user)]
    assert "\n".join(parts) == "\n".join(lines)
    assert len(parts) > 2
    assert all(units(part) <= 4096 for part in parts)


@pytest.mark.parametrize("nothing", ["", " \n\n "])
def test_empty_poem_gets_an_apology(shared: World, user: int, nothing: str) -> None:
    shared.backend.answers["пусто"] = poem(nothing)
    assert shared.ask("пусто", user) == RUSSIAN.nothing_written


def test_markup_in_a_poem_stays_as_it_is(shared: World, user: int) -> None:
    text = "*звезда_ <b>жирная</b> [ссылка](http://example.org) \\_"
    shared.backend.answers["разметка"] = poem(text)
    assert shared.ask("разметка", user) == text


def test_half_of_an_emoji_does_not_stop_the_answer(shared: World, user: int) -> None:
    broken = b'{"poems": [{"poem": "x \\ud83c y"}]}'
    shared.backend.answers["пол"] = Answer(200, broken)
    assert shared.ask("пол", user) == "x � y"


def test_deleted_question_still_gets_its_answer(shared: World, user: int) -> None:
    known = shared.telegram.send_text("раз", user=user)
    shared.telegram.wait_for_sent(1, user)
    shared.telegram.push("message", known | {"message_id": 99_999_999, "text": "удалено"})
    answer = shared.telegram.wait_for_sent(2, user)[1]
    assert answer["text"].startswith("удалено")
    assert "reply_to_message" not in answer


LIMIT = Answer(200, b'{"models": [], "bounds": {"prompt": {"max_length": 10}}}')
TROUBLES = {
    "500 html": (Answer(500, b"<html><h1>Internal Server Error</h1></html>"), "away"),
    "200 html": (Answer(200, b"<html>Welcome to nginx</html>"), "away"),
    "200 other shape": (Answer(200, b'{"poems": []}'), "away"),
    "200 not utf-8": (Answer(200, b"\xff\xfe\x00"), "away"),
    "502 empty": (Answer(502), "away"),
    "404": (problem(404), "away"),
    "302": (Answer(302, headers={"Location": "/elsewhere"}), "away"),
    "503 not ready": (problem(503), "away"),
    "503 busy": (problem(503, {"Retry-After": "2"}, type="urn:problem-type:neuralpoet:busy"), "busy"),
    "503 away": (problem(503, {"Retry-After": "2"}, type="urn:problem-type:neuralpoet:away"), "away"),
    "503 slow": (problem(503, {"Retry-After": "9"}, type="urn:problem-type:neuralpoet:slow"), "busy"),
    "429": (problem(429), "busy"),
    "413": (problem(413), "refused"),
    "422 prompt": (problem(422, errors=[{"field": "prompt", "message": "too long"}]), "refused"),
    "422 html": (Answer(422, b"<html>"), "refused"),
    "422 decoder": (problem(422, errors=[{"field": "decoder", "message": "unknown"}, "?"]), "away"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_backend_error_is_explained_in_the_users_language(shared: World, user: int, name: str) -> None:
    answer, sentence = TROUBLES[name]
    shared.backend.answers[name] = answer
    shared.backend.models = Answer(404)
    assert shared.ask(name, user) == getattr(RUSSIAN, sentence)


def test_errors_are_in_english_for_users_who_chose_it(shared: World, user: int) -> None:
    shared.backend.answers["five hundred"] = problem(500)
    shared.choose_english(user)
    assert shared.ask("five hundred", user) == ENGLISH.away


def test_refusal_names_the_limit_of_the_backend(shared: World, user: int) -> None:
    refusal = problem(422, errors=[{"field": "prompt", "message": "no"}])
    shared.backend.answers |= {"двенадцать знаков": refusal, "знаки": refusal}
    shared.backend.models = LIMIT
    assert shared.ask("двенадцать знаков", user) == RUSSIAN.too_long.format(limit=10)
    assert shared.ask("знаки", user) == RUSSIAN.unreadable


@pytest.mark.parametrize("models", [Answer(500), Answer(200, b"[]"), Answer(200, b'{"bounds": {"prompt": "?"}}')])
def test_refusal_without_a_known_limit(shared: World, user: int, models: Answer) -> None:
    shared.backend.answers["отказ"] = problem(422, errors=[{"field": "prompt"}])
    shared.backend.models = models
    assert shared.ask("отказ", user) == RUSSIAN.refused
