"""The generated pages of `docs/`: `python -m app.docs` (or `make docs`) writes them anew, and a test holds them current."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from app.settings import Settings
from core.privacy.dictionary import ColumnEntry, TableEntry, dictionary

ROOT = Path(__file__).parents[1]
WRITTEN_BY = "<!-- Written by `make docs`; edit {source} instead. -->\n"


def settings_page() -> str:
    """`docs/settings.md`: every setting with its default and meaning."""
    rows = [f"| `{env_name(name)}` | {_default(field)} | {field.description} |" for name, field in Settings.model_fields.items()]
    return "\n".join([WRITTEN_BY.format(source="`app/settings.py`"), _SETTINGS_HEAD, *rows, ""])


def env_example() -> str:
    """`.env.example`: every setting, commented out, with its default."""
    parts = [f"# {field.description}\n#{env_name(name)}={_plain(field)}\n" for name, field in Settings.model_fields.items()]
    return "\n".join([_ENV_HEAD, *parts])


def dictionary_page() -> str:
    """`docs/data-dictionary.md`: every table and column of the main database and the vault."""
    tables = dictionary().tables
    overview = [f"| [`{name}`](#{name}) | {table.record_class} | {table.retention} |" for name, table in tables.items()]
    parts = [_table(name, table) for name, table in tables.items()]
    return "\n".join([WRITTEN_BY.format(source="`core/privacy/dictionary.yaml`"), _DICTIONARY_HEAD, *overview, "", *parts])


PAGES: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "docs/data-dictionary.md": dictionary_page,
    ".env.example": env_example,
}


def env_name(field: str) -> str:
    """The environment variable of a setting."""
    return f"{Settings.model_config['env_prefix']}{field}".upper()


def main() -> None:
    """Write every generated page."""
    for path, page in PAGES.items():
        (ROOT / path).write_text(page())


def _default(field: FieldInfo) -> str:
    return f"`{plain}`" if (plain := _plain(field)) else "–"


def _plain(field: FieldInfo) -> str:
    value: Any = field.default
    return value.value if isinstance(value, StrEnum) else str(value)


def _table(name: str, table: TableEntry) -> str:
    rows = [_column(column, entry) for column, entry in table.columns.items()]
    head = f"## {name}\n\n{table.purpose} Kept: {table.retention}.\n\n| column | purpose | class | receivers |\n| --- | --- | --- | --- |"
    return "\n".join([head, *rows, ""])


def _column(name: str, entry: ColumnEntry) -> str:
    return f"| `{name}` | {entry.purpose} | {entry.pii.value.replace('_', ' ')} | {', '.join(entry.receivers) or '–'} |"


_SETTINGS_HEAD = """# Settings

Paceline reads its settings from the environment when it starts. A value that cannot be used stops the start with a
sentence that names the setting. [.env.example](../.env.example) lists them all.

In *demo* and *test* the first run writes a master key into `secrets.env` in the home folder, readable by its owner
only, and never writes over it. *Production* makes no secrets of its own: it needs `PACELINE_MASTER_KEYS` (from
`paceline vault new-key`) and an `https://` address in `PACELINE_BASE_URL`, and says so when one is missing or weak.

| setting | default | meaning |
| --- | --- | --- |"""

_ENV_HEAD = """# Every setting of Paceline, with its default. Written by `make docs`; docs/settings.md says more.
# Paceline reads the environment, not this file: hand a copy to what starts it (systemd: EnvironmentFile=, Docker: --env-file).
"""

_DICTIONARY_HEAD = """# Data dictionary

Every table and column of the main database, and the vault's one table: what it is for, how close to a person it is,
how long it is kept, and who gets a copy. A column without an entry fails the build.

Classes: **none** says nothing about a person; **pseudonymous** is about a person known by a random id only;
**personal** names a person or is how another system knows them; **sealed text** is a person's words, encrypted with
that person's own key; **secret** opens something, or is derived from what does.

| table | record class | kept |
| --- | --- | --- |"""

if __name__ == "__main__":
    main()
