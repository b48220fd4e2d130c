"""The data dictionary: what every table and column is for, how close to a person it is, and how long it is kept.

A table or column without an entry fails the build, so no new class of data comes in without a purpose and a retention.
"""

from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=120, pattern=r"^[^\n]+[.]$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Retention = Annotated[
    str,
    StringConstraints(
        pattern=r"^([1-9][0-9]* (minutes|hours|days)( after [a-z ]+)?|until the [a-z ]+ is (erased|closed|removed|replaced))$"
    ),
]
"""A span, or the act that ends it. Nothing is kept for ever."""


class Pii(StrEnum):
    """How close a column is to a person; `dictionary.yaml` says what each word means."""

    NONE = "none"
    PSEUDONYMOUS = "pseudonymous"
    PERSONAL = "personal"
    SEALED_TEXT = "sealed_text"
    SECRET = "secret"  # noqa: S105 - a class of data, no secret


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnEntry(_Entry):
    """One column. `receivers` are those to whom a copy of its value may leave."""

    purpose: Line
    pii: Pii
    receivers: tuple[Word, ...] = ()


class TableEntry(_Entry):
    """One table. `retention` is a span such as `30 days`, or the act that ends it."""

    purpose: Line
    record_class: Word
    retention: Retention
    columns: dict[Word, ColumnEntry] = Field(min_length=1)


class Dictionary(_Entry):
    """All tables, the vault's included."""

    tables: dict[Word, TableEntry]


def parse(text: str) -> Dictionary:
    """A dictionary from YAML.

    Raises:
        ValidationError: an entry lacks a fact, has one too many, or keeps something for ever.
    """
    return Dictionary.model_validate({"tables": yaml.safe_load(text)})


@cache
def dictionary() -> Dictionary:
    """The dictionary of this version, `core/privacy/dictionary.yaml`."""
    return parse(files("core.privacy").joinpath("dictionary.yaml").read_text())
