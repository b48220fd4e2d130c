"""Every table and column is in the data dictionary with purpose, class and retention; and nothing else is."""

import pytest
from pydantic import ValidationError
from sqlalchemy import Column, MetaData, String, Table

from app import docs
from app.tables import metadata
from core.data.vault import vault_metadata
from core.privacy.dictionary import Pii, dictionary, parse

ENTRY = """
person:
  purpose: A human in a school.
  record_class: identity
  retention: {retention}
  columns:
    id: {{pii: pseudonymous, purpose: Names the person.}}
"""


def written() -> dict[str, set[str]]:
    return {name: set(table.columns) for name, table in dictionary().tables.items()}


def laid(*found: MetaData) -> dict[str, set[str]]:
    return {table.name: set(table.columns.keys()) for one in found for table in one.tables.values()}


def copied(source: MetaData) -> MetaData:
    copy = MetaData()
    for table in source.tables.values():
        table.to_metadata(copy)
    return copy


def test_every_table_and_column_is_written_down_and_nothing_else() -> None:
    assert written() == laid(metadata, vault_metadata)


def test_a_new_column_without_an_entry_fails() -> None:
    tampered = copied(metadata)
    tampered.tables["person"].append_column(Column("shoe_size", String))
    assert written() != laid(tampered, vault_metadata)


def test_a_new_table_without_an_entry_fails() -> None:
    tampered = copied(metadata)
    Table("keystroke", tampered, Column("id", String, primary_key=True))
    assert written() != laid(tampered, vault_metadata)


@pytest.mark.parametrize("retention", ["30 days", "2 hours", "30 days after delivery", "until the student is erased"])
def test_a_retention_is_a_span_or_the_act_that_ends_it(retention: str) -> None:
    assert parse(ENTRY.format(retention=retention)).tables["person"].retention == retention


@pytest.mark.parametrize("retention", ["forever", "indefinite", "0 days", "until further notice", "as long as needed", ""])
def test_nothing_is_kept_for_ever(retention: str) -> None:
    with pytest.raises(ValidationError):
        parse(ENTRY.format(retention=retention or '""'))


@pytest.mark.parametrize(
    "spoilt",
    [
        ENTRY.replace("    id: {{pii: pseudonymous, purpose: Names the person.}}", "    id: {{pii: pseudonymous}}"),
        ENTRY.replace("pii: pseudonymous", "pii: harmless"),
        ENTRY.replace("  record_class: identity\n", ""),
        ENTRY.replace("  columns:", "  colums:"),
        ENTRY.replace("{{pii: pseudonymous, purpose: Names the person.}}", "{{pii: none, purpose: Names., shared_with: all}}"),
    ],
)
def test_an_entry_is_read_strictly(spoilt: str) -> None:
    with pytest.raises(ValidationError):
        parse(spoilt.format(retention="30 days"))


def test_what_is_sealed_is_called_so() -> None:
    """A column of sealed bytes is a person's words or a secret of the tool; a column of another kind is not sealed text."""
    for name, table in dictionary().tables.items():
        for column, entry in table.columns.items():
            if column.startswith("sealed_"):
                assert entry.pii is (Pii.SECRET if table.record_class == "secrets" else Pii.SEALED_TEXT), f"{name}.{column}"
            else:
                assert entry.pii is not Pii.SEALED_TEXT, f"{name}.{column}"
            if column.endswith("_hash") and table.record_class != "secrets":
                assert entry.pii is Pii.SECRET, f"{name}.{column}"


def test_no_sealed_text_and_no_secret_has_a_receiver() -> None:
    leaving = {
        f"{name}.{column}": entry.pii
        for name, table in dictionary().tables.items()
        for column, entry in table.columns.items()
        if entry.receivers
    }
    assert leaving
    assert not {Pii.SEALED_TEXT, Pii.SECRET} & set(leaving.values()), leaving


def test_what_is_about_a_person_says_so() -> None:
    """A table that points at a person has no column of that name which says nothing about anybody."""
    for name, table in dictionary().tables.items():
        for column in ("person_id", "subject_id", "reader_id", "owner_id"):
            if column in table.columns:
                assert table.columns[column].pii is Pii.PSEUDONYMOUS, f"{name}.{column}"


def test_the_page_shows_every_column() -> None:
    page = docs.dictionary_page()
    for name, table in dictionary().tables.items():
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert table.retention in section
        for column, entry in table.columns.items():
            assert f"| `{column}` | {entry.purpose} |" in section


def test_the_dictionary_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        setattr(dictionary(), "tables", {})  # noqa: B010 - mypy refuses the plain spelling, as it should
