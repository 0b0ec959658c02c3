"""The bot's memory: one SQLite file.

Calls are made straight from the event loop: each reads or writes one row of a local file, which takes well under a
millisecond and would take longer by way of a thread.
"""

import sqlite3
from pathlib import Path

LOCK_SECONDS = 5.0

# The n-th entry takes the file from version n-1 to n. Released entries never change; new ones go to the end.
MIGRATIONS = (
    "CREATE TABLE settings (user_id INTEGER PRIMARY KEY, language TEXT NOT NULL) STRICT;",
    # Who chooses a model need not have chosen a language, and SQLite cannot take a NOT NULL away.
    """
    ALTER TABLE settings RENAME TO languages;
    CREATE TABLE settings (user_id INTEGER PRIMARY KEY, language TEXT, model TEXT) STRICT;
    INSERT INTO settings (user_id, language) SELECT user_id, language FROM languages;
    DROP TABLE languages;
    """,
)


class Storage:
    """What the bot knows about its users. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        """Open or make the file and bring it up to date; raise OSError or sqlite3.Error if that cannot be done."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._migrate()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file; SQLite folds the write-ahead log into it."""
        self._connection.close()

    def language(self, user_id: int) -> str | None:
        """Return the language that the user chose, None for one who has not chosen."""
        return self._setting("SELECT language FROM settings WHERE user_id = ?", user_id)

    def set_language(self, user_id: int, language: str) -> None:
        """Remember the user's choice; it is on disk when this returns."""
        self._connection.execute(
            "INSERT INTO settings (user_id, language) VALUES (?, ?)"
            " ON CONFLICT (user_id) DO UPDATE SET language = excluded.language",
            (user_id, language),
        )

    def model(self, user_id: int) -> str | None:
        """Return the name of the model that the user chose, None for one who has not chosen."""
        return self._setting("SELECT model FROM settings WHERE user_id = ?", user_id)

    def set_model(self, user_id: int, name: str | None) -> None:
        """Remember the user's choice, or with None forget it; it is on disk when this returns."""
        self._connection.execute(
            "INSERT INTO settings (user_id, model) VALUES (?, ?)"
            " ON CONFLICT (user_id) DO UPDATE SET model = excluded.model",
            (user_id, name),
        )

    def _setting(self, query: str, user_id: int) -> str | None:
        row = self._connection.execute(query, (user_id,)).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def _migrate(self) -> None:
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            message = f"the file is of version {version}, written by a newer bot; this one knows {len(MIGRATIONS)}"
            raise sqlite3.DatabaseError(message)
        for number, sql in enumerate(MIGRATIONS[version:], start=version + 1):
            # One transaction each: a kill in between leaves whole versions only.
            self._connection.executescript(f"BEGIN IMMEDIATE; {sql} PRAGMA user_version = {number}; COMMIT;")
