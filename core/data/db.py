"""The database: one schema on SQLite (a school) and PostgreSQL (beyond it).

Services flush at most; only `app/` commits, and `Database.aside()` for what must survive a refusal.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Engine, ForeignKeyConstraint, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlmodel import Session, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = SQLModel.metadata


Row = TypeVar("Row", bound=SQLModel)


class Table(SQLModel):
    """The base of every table. `table=True` checks no types: edges parse, and the database constrains."""


def within_tenant(table: str, column: str, *, on_delete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key that carries the tenant, so that no row can point into another school."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], ondelete=on_delete)


def insert_into(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of the session: the two spell it alike, in two classes."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def insert_once(session: Session, table: type[SQLModel], row: Mapping[str, Any], *, on: tuple[str, ...] = (), returning: str) -> Any:
    """Insert one row unless there is one with the same values in the columns `on`; a column of the new row, or None.

    The statement is made once and kept: building it anew costs more than executing it. Objects of the session that wait to be
    flushed are not flushed first.
    """
    connection = session.connection()
    return connection.execute(_insert_once(table, connection.dialect.name, on, returning), row).scalar_one_or_none()


def add_once(session: Session, table: type[Row], row: Mapping[str, Any]) -> Row | None:
    """Add one row unless the database has one that it must not stand beside; the new object of the session, or None.

    As `insert_once`, the statement is made once and kept.
    """
    return session.scalars(_add_once(table, session.get_bind().dialect.name), [dict(row)]).one_or_none()


@cache
def _add_once(table: type[SQLModel], dialect: str) -> Any:
    plain = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return plain.on_conflict_do_nothing().returning(table)


@cache
def _insert_once(table: type[SQLModel], dialect: str, on: tuple[str, ...], returning: str) -> Any:
    plain = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    kept = plain.on_conflict_do_nothing(index_elements=on) if on else plain
    return kept.returning(getattr(table, returning))


class Database:
    """An engine, and the ways to use it: to read, to write, and aside."""

    def __init__(self, url: str, *, durable: bool = False) -> None:
        """Open lazily. `url` is an SQLAlchemy address: `sqlite:///file` or `postgresql+psycopg://…`.

        With `durable`, SQLite too keeps each commit through a power cut, and overwrites what is deleted: slower, and for
        what nothing can bring back.
        """
        self.engine = self._reading = create_engine(url, **_options(url))
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            _teach_sqlite(self.engine, durable=durable)
            self._reading = create_engine(url, pool=self.engine.pool)
            _begin_with(self.engine, "BEGIN IMMEDIATE")
            _begin_with(self._reading, "BEGIN")

    def session(self, *, writes: bool = True) -> Session:
        """A session for one transaction; the caller commits.

        On SQLite a writing session takes the write lock at its first statement (`BEGIN IMMEDIATE`), so that it never
        fails half-way for having read first; a reading one never waits for writers.
        """
        return Session(self.engine if writes else self._reading, expire_on_commit=False)

    @contextmanager
    def aside(self) -> Iterator[Session]:
        """A short transaction of its own, committed at the end: for what must survive a refusal.

        Never open one inside a writing session's transaction: on SQLite it would wait for its own caller.
        """
        with self.session() as session:
            yield session
            session.commit()

    @contextmanager
    def connect(self, *, writes: bool = False) -> Iterator[Connection]:
        """A short transaction on a bare connection, committed at the end: `aside` for the hottest paths, without the ORM."""
        with (self.engine if writes else self._reading).begin() as connection:
            yield connection

    def empty_log(self) -> None:
        """Move all that is in SQLite's write-ahead log into the database, and empty it; a log that is being read stays for now."""
        if self.is_sqlite:
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _options(url: str) -> dict[str, Any]:
    if make_url(url).get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 15, "check_same_thread": False}}
    return {"pool_pre_ping": True}


def _teach_sqlite(engine: Engine, *, durable: bool) -> None:
    """SQLite as a server would keep it: write-ahead log, foreign keys, explicit transactions."""
    safety = ("synchronous=FULL", "secure_delete=ON") if durable else ("synchronous=NORMAL",)

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _record: object) -> None:
        assert isinstance(connection, sqlite3.Connection)
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=15000", *safety):
            connection.execute(f"PRAGMA {pragma}")


def _begin_with(engine: Engine, statement: str) -> None:
    """Begin each transaction of an engine with a statement of its own; the driver is told to begin none by itself.

    Not by the engine's `begin` event: one listener makes SQLAlchemy ask for listeners before every statement.
    """

    def begin(connection: DBAPIConnection) -> None:
        connection.cursor().execute(statement)

    engine.dialect.do_begin = begin  # type: ignore[method-assign, assignment]
