"""Run the bot, or ask whether it is alive."""

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
  BACKEND_URL              where poems come from (http://127.0.0.1:5000)
  BACKEND_TIMEOUT          the longest that a poem may take, in seconds (60)
  BOT_DATABASE             the SQLite file (data/bot.sqlite3)
  BOT_DECODER              graph or loop; empty leaves it to the backend
  TELEGRAM_API_URL         a Bot API server of your own (https://api.telegram.org)

exit status: 0 after SIGTERM or SIGINT; 1 if Telegram refuses the token, or --health finds no living bot;
2 if the environment is not usable
"""


def main() -> None:
    """Do what the command line says and exit with its status."""
    # Until the service has its own: a container's first process is deaf to signals that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="The Telegram bot: answers a line with a poem.",
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--health", action="store_true", help="exit 0 if the running bot has reached Telegram lately")
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
        parser.exit(1, "Telegram refused the token: check TELEGRAM_BOT_TOKEN (and TELEGRAM_API_URL, if it is set).\n")


if __name__ == "__main__":
    main()
