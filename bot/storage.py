"""The bot's storage: one SQLite file.

Calls block the event loop: each reads or writes one row of a local file, which takes well under a millisecond, less
than handing it to a thread.
"""

import sqlite3
from pathlib import Path

LOCK_SECONDS = 5.0

# Entry n migrates the schema from version n-1 to n. Released entries never change; new ones are appended.
MIGRATIONS = (
    "CREATE TABLE settings (user_id INTEGER PRIMARY KEY, language TEXT NOT NULL) STRICT;",
    # A user may choose a model without a language, and SQLite cannot drop a NOT NULL constraint.
    """
    ALTER TABLE settings RENAME TO languages;
    CREATE TABLE settings (user_id INTEGER PRIMARY KEY, language TEXT, model TEXT) STRICT;
    INSERT INTO settings (user_id, language) SELECT user_id, language FROM languages;
    DROP TABLE languages;
    """,
)


class Storage:
    """The users' settings. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        """Open or create the file and migrate it; raise OSError or sqlite3.Error on failure."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._migrate()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file; SQLite checkpoints the write-ahead log."""
        self._connection.close()

    def language(self, user_id: int) -> str | None:
        """Return the user's language, None if not chosen."""
        return self._setting("SELECT language FROM settings WHERE user_id = ?", user_id)

    def set_language(self, user_id: int, language: str) -> None:
        """Store the user's language, durably."""
        self._connection.execute(
            "INSERT INTO settings (user_id, language) VALUES (?, ?)"
            " ON CONFLICT (user_id) DO UPDATE SET language = excluded.language",
            (user_id, language),
        )

    def model(self, user_id: int) -> str | None:
        """Return the name of the user's model, None if not chosen."""
        return self._setting("SELECT model FROM settings WHERE user_id = ?", user_id)

    def set_model(self, user_id: int, name: str | None) -> None:
        """Store the user's model, durably; None resets it."""
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
            # One transaction each, so that a crash leaves a consistent version.
            self._connection.executescript(f"BEGIN IMMEDIATE; {sql} PRAGMA user_version = {number}; COMMIT;")
