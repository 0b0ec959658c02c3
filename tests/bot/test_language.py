"""Russian by default, English by choice."""

from bot.texts import ENGLISH, RUSSIAN
from tests.bot.world import World


def test_language_is_offered_as_buttons_and_the_press_is_answered(shared: World, user: int) -> None:
    assert shared.ask("/language", user) == RUSSIAN.choose_language
    offer = shared.telegram.sent(user)[0]
    (row,) = offer["reply_markup"]["inline_keyboard"]
    assert [(button["text"], button["callback_data"]) for button in row] == [
        ("Русский", "language:ru"),
        ("English", "language:en"),
    ]
    press = shared.telegram.press(offer["message_id"], "language:en", user=user)
    shared.telegram.wait(lambda: shared.telegram.sent(user)[0]["text"] == ENGLISH.language_chosen)
    answered = [call.parameters["callback_query_id"] for call in shared.telegram.calls("answerCallbackQuery")]
    assert press["id"] in answered
    assert shared.ask("/help", user) == ENGLISH.welcome


def test_choice_is_each_user_s_own(shared: World, user: int) -> None:
    shared.choose_english(user)
    assert shared.ask("/help", user) == ENGLISH.welcome
    assert shared.ask("/help", user + 500_000) == RUSSIAN.welcome


def test_choice_can_be_changed_back(shared: World, user: int) -> None:
    shared.choose_english(user)
    assert shared.ask("/language", user) == ENGLISH.choose_language
    offer = shared.telegram.sent(user)[-1]
    shared.telegram.press(offer["message_id"], "language:ru", user=user)
    shared.telegram.wait(lambda: shared.telegram.sent(user)[-1]["text"] == RUSSIAN.language_chosen)
    assert shared.ask("/help", user) == RUSSIAN.welcome


def test_unknown_button_changes_nothing_and_is_answered(shared: World, user: int) -> None:
    shared.ask("/language", user)
    offer = shared.telegram.sent(user)[0]
    press = shared.telegram.press(offer["message_id"], "language:xx", user=user)
    assert shared.ask("/help", user) == RUSSIAN.welcome
    answered = [call.parameters["callback_query_id"] for call in shared.telegram.calls("answerCallbackQuery")]
    assert press["id"] in answered


def test_choice_outlives_a_restart(world: World, user: int) -> None:
    first = world.start()
    world.choose_english(user)
    assert first.stop() == 0
    world.start()
    assert world.ask("/help", user) == ENGLISH.welcome


def test_command_menu_is_set_in_both_languages(shared: World) -> None:
    shared.telegram.wait(lambda: {"", "en"} <= shared.telegram.commands().keys())
    menus = shared.telegram.commands()
    for code, texts in (("", RUSSIAN), ("en", ENGLISH)):
        assert {command["command"]: command["description"] for command in menus[code]} == {
            "help": texts.help_command,
            "model": texts.model_command,
            "language": texts.language_command,
        }
