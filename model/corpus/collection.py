"""A collector's texts in one SQLite file, consistent after a kill at any moment."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.corpus.forgetting import is_forgotten
from model.corpus.texts import FIELDS, Text
from model.errors import ModelError
from model.files.locking import lock

SUFFIX = ".sqlite"
VERSION = 1
_SCHEMA = f"""
CREATE TABLE texts (url TEXT PRIMARY KEY, text TEXT NOT NULL, author TEXT NOT NULL, title TEXT NOT NULL,
                    label TEXT NOT NULL, date TEXT NOT NULL, collected TEXT NOT NULL);
CREATE TABLE forgotten (hash TEXT PRIMARY KEY);
CREATE TABLE unread (url TEXT PRIMARY KEY, why TEXT NOT NULL);
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
PRAGMA user_version = {VERSION};
"""


class Collection:
    """Texts, each with its URL, and the position from which the collector resumes.

    Both change in one transaction: whenever a collector is killed, no text is lost or stored twice.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        (self._count,) = connection.execute("SELECT count(*) FROM texts").fetchone()

    @property
    def source(self) -> dict[str, Any]:
        """What is collected here; empty before collecting has begun."""
        return self._state("source")

    @property
    def position(self) -> dict[str, Any]:
        """The position from which the collector resumes; empty before collecting has begun."""
        return self._state("position")

    @property
    def count(self) -> int:
        """The number of texts."""
        return int(self._count)

    @property
    def unread(self) -> int:
        """The number of pages that could not be read."""
        (count,) = self._connection.execute("SELECT count(*) FROM unread").fetchone()
        return int(count)

    def has(self, url: str) -> bool:
        """Return whether the text of a URL is stored."""
        return self._connection.execute("SELECT 1 FROM texts WHERE url = ?", (url,)).fetchone() is not None

    def keep(self, texts: Iterable[Text], position: Mapping[str, Any], unread: Mapping[str, str] | None = None) -> int:
        """Add the new texts, except forgotten ones, and set the position. Return how many were added.

        `unread` maps URLs to the reasons why their pages could not be read; finding a text later removes its URL.
        """
        texts, gone = list(texts), self.forgotten
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._connection:
            before = self._connection.total_changes
            self._connection.executemany(
                f"INSERT OR IGNORE INTO texts ({', '.join(FIELDS)}, collected) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  our own names
                [
                    (*(_whole(getattr(text, name)) for name in FIELDS), now)
                    for text in texts
                    if not is_forgotten(text.url, text.author, gone)
                ],
            )
            added = self._connection.total_changes - before
            self._connection.executemany(
                "INSERT OR REPLACE INTO unread (url, why) VALUES (?, ?)", (unread or {}).items()
            )
            self._connection.executemany("DELETE FROM unread WHERE url = ?", [(text.url,) for text in texts])
            self._set_state("position", position)
        self._count += added
        return added

    def marked(self, mark: str) -> list[str]:
        """Return the texts that match a mark, which `forget` would remove."""
        self._define_gone(mark)
        return [text for (text,) in self._connection.execute("SELECT text FROM texts WHERE gone(url, author)")]

    def forget(self, mark: str) -> None:
        """Delete the texts that match a mark, wipe them from the file, and never store them again."""
        self._define_gone(mark)
        self._connection.execute("PRAGMA secure_delete = ON")
        with self._connection:
            self._count -= self._connection.execute("DELETE FROM texts WHERE gone(url, author)").rowcount
            self._connection.execute("DELETE FROM unread WHERE gone(url, '')")
            self._connection.execute("INSERT OR IGNORE INTO forgotten (hash) VALUES (?)", (mark,))
        # secure_delete wipes rows, not copies that a page split left behind; VACUUM rewrites the whole file.
        self._connection.execute("VACUUM")
        # The write-ahead log holds them too, and cannot be truncated while another connection reads.
        (busy, *_) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise ModelError(
                "the texts are deleted but not yet wiped: another command is reading; run this again later"
            )

    def _define_gone(self, mark: str) -> None:
        self._connection.create_function("gone", 2, lambda url, author: is_forgotten(url, author, {mark}))

    @property
    def forgotten(self) -> set[str]:
        """The marks of forgotten texts, which are not stored again."""
        return {mark for (mark,) in self._connection.execute("SELECT hash FROM forgotten")}

    def begin(self, source: Mapping[str, Any]) -> None:
        """Record what is collected here. ModelError if the file was begun for something else."""
        known, source = self.source, json.loads(json.dumps(source))  # as JSON stores it: tuples become lists
        if known and known != source:
            raise ModelError(f"this file collects {json.dumps(known)}; use another one for {json.dumps(source)}")
        with self._connection:
            self._set_state("source", source)

    def _state(self, name: str) -> dict[str, Any]:
        row = self._connection.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def _set_state(self, name: str, value: Mapping[str, Any]) -> None:
        row = (name, json.dumps(value))
        self._connection.execute("INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)", row)


@contextmanager
def open_collection(path: Path) -> Iterator[Collection]:
    """Open a collection for writing, creating it if necessary; only one writer at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as file:
        lock(file, f"{path}: another command is writing here")
        with _readable(path), closing(sqlite3.connect(path)) as connection:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
            _check_version(connection)
            # In this mode a long read does not block the writer.
            connection.execute("PRAGMA journal_mode = WAL")
            try:
                yield Collection(connection)
            finally:
                with suppress(sqlite3.OperationalError):  # another connection is reading: leave it
                    connection.execute("PRAGMA journal_mode = DELETE")  # a single file, readable in a read-only folder


def read_source(path: Path) -> dict[str, Any]:
    """Return what a collection was begun for."""
    with _reading(path) as connection:
        return Collection(connection).source


def read_collection(path: Path) -> Iterator[Text]:
    """Yield the texts of a collection in the order they were found, even while a collector is writing to it."""
    with _reading(path) as connection:
        rows = connection.execute(f"SELECT {', '.join(FIELDS)} FROM texts ORDER BY rowid")  # noqa: S608  our own names
        yield from (Text(*row) for row in rows)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with _readable(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        _check_version(connection)
        yield connection


def _check_version(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise sqlite3.DatabaseError(f"expected version {VERSION} of a collection, found {version}")


def _whole(value: str) -> str:
    """Join surrogate pairs; a lone surrogate, which SQLite rejects, becomes U+FFFD."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if "locked" in str(error):
            raise ModelError(f"{path}: another command is reading it; run this again when that has finished") from None
        raise ModelError(f"{path}: not a usable collection: {error}") from None
