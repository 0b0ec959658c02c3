"""Each user's own choice among the models of the backend."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from bot import storage
from bot.texts import ENGLISH, RUSSIAN, Texts
from tests.bot.fake_backend import Answer
from tests.bot.world import World

LONG = "a-name-longer-than-a-button-can-send-" * 2


def buttons(world: World, chat: int) -> dict[str, str]:
    """Return what the buttons under the bot's last message say and send."""
    rows: list[list[dict[str, str]]] = world.telegram.sent(chat)[-1]["reply_markup"]["inline_keyboard"]
    return {button["text"]: button["callback_data"] for row in rows for button in row}


def press(world: World, label: str, user: int, chat: int | None = None) -> dict[str, Any]:
    """Press a button under the bot's last message, wait until that is answered, and return the answer."""
    place = user if chat is None else chat
    message = world.telegram.sent(place)[-1]["message_id"]
    query = world.telegram.press(message, buttons(world, place)[label], user=user)

    def answers() -> list[dict[str, Any]]:
        calls = [call.parameters for call in world.telegram.calls("answerCallbackQuery")]
        return [parameters for parameters in calls if parameters["callback_query_id"] == query["id"]]

    world.telegram.wait(lambda: bool(answers()))
    return answers()[0]


def wait_for_text(world: World, text: str, chat: int) -> None:
    world.telegram.wait(lambda: world.telegram.sent(chat)[-1]["text"] == text)


def asked_of(world: World, prompt: str) -> list[str | None]:
    """Return the models that were asked to go on with the prompt."""
    return [request.get("model") for request in world.backend.requests if request["prompt"] == prompt]


def test_models_are_offered_as_buttons_and_the_pressed_one_writes(shared: World, user: int) -> None:
    shared.backend.offer("plain", "fancy", LONG)
    assert shared.ask("/model", user) == RUSSIAN.choose_model
    assert list(buttons(shared, user)) == ["✓ plain", "fancy", LONG]
    assert "text" not in press(shared, LONG, user)
    wait_for_text(shared, RUSSIAN.model_chosen.format(name=LONG), user)
    shared.ask(f"раз {user}", user)
    shared.ask(f"два {user}", user)
    assert asked_of(shared, f"раз {user}") == asked_of(shared, f"два {user}") == [LONG]
    shared.ask("/model", user)
    assert list(buttons(shared, user)) == ["plain", "fancy", f"✓ {LONG}"]


def test_model_is_chosen_by_name(shared: World, user: int) -> None:
    shared.backend.offer("plain", "fancy")
    assert shared.ask("/model fancy", user) == RUSSIAN.model_chosen.format(name="fancy")
    shared.ask(f"море {user}", user)
    shared.ask(f"море {user}", user + 500_000)
    assert asked_of(shared, f"море {user}") == ["fancy", None]


def test_single_model_is_named_without_buttons(shared: World, user: int) -> None:
    shared.backend.offer("plain")
    assert shared.ask("/model", user) == RUSSIAN.only_model.format(name="plain")
    assert "reply_markup" not in shared.telegram.sent(user)[-1]


def test_unavailable_model_is_reported_in_both_languages(shared: World, user: int) -> None:
    shared.backend.offer("plain", "fancy", away="fancy")
    for texts in (RUSSIAN, ENGLISH):
        assert shared.ask("/model none such", user) == texts.model_unknown
        assert shared.ask("/model fancy", user) == texts.model_away
        shared.ask("/model", user)
        label = texts.model_button_away.format(name="fancy")
        assert press(shared, label, user)["text"] == texts.model_away
        shared.choose_english(user)
    shared.ask(f"море {user}", user)
    assert asked_of(shared, f"море {user}") == [None]


def test_button_of_a_removed_model_says_so(shared: World, user: int) -> None:
    shared.backend.offer("plain", "fancy")
    shared.ask("/model", user)
    shared.backend.offer("plain", "newer")
    assert press(shared, "fancy", user)["text"] == RUSSIAN.model_unknown
    assert shared.telegram.sent(user)[-1]["text"] == RUSSIAN.choose_model


