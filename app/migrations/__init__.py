"""The schema's history. `upgrade` brings a database to the newest revision; models and migrations are kept equal by a test."""

from importlib.resources import files

from alembic import command
from alembic.config import Config


def config(url: str) -> Config:
    """Alembic's configuration for the database at an SQLAlchemy address."""
    made = Config()
    made.set_main_option("script_location", str(files("app.migrations")))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(url: str) -> None:
    """Bring a database to the newest revision. Does nothing when it is there already."""
    command.upgrade(config(url), "head")
