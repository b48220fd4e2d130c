"""Export mine: everything that is kept about one person, opened for that person alone.

Which rows, and what they are for, comes from the tables' metadata, `belongings.py` and the data dictionary. Rows are read as
they are written down, some hundred at a time, so that an account may be large. Secrets are left out, and the export says so.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Table, select, union
from sqlmodel import Session, col

from core.courses.enrolments import Enrolment
from core.data.db import metadata
from core.data.vault import DataKey, Vault
from core.people.access import Role
from core.people.people import NAME, find_person, names_of
from core.people.roles import RoleGrant
from core.people.tenants import Tenant
from core.privacy.belongings import OWNERS, leads_to, names_a_person, rows_of, tables_of_people
from core.privacy.dictionary import Pii, TableEntry, dictionary

AT_ONCE = 200
STAFF = (Role.TEACHER, Role.ASSISTANT, Role.ADVISOR)
QUOTES_STUDENTS = ("said", "conversation")
"""What was said to an adult names students and may quote them: those words are the students'."""

_TITLES = {"course": "title", "competency": "short_name", "competency_link": "title", "platform": "name"}
"""The tables to which rows of a person point by id, and the column by which people know such a thing."""

_SEALED_JSON = ("heard.sealed_inbound", "said.sealed_messages", "conversation.sealed_state", "goal_change.sealed_before")


class LeftOut(StrEnum):
    """Why something is not in an export."""

    SECRET = "secret"  # noqa: S105 - a reason, no secret
    """It opens something, or is derived from what does."""
    QUOTES_STUDENTS = "quotes_students"
    """It belongs to the students whom it is about."""


@dataclass(frozen=True)
class Named:
    """A thing of the school to which a row points, such as a course."""

    id: UUID
    name: str | None


@dataclass(frozen=True)
class Somebody:
    """A person to whom a row points: oneself, or an adult by name; nobody else is named."""

    name: str | None
    is_me: bool


Row = Mapping[str, Any]


@dataclass(frozen=True)
class Records:
    """One person's rows of one table. `columns` says what each is for; `rows` reads them anew at each call.

    `is_single`: a person has one row of this table at most.
    """

    table: str
    record_class: str
    purpose: str
    retention: str
    columns: Mapping[str, str]
    is_single: bool
    reader: "_Reader"

    def rows(self) -> Iterator[Row]:
        """The rows, oldest first, sealed columns opened, by column."""
        return self.reader.rows(metadata.tables[self.table], tuple(self.columns))


@dataclass(frozen=True)
class Export:
    """Everything about one person. It reads from its session, which must stay open meanwhile.

    `left_out` are tables or `table.column`s, with why. The school and the person themselves stand here once, and in no row.
    """

    person_id: UUID
    pseudonym: str
    name: str | None
    school: str
    zone: str
    language: str
    made_at: datetime
    records: tuple[Records, ...]
    left_out: Mapping[str, LeftOut]


def export_person(session: Session, vault: Vault, tenant_id: UUID, person_id: UUID, *, language: str, now: datetime) -> Export:
    """Export everything that is kept about a person of this tenant.

    Args:
        language: of the reader; the words in it stay as they were written.

    Raises:
        NotFound: no such person here.
        KeyDestroyed: they were erased.
    """
    person, tenant = find_person(session, tenant_id, person_id), session.get_one(Tenant, tenant_id)
    key, works_here = vault.key_of(person_id), bool(_staff(session, tenant_id, [person_id]))
    reader = _Reader(session, vault, key, tenant_id, person_id)
    tables = [table for table in tables_of_people() if not (works_here and table.name in QUOTES_STUDENTS)]
    left_out = {f"{table.name}.{column}": LeftOut.SECRET for table in tables for column in _secrets(table)}
    return Export(
        person_id=person_id,
        pseudonym=person.pseudonym,
        name=key.open(person.sealed_name, NAME) if person.sealed_name else None,
        school=tenant.name,
        zone=person.zone or tenant.zone,
        language=language,
        made_at=now,
        records=tuple(_records(table, reader) for table in tables),
        left_out=left_out | (dict.fromkeys(QUOTES_STUDENTS, LeftOut.QUOTES_STUDENTS) if works_here else {}),
    )


def as_json(export: Export) -> Iterator[str]:
    """An export as JSON, in pieces, for programs. Instants are UTC."""
    about = {"person_id": export.person_id, "pseudonym": export.pseudonym, "name": export.name, "school": export.school}
    head = {"about": about, "made_at": export.made_at, "language": export.language, "left_out": export.left_out}
    yield f'{_dumped(head)[:-1]}, "tables": {{'
    for place, one in enumerate(export.records):
        facts = {"record_class": one.record_class, "purpose": one.purpose, "retention": one.retention, "columns": one.columns}
        yield f'{", " if place else ""}{_dumped(one.table)}: {_dumped(facts)[:-1]}, "rows": ['
        for number, row in enumerate(one.rows()):
            yield f"{', ' if number else ''}\n{_dumped(row)}"
        yield "]}"
    yield "}}\n"


