"""No table is forgotten: each says whose its rows are, and each column that names a person says who that is."""

import ast
import re
from collections.abc import Iterator

from sqlalchemy import Column, MetaData, Table, Uuid

from app.tables import metadata
from core.privacy.belongings import MENTIONS, NOBODYS, OWNERS, PARENTS, leads_to, tables_of_people
from tests.house.source import modules

NAMES_NO_PERSON = {
    "read_audit.record_id": "the record that was read",
    "framework.case_id": "CASE's own",
    "competency.case_id": "CASE's own",
    "lease.holder": "a process",
    "erasure.key_owner_id": "a person who is no more; empty once their key is destroyed",
}
NAMES_A_PERSON_IN_WORDS = {"erasure.asked_by": "a code", "deployment.approved_by": "the operator, or the id of an admin"}


def sorted_out() -> list[str]:
    return [*OWNERS, *PARENTS, *NOBODYS]


def names_somebody(table: Table, column: "Column[object]") -> bool:
    """Whether a column may hold a person's id: it points at a person, or holds a free id; or its name says so."""
    if column.name in ("id", "tenant_id"):
        return False
    parent = leads_to(table, column.name)
    if isinstance(column.type, Uuid):
        return parent is None or parent.name == "person"
    return column.name.endswith(("_by", "person_id", "subject_id", "reader_id"))


def unsorted_columns(found: MetaData) -> set[str]:
    said = {f"{table}.{column}" for table, column in OWNERS.items()} | set(MENTIONS) | set(NAMES_NO_PERSON) | set(NAMES_A_PERSON_IN_WORDS)
    named = ((table, column) for table in found.tables.values() for column in table.columns if names_somebody(table, column))
    return {f"{table.name}.{column.name}" for table, column in named} - said


def test_every_table_says_whose_its_rows_are() -> None:
    assert sorted(sorted_out()) == sorted(metadata.tables)


def test_every_column_that_names_a_person_says_who_that_is() -> None:
    assert unsorted_columns(metadata) == set()


def test_a_new_column_that_names_a_person_is_found() -> None:
    tampered = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(tampered)
    tampered.tables["goal"].append_column(Column("watched_by", Uuid))
    tampered.tables["course"].append_column(Column("owner_ref", Uuid))
    assert unsorted_columns(tampered) == {"goal.watched_by", "course.owner_ref"}


def test_what_is_said_of_a_column_is_said_of_one_that_there_is() -> None:
    named = [
        *(f"{table}.{column}" for table, column in {**OWNERS, **PARENTS}.items()),
        *MENTIONS,
        *NAMES_NO_PERSON,
        *NAMES_A_PERSON_IN_WORDS,
    ]
    assert [name for name in named if name.split(".")[1] not in metadata.tables[name.split(".")[0]].columns] == []
    assert set(MENTIONS) & {f"{table}.{column}" for table, column in OWNERS.items()} == set()


def test_a_row_without_an_owner_leads_to_one_that_has() -> None:
    for table, column in PARENTS.items():
        parent = leads_to(metadata.tables[table], column)
        assert parent is not None, table
        assert parent.name in OWNERS, table


def test_what_points_at_a_person_goes_with_its_owner_or_is_mentioned() -> None:
    """A table that holds rows of people comes before those that point at it, so that the rows can be deleted backwards."""
    order = [table.name for table in tables_of_people()]
    assert sorted(order) == sorted([*OWNERS, *PARENTS])
    for table in tables_of_people():
        for key in table.foreign_key_constraints:
            if key.referred_table.name in order and key.referred_table is not table:
                assert order.index(key.referred_table.name) < order.index(table.name), table.name


def sealing_purposes() -> Iterator[tuple[str, str]]:
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"\w+\.sealed_\w+", node.value):
                yield module.path, node.value


def test_each_purpose_of_a_seal_is_its_table_and_column() -> None:
    """Then whoever knows a column knows how to open it."""
    columns = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
    sealed = {name for name in columns if name.split(".")[1].startswith("sealed_")}
    found = list(sealing_purposes())
    assert {purpose for _, purpose in found} == sealed
