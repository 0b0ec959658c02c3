"""A bot process between a Telegram and a backend."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from bot.texts import ENGLISH
from tests import processes
from tests.bot.fake_backend import FakeBackend
from tests.forks import Forks
from tests.telegram import TOKEN, Telegram

COMMAND = (sys.executable, "-m", "bot")
FORKS = Forks("bot.service")
SECONDS = 60  # for anything that takes a moment only


@dataclass
class World:
    telegram: Telegram
    backend: FakeBackend
    database: Path
    started: list[processes.Running] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """Return the bot's environment, nothing left to the environment of the tests."""
        return {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_BOT_TOKEN_FILE": "",
            "TELEGRAM_API_URL": self.telegram.base_url,
            "BACKEND_URL": self.backend.url,
            "BACKEND_TIMEOUT": "",
            "BOT_DATABASE": str(self.database),
            "BOT_DECODER": "",
        }

    def launch(self, *arguments: str, module: str = "bot", **environment: str) -> processes.Running:
        """Start the bot, or a module that is a bot too, and do not wait for anything."""
        running = FORKS.start(module, arguments, env=self.environment() | environment)
        self.started.append(running)
        return running

    def launch_alone(self, **environment: str) -> processes.Running:
        """Start the bot from nothing imported."""
        running = processes.start(COMMAND, env=self.environment() | environment)
        self.started.append(running)
        return running

    def start(self, module: str = "bot", **environment: str) -> processes.Running:
        """Start the bot and wait until it polls."""
        before = len(self.telegram.calls("getUpdates"))
        running = self.launch(module=module, **environment)
        self.telegram.wait_for_call("getUpdates", before + 1)
        return running

    def stop_all(self) -> None:
        for running in self.started:
            running.stop()
            running.output.unlink(missing_ok=True)

    def ask(self, text: str, user: int, chat: int | None = None) -> str:
        """Send a text and return the text of the bot's next message in that chat."""
        place = user if chat is None else chat
        before = len(self.telegram.sent(place))
        self.telegram.send_text(text, user=user, chat=chat)
        answer: str = self.telegram.wait_for_sent(before + 1, place)[before]["text"]
        return answer

    def choose_english(self, user: int) -> None:
        """Press the English button."""
        self.ask("/language", user)
        message = self.telegram.sent(user)[-1]
        self.telegram.press(message["message_id"], "language:en", user=user)
        self.telegram.wait(lambda: self.telegram.sent(user)[-1]["text"] == ENGLISH.language_chosen)