class _Reader:
    """Reads the rows of one person. What rows point at is looked up once a batch, and remembered."""

    def __init__(self, session: Session, vault: Vault, key: DataKey, tenant_id: UUID, person_id: UUID) -> None:
        self._session, self._vault, self._key = session, vault, key
        self._tenant_id, self._person_id = tenant_id, person_id
        self._titles: dict[tuple[str, UUID], str] = {}
        self._people: dict[UUID, str | None] = {}

    def rows(self, table: Table, columns: Iterable[str]) -> Iterator[Row]:
        wanted = list(columns)
        query = select(*(table.c[column] for column in wanted)).where(rows_of(table, self._tenant_id, self._person_id))
        ordered = query.order_by(*table.primary_key.columns)
        found = self._session.connection().execute(ordered, execution_options={"yield_per": AT_ONCE}).mappings()
        for batch in found.partitions():
            self._look_up(table, wanted, batch)
            yield from ({column: self._opened(table, column, row[column]) for column in wanted} for row in batch)

    def _opened(self, table: Table, column: str, value: Any) -> Any:
        parent = leads_to(table, column)
        if value is None:
            return None
        if column.startswith("sealed_"):
            text = self._key.open(value, purpose := f"{table.name}.{column}")
            return json.loads(text) if purpose in _SEALED_JSON else text
        if names_a_person(table, column):
            return Somebody(self._people.get(value), value == self._person_id)
        if parent is not None and parent.name in _TITLES:
            return Named(value, self._titles.get((parent.name, value)))
        return value

    def _look_up(self, table: Table, columns: Iterable[str], batch: Iterable[RowMapping]) -> None:
        for column in columns:
            parent = leads_to(table, column)
            if names_a_person(table, column):
                self._look_up_people({row[column] for row in batch} - self._people.keys() - {None})
            elif parent is not None and parent.name in _TITLES:
                told = {row[column] for row in batch} - {None}
                self._look_up_titles(parent, {one for one in told if (parent.name, one) not in self._titles})

    def _look_up_people(self, ids: set[UUID]) -> None:
        if not ids:
            return
        adults = _staff(self._session, self._tenant_id, ids) | {self._person_id}
        names = names_of(self._session, self._vault, self._tenant_id, ids & adults)
        self._people |= {one: names.get(one) for one in ids}

    def _look_up_titles(self, table: Table, ids: set[UUID]) -> None:
        if ids:
            query = select(table.c.id, table.c[_TITLES[table.name]]).where(table.c.id.in_(ids))
            self._titles |= {(table.name, one): title for one, title in self._session.execute(query)}


def _records(table: Table, reader: _Reader) -> Records:
    entry = dictionary().tables[table.name]
    is_single = [column.name for column in table.primary_key.columns] == [OWNERS.get(table.name)]
    return Records(table.name, entry.record_class, entry.purpose, entry.retention, _columns(table, entry), is_single, reader)


def _columns(table: Table, entry: TableEntry) -> dict[str, str]:
    """What each exported column is for: all but secrets, and but for the school and the owner, who are the same in every row."""
    same = {"tenant_id", OWNERS.get(table.name), *_secrets(table)}
    return {column.name: entry.columns[column.name].purpose for column in table.columns if column.name not in same}


def _secrets(table: Table) -> list[str]:
    return [column for column, entry in dictionary().tables[table.name].columns.items() if entry.pii is Pii.SECRET]


def _staff(session: Session, tenant_id: UUID, person_ids: Iterable[UUID]) -> set[UUID]:
    """Those of some people who work at the school: a course or the school itself knows them as such."""
    ids = set(person_ids)
    taught = select(col(Enrolment.person_id)).where(
        col(Enrolment.tenant_id) == tenant_id, col(Enrolment.person_id).in_(ids), col(Enrolment.role).in_(STAFF)
    )
    granted = select(col(RoleGrant.person_id)).where(col(RoleGrant.tenant_id) == tenant_id, col(RoleGrant.person_id).in_(ids))
    return set(session.scalars(union(taught, granted)))


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Named():
            return {"id": str(value.id), "name": value.name}
        case Somebody():
            return {"name": value.name, "me": value.is_me}
    raise TypeError(f"{type(value).__name__} has no place in an export")
