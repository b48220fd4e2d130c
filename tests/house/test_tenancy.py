"""Nothing crosses tenants: every row about a person or a course carries its school, and so does every foreign key."""

from sqlalchemy import Column, ForeignKey, MetaData, Table, Uuid

from app.tables import metadata
from core.data.vault import vault_metadata

WITHOUT_A_TENANT = {
    "tenant": "is the school",
    "platform": "one registration may serve several schools",
    "deployment": "waits for a school until it is approved",
    "launch_state": "nobody is known yet",
    "lease": "belongs to the installation",
    "tool_key": "belongs to the installation",
    "access_token": "belongs to a platform",
    "alembic_version": "belongs to the installation",
    "data_key": "the vault knows owners only",
}


def untenanted(found: MetaData) -> set[str]:
    """The tables whose rows need not name a school."""
    return {table.name for table in found.tables.values() if "tenant_id" not in table.columns or table.columns["tenant_id"].nullable}


def crossing(found: MetaData) -> set[str]:
    """The foreign keys between tables of a school by which a row could point into another school."""
    exempt = untenanted(found) | {"tenant"}
    return {
        f"{table.name}.{','.join(key.column_keys)}"
        for table in found.tables.values()
        for key in table.foreign_key_constraints
        if table.name not in exempt and key.referred_table.name not in exempt
        if ("tenant_id", "tenant_id") not in {(element.parent.name, element.column.name) for element in key.elements}
    }


def unanchored(found: MetaData) -> set[str]:
    """The tables of a school in which nothing keeps `tenant_id` from naming a school that does not exist."""
    return {
        table.name
        for table in found.tables.values()
        if table.name not in untenanted(found)
        if not any("tenant_id" in key.column_keys for key in table.foreign_key_constraints)
    }


def test_every_table_carries_its_school_but_for_a_short_list() -> None:
    assert untenanted(metadata) | untenanted(vault_metadata) == set(WITHOUT_A_TENANT) - {"alembic_version"}


def test_every_foreign_key_between_tables_of_a_school_carries_it() -> None:
    assert crossing(metadata) == set()


def test_no_row_can_name_a_school_that_does_not_exist() -> None:
    assert unanchored(metadata) == set()


def test_a_table_that_forgets_its_school_is_found() -> None:
    tampered = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(tampered)
    Table("note", tampered, Column("id", Uuid, primary_key=True), Column("person_id", ForeignKey("person.id")))
    Table(
        "badge",
        tampered,
        Column("id", Uuid, primary_key=True),
        Column("tenant_id", Uuid, nullable=False),
        Column("person_id", Uuid, ForeignKey("person.id")),
    )
    assert untenanted(tampered) - untenanted(metadata) == {"note"}
    assert crossing(tampered) == {"badge.person_id"}
    assert unanchored(tampered) == {"badge"}
