"""The practice LMS's own file: an SQLite database apart from Paceline's, so that what it received survives a restart."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS line_item (
    context TEXT NOT NULL, id TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (context, id));
CREATE TABLE IF NOT EXISTS score (
    context TEXT NOT NULL, line_item TEXT NOT NULL, subject TEXT NOT NULL, at TEXT NOT NULL, facts TEXT NOT NULL,
    received_at TEXT NOT NULL, repeats INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (context, line_item, subject, at));
CREATE TABLE IF NOT EXISTS token (hash TEXT PRIMARY KEY, scopes TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS spent_assertion (jti TEXT PRIMARY KEY, expires_at REAL NOT NULL);
"""
PATIENCE = 10.0
"""Seconds that a writer waits for another."""


class Store:
    """Short transactions on the file, each on a connection of its own: safe from many threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it for its owner only."""
        self._path = path
        path.touch(mode=0o600)
        with closing(self._connect()) as connection:
            connection.executescript(SCHEMA)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from; rows answer by name."""
        with closing(self._connect()) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone in writing from its first statement; rolled back when anything is raised."""
        with closing(self._connect()) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=PATIENCE)
        connection.row_factory = sqlite3.Row
        return connection
