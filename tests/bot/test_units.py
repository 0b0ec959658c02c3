"""The parts that need no process."""

import asyncio
import dataclasses
import logging
import os
import sqlite3
import string
import sys
from pathlib import Path

import pytest
from telegram.constants import CallbackQueryLimit
from telegram.error import NetworkError, RetryAfter

from bot import health, storage
from bot.logs import HIDDEN, Formatter
from bot.settings import BotSettings
from bot.splitting import split, units
from bot.storage import Storage
from bot.texts import DEFAULT_LANGUAGE, LANGUAGES, Texts
from bot.transport import RetryingRateLimiter
from services.settings import SettingsError

GOOD = {"TELEGRAM_BOT_TOKEN": "1:abc"}


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("texts", LANGUAGES.values())
def test_texts_over_a_button_are_as_short_as_telegram_wants(texts: Texts) -> None:
    over = (texts.model_unknown, texts.model_away, texts.away, texts.too_fast, texts.trouble)
    assert all(units(text) <= CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH for text in over)


@pytest.mark.parametrize("key", [field.name for field in dataclasses.fields(Texts)])
def test_every_text_exists_in_every_language(key: str) -> None:
    default = getattr(LANGUAGES[DEFAULT_LANGUAGE], key)
    others = [getattr(texts, key) for code, texts in LANGUAGES.items() if code != DEFAULT_LANGUAGE]
    assert others
    for text in others:
        assert text.strip()
        assert text != default
        assert fields(text) == fields(default)


def test_short_text_is_one_message() -> None:
    assert split(" раз\n\nдва ") == ["раз\n\nдва"]


@pytest.mark.parametrize("blank", ["", "\n", " \n \n "])
def test_blank_text_is_no_message(blank: str) -> None:
    assert split(blank) == []


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("abc\ndef\nghi", 7, ["abc\ndef", "ghi"]),
        ("abc\ndef\nghi", 6, ["abc", "def", "ghi"]),
        ("abc\n\ndef", 5, ["abc", "def"]),
        ("abc def", 5, ["abc", "def"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("a\nbcdefgh", 3, ["a", "bcd", "efg", "h"]),
        ("🌊🌊🌊", 4, ["🌊🌊", "🌊"]),
        ("🌊🌊🌊", 3, ["🌊", "🌊", "🌊"]),
        ("abc   \n   def", 5, ["abc", "def"]),
    ],
)
def test_cuts(text: str, limit: int, parts: list[str]) -> None:
    assert split(text, limit) == parts


def test_nothing_but_white_space_is_lost() -> None:
    text = "".join(chr(97 + number * 7 % 26) + " \n🌊"[number * number % 4] for number in range(5000))
    parts = split(text, 50)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < units(part) <= 50 for part in parts)


def load(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> BotSettings:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return BotSettings.load()


def test_settings_have_defaults_and_hide_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, GOOD | {"BOT_DECODER": " ", "BACKEND_URL": "http://backend:80/api/"})
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.backend_url == "http://backend:80/api"
    assert settings.bot_decoder is None
    assert settings.bot_database == Path("data/bot.sqlite3")
    assert "abc" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_BOT_TOKEN", "abc"),
        ("TELEGRAM_BOT_TOKEN", "1:"),
        ("TELEGRAM_BOT_TOKEN", "1:абв"),
        ("TELEGRAM_BOT_TOKEN", "1:a/b"),
        ("TELEGRAM_API_URL", "ftp://example.org"),
        ("BACKEND_URL", "http://"),
        ("BACKEND_URL", "http://backend:port"),
        ("BACKEND_URL", "http://backend/?a=b"),
        ("BACKEND_TIMEOUT", "0"),
        ("BACKEND_TIMEOUT", "nan"),
        ("BACKEND_TIMEOUT", "soon"),
        ("BOT_DECODER", "beam"),
    ],
)
def test_invalid_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        load(monkeypatch, GOOD | {name: value})
    assert name != "TELEGRAM_BOT_TOKEN" or value not in str(caught.value)


