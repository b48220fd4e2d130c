"""The schema's history. `upgrade` brings a database to the newest revision; models and migrations are kept equal by a test."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from core.data.db import Database


def config(url: str) -> Config:
    """Alembic's configuration for the database at an SQLAlchemy address."""
    made = Config()
    made.set_main_option("script_location", str(files("app.migrations")))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def is_current(database: Database) -> bool:
    """Whether a database answers and is at the newest revision."""
    head = ScriptDirectory.from_config(config("")).get_current_head()
    try:
        with database.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head
    except SQLAlchemyError:
        return False


def upgrade(url: str) -> None:
    """Bring a database to the newest revision. Does nothing when it is there already."""
    command.upgrade(config(url), "head")
