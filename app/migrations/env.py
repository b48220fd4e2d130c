"""Alembic's environment: all tables of all rooms, on the address it is given, else on the configured database."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlmodel import UTCDateTime
from sqlmodel.sql.sqltypes import AutoString

from app.settings import read_settings
from app.tables import metadata
from core.data.db import Database


def render_item(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write plain SQLAlchemy types into migrations: they must outlive the helpers of any library."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    """Run the migrations on one connection, in one transaction."""
    context.configure(connection=connection, target_metadata=metadata, render_item=render_item, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


address = context.config.file_config.get("alembic", "sqlalchemy.url", fallback=None) or read_settings().database_address
database = Database(address)
with database.engine.connect() as connection:
    migrate(connection)
    connection.commit()
database.dispose()