def test_token_file_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="TELEGRAM_BOT_TOKEN_FILE"):
        load(monkeypatch, {"TELEGRAM_BOT_TOKEN_FILE": str(tmp_path / "none")})


def test_token_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("1:a_b-c\n")
    assert load(monkeypatch, {"TELEGRAM_BOT_TOKEN_FILE": str(tmp_path / "token")}).token == "1:a_b-c"


def test_database_starts_blank_and_persists(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bot.sqlite3"
    first = Storage(path)
    assert first.language(1) is None
    first.set_language(1, "en")
    first.set_language(1, "ru")
    first.close()
    again = Storage(path)
    assert again.language(1) == "ru"
    again.close()


def test_each_migration_is_applied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bot.sqlite3"
    Storage(path).close()
    later = (*storage.MIGRATIONS, "CREATE TABLE extra (a INTEGER); INSERT INTO extra VALUES (1);")
    monkeypatch.setattr(storage, "MIGRATIONS", later)
    Storage(path).close()
    Storage(path).close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM extra").fetchone() == (1,)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)
    connection.close()


def test_migration_to_models_keeps_the_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bot.sqlite3"
    with monkeypatch.context() as before:
        before.setattr(storage, "MIGRATIONS", storage.MIGRATIONS[:1])
        first = Storage(path)
        first.set_language(1, "en")
        first.close()
    again = Storage(path)
    again.set_model(1, "other")
    again.set_model(2, "other")
    again.set_language(3, "en")
    known = [(again.language(user), again.model(user)) for user in (1, 2, 3, 4)]
    again.close()
    assert known == [("en", "other"), (None, "other"), ("en", None), (None, None)]


def test_failed_migration_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bot.sqlite3"
    monkeypatch.setattr(storage, "MIGRATIONS", ("CREATE TABLE half (a INTEGER); CREATE TABLE half (a INTEGER);",))
    with pytest.raises(sqlite3.OperationalError):
        Storage(path)
    monkeypatch.undo()
    again = Storage(path)
    assert again.language(1) is None
    again.close()


def test_file_of_a_newer_bot_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(sqlite3.DatabaseError, match="newer"):
        Storage(path)


def test_old_heartbeat_is_unhealthy(tmp_path: Path) -> None:
    path = health.heartbeat(tmp_path / "bot.sqlite3")
    assert health.complaint(path)
    health.beat(path)
    assert health.complaint(path) is None
    os.utime(path, (1, 1))
    assert health.complaint(path)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (NetworkError("No way to http://x/bot1:abc/getMe"), f"NetworkError: No way to http://x/bot{HIDDEN}/getMe"),
        (ValueError("a user's line"), "ValueError"),
    ],
)
def test_log_hides_the_token_and_what_users_wrote(error: Exception, shown: str) -> None:
    try:
        raise error
    except type(error):
        record = logging.makeLogRecord({"msg": "at 1:abc", "levelno": 30, "exc_info": sys.exc_info()})
    text = Formatter("1:abc").format(record)
    assert text.endswith(shown)
    assert "abc" not in text
    assert "line" not in text.splitlines()[-1]


@pytest.mark.filterwarnings("ignore:.*attribute `retry_after`")  # which the library reads itself
def test_typing_is_not_sent_during_flood_control() -> None:
    async def scenario() -> list[str]:
        limiter, sent = RetryingRateLimiter(), list[str]()

        async def send(what: str) -> bool:
            sent.append(what)
            if what == "message":
                raise RetryAfter(30)
            return True

        async def request(what: str) -> object:
            return await limiter.process_request(send, (what,), {}, what, {"chat_id": 1}, None)

        await request("sendChatAction")
        message = asyncio.create_task(request("message"))
        for _ in range(20):  # turns of the event loop, in which the message is sent and refused
            await asyncio.sleep(0)
        await request("sendChatAction")
        message.cancel()
        await asyncio.wait({message})
        return sent

    assert asyncio.run(scenario()) == ["sendChatAction", "message"]