@pytest.mark.parametrize(
    "models",
    [Answer(502), Answer(200, b'{"default": "a", "models": []}'), Answer(200, b'{"default": "", "models": [1]}')],
)
def test_backend_that_lists_no_models_is_unavailable(shared: World, user: int, models: Answer) -> None:
    shared.backend.offer("plain", "fancy")
    shared.ask("/model", user)
    shared.backend.models = models
    assert press(shared, "fancy", user)["text"] == RUSSIAN.away
    assert shared.ask("/model", user) == shared.ask("/model plain", user) == RUSSIAN.away


@pytest.mark.parametrize("texts", [RUSSIAN, ENGLISH])
def test_choice_of_a_removed_model_is_reset_and_reported_once(shared: World, user: int, texts: Texts) -> None:
    if texts is ENGLISH:
        shared.choose_english(user)
    shared.backend.offer("plain", "fancy")
    shared.ask("/model fancy", user)
    shared.backend.offer("plain", "newer")
    shared.ask("/model", user)
    assert list(buttons(shared, user)) == ["✓ plain", "newer"]
    before = len(shared.telegram.sent(user))
    shared.telegram.send_text(f"море {user}", user=user)
    told, poem = shared.telegram.wait_for_sent(before + 2, user)[before:]
    assert told["text"] == texts.model_dropped.format(name="fancy")
    assert poem["text"].startswith(f"море {user}")
    shared.backend.offer("plain", "fancy")
    assert shared.ask(f"море {user}", user).startswith(f"море {user}")
    assert asked_of(shared, f"море {user}") == ["fancy", None, None]


def test_choice_and_a_pending_press_outlive_a_restart(world: World, user: int) -> None:
    world.backend.offer("plain", "fancy")
    first = world.start()
    world.ask("/model", user)
    assert first.stop() == 0
    offer = world.telegram.sent(user)[-1]
    query = world.telegram.press(offer["message_id"], buttons(world, user)["fancy"], user=user)
    stale = '{"ok": false, "error_code": 400, "description": "Bad Request: query is too old"}'
    world.telegram.fail("answerCallbackQuery", 400, stale)
    second = world.start()
    wait_for_text(world, RUSSIAN.model_chosen.format(name="fancy"), user)
    assert query["id"] == world.telegram.calls("answerCallbackQuery")[-1].parameters["callback_query_id"]
    assert second.stop() == 0
    world.start()
    world.ask("море", user)
    assert asked_of(world, "море") == ["fancy"]


def test_bot_goes_on_with_the_database_of_the_first_version(world: World, user: int) -> None:
    world.database.parent.mkdir()
    with closing(sqlite3.connect(world.database)) as connection:
        connection.executescript(f"{storage.MIGRATIONS[0]} PRAGMA user_version = 1;")
        connection.execute("INSERT INTO settings VALUES (?, 'en')", (user,))
        connection.commit()
    world.backend.offer("plain", "fancy")
    world.start()
    assert world.ask("/model fancy", user) == ENGLISH.model_chosen.format(name="fancy")
    world.ask("море", user)
    assert asked_of(world, "море") == ["fancy"]


def test_in_a_group_each_user_has_a_choice(shared: World, user: int, group: int) -> None:
    shared.backend.offer("plain", "fancy")
    other = user + 500_000
    assert shared.ask("/model@neural_poet_bot", user, group) == RUSSIAN.choose_model
    press(shared, "fancy", other, group)
    wait_for_text(shared, RUSSIAN.model_chosen.format(name="fancy"), group)
    for author in (user, other):
        shared.ask(f"@neural_poet_bot море {group}", author, group)
    shared.ask(f"море {group}", other)
    assert asked_of(shared, f"море {group}") == [None, "fancy", "fancy"]


def test_a_broken_database_does_not_stop_poems_by_a_chosen_model(world: World, user: int) -> None:
    world.backend.offer("plain", "fancy")
    world.start()
    world.ask("/model fancy", user)
    with closing(sqlite3.connect(world.database)) as connection:
        connection.execute("CREATE TRIGGER full BEFORE UPDATE ON settings BEGIN SELECT RAISE(ABORT, 'full'); END")
    world.backend.offer("plain")
    world.telegram.send_text("море", user=user)
    assert world.telegram.wait_for_sent(3, user)[-1]["text"].startswith("море")
    assert world.ask("/model plain", user) == RUSSIAN.trouble
    with closing(sqlite3.connect(world.database)) as connection:
        connection.execute("DROP TABLE settings")
    assert world.ask("река", user).startswith("река")
