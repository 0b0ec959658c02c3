"""Run the bot, or check whether it is alive."""

import argparse
import os
import signal
import sqlite3
from contextlib import closing

from bot import health
from bot.settings import BotSettings, StorageSettings
from bot.storage import Storage
from services.settings import SettingsError

EXIT_STATUS = """\
exit status: 0 after SIGTERM or SIGINT; 1 if Telegram rejects the token, or --health finds no running bot;
2 if a variable is not valid
"""


def main() -> None:
    """Run the command line and exit with its status."""
    # Until the service installs its own handler: PID 1 of a container ignores signals that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="The Telegram bot: answers a line with a poem.",
        epilog=f"{BotSettings.help()}\n\n{EXIT_STATUS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--health", action="store_true", help="exit 0 if the running bot has reached Telegram recently")
    if parser.parse_args().health:
        sentence = health.complaint(health.heartbeat(StorageSettings.load().bot_database))
        parser.exit(int(sentence is not None), sentence and f"{sentence}\n")
    try:
        settings = BotSettings.load()
    except SettingsError as error:
        parser.exit(2, f"{error}\n")
    try:
        storage = Storage(settings.bot_database)
    except (OSError, sqlite3.Error) as error:
        parser.exit(2, f"BOT_DATABASE: cannot use {settings.bot_database}: {error}\n")
    with closing(storage):
        _run(parser, settings, storage)


def _run(parser: argparse.ArgumentParser, settings: BotSettings, storage: Storage) -> None:
    from bot import service

    try:
        service.run(settings, storage)
    except service.TokenRefusedError:
        parser.exit(1, "Telegram rejected the token: check TELEGRAM_BOT_TOKEN (and TELEGRAM_API_URL, if it is set).\n")


if __name__ == "__main__":
    main()
