"""Run the bot, or check whether it is alive."""

import argparse
import os
import signal
import sqlite3
from contextlib import closing

from bot import health
from bot.settings import BotSettings, BotSettingsError, database_path
from bot.storage import Storage

ENVIRONMENT = """\
environment:
  TELEGRAM_BOT_TOKEN       the token from @BotFather; or TELEGRAM_BOT_TOKEN_FILE, a file that holds it
  BACKEND_URL              URL of the backend (http://127.0.0.1:5000)
  BACKEND_TIMEOUT          time limit for one poem, in seconds (60)
  BOT_DATABASE             the SQLite file (data/bot.sqlite3)
  BOT_DECODER              graph or loop (the backend's choice)
  TELEGRAM_API_URL         URL of a Bot API server (https://api.telegram.org)

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
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--health", action="store_true", help="exit 0 if the running bot has reached Telegram recently")
    if parser.parse_args().health:
        sentence = health.complaint(health.heartbeat(database_path(os.environ)))
        parser.exit(int(sentence is not None), sentence and f"{sentence}\n")
    try:
        settings = BotSettings.from_environment(os.environ)
    except BotSettingsError as error:
        parser.exit(2, f"{error}\n")
    try:
        storage = Storage(settings.database)
    except (OSError, sqlite3.Error) as error:
        parser.exit(2, f"BOT_DATABASE: cannot use {settings.database}: {error}\n")
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
