"""Erase mine: a student's rows go in one transaction, then their data key, which makes every old copy unreadable.

The transaction that deletes the rows leaves an `Erasure` that still knows whose key is to be destroyed. Only when that is
committed is the key destroyed: a rollback leaves rows and key, and a crash in between is finished by the clock
(`finish_erasures`). What a receiver has already is not undone by this: an `ErasureRequest` says what to ask of whom.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import JSON, Column, CursorResult, UniqueConstraint, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Field, Session, UTCDateTime, col

from core.care.safety import ConcernState, SafetyConcern
from core.courses.enrolments import Enrolment
from core.data.db import Database, Table, within_tenant
from core.data.ids import new_id
from core.data.outbox import OutboxEntry, State
from core.data.vault import Vault
from core.errors import CoreError, NotFound
from core.journal.events import RECEIVERS
from core.journal.notices import TALK
from core.people.access import Role
from core.people.people import Person
from core.people.releases import DataRelease
from core.people.roles import roles_of
from core.privacy.belongings import mentions_of_others, rows_of, tables_of_people

STAYS = ("read_audit",)
"""Rows that a trigger keeps for ever: who read what, by ids that lead nowhere any more."""


class Asker(StrEnum):
    """Who asked for an erasure."""

    SELF = "self"
    OPERATOR = "operator"


class Erasure(Table, table=True):
    """One person was erased: when, who asked, and how many rows of each table went and stayed.

    `key_owner_id` is whose data key is still to be destroyed; None once it is, and then nothing here leads to the person.
    """

    __table_args__ = (UniqueConstraint("tenant_id", "id"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = Field(foreign_key="tenant.id")
    pseudonym: str
    asked_by: str
    erased: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    stayed: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    key_owner_id: UUID | None = Field(default=None, index=True)
    erased_at: datetime = Field(sa_type=UTCDateTime)
    key_destroyed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ErasureRequest(Table, table=True):
    """What to ask of one receiver, which still has what left before the erasure.

    `events` are those that it has kept, `unsure` those that were on their way when the person was erased.
    """

    __tablename__ = "erasure_request"
    __table_args__ = (UniqueConstraint("erasure_id", "receiver"), within_tenant("erasure", "erasure_id", on_delete="CASCADE"))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    erasure_id: UUID
    receiver: str
    events: list[str] = Field(sa_column=Column(JSON, nullable=False))
    unsure: list[str] = Field(sa_column=Column(JSON, nullable=False))


class WorksWithStudents(CoreError):
    """Not only a student: their rows are part of the records of students, and stay with those."""

    code = "erase.works_with_students"


class ConcernWaits(CoreError):
    """Something that the student said waits for an adult to look, and must not vanish before."""

    code = "erase.concern_waits"


@dataclass(frozen=True)
class Erased:
    """What an erasure did. `erased` and `stayed` are rows by table, `to_ask` events by the receiver that still has them.

    Without `key_destroyed` the rows are gone, and the clock destroys the key as soon as the vault answers.
    """

    erasure_id: UUID
    pseudonym: str
    erased: Mapping[str, int]
    stayed: Mapping[str, int]
    to_ask: Mapping[str, int]
    key_destroyed: bool


def erase(database: Database, vault: Vault, tenant_id: UUID, person_id: UUID, *, by: Asker, now: datetime) -> Erased:
    """Erase a student to the end: rows, commit, key. It writes in transactions of its own; the caller holds none open.

    Raises:
        NotFound, WorksWithStudents, ConcernWaits: as `erase_person`; nothing is changed.
    """
    with database.aside() as session:
        made = erase_person(session, tenant_id, person_id, by=by, now=now)
        asked = _to_ask(session, made)
    with suppress(SQLAlchemyError):  # what is committed is not undone by a vault that does not answer: the clock tries again
        finish_erasures(database, vault, now=now)
    with database.session(writes=False) as session:
        left = session.scalars(select(col(Erasure.key_owner_id)).where(col(Erasure.id) == made.id)).one()
    return Erased(made.id, made.pseudonym, made.erased, made.stayed, asked, key_destroyed=left is None)


def erase_person(session: Session, tenant_id: UUID, person_id: UUID, *, by: Asker, now: datetime) -> Erasure:
    """Delete all rows of a student, and write down that it was done. The key goes after the commit: `finish_erasures`.

    Raises:
        NotFound: no such person here.
        WorksWithStudents: they are, or were, something else than a student.
        ConcernWaits: nobody has looked yet at a safety concern about them.
    """
    mine = (col(Person.tenant_id) == tenant_id, col(Person.id) == person_id)
    pseudonym = session.scalars(select(col(Person.pseudonym)).where(*mine).with_for_update()).one_or_none()
    if pseudonym is None:
        raise NotFound(what="person")
    _demand_only_student(session, tenant_id, person_id)
    _demand_no_concern_waits(session, tenant_id, person_id)
    made = Erasure(tenant_id=tenant_id, pseudonym=pseudonym, asked_by=by, erased={}, stayed={}, key_owner_id=person_id, erased_at=now)
    session.add(made)
    session.flush()
    _ask_receivers(session, made, person_id)
    made.erased, made.stayed = _delete_rows(session, tenant_id, person_id)
    session.flush()
    return made


def finish_erasures(database: Database, vault: Vault, *, now: datetime) -> int:
    """Destroy the keys of all who were erased and committed; returns how many. Run twice, or half-way and again, it does no harm."""
    with database.session(writes=False) as session:
        waiting = session.execute(
            select(col(Erasure.id), col(Erasure.key_owner_id)).where(col(Erasure.key_owner_id).is_not(None)).order_by(col(Erasure.id))
        ).all()
    for erasure_id, owner_id in waiting:
        vault.destroy(owner_id)
        with database.aside() as session:
            done = {"key_owner_id": None, "key_destroyed_at": now}
            session.execute(update(Erasure).where(col(Erasure.id) == erasure_id).values(**done))
    return len(waiting)


def erasures_of(session: Session, tenant_id: UUID) -> Sequence[tuple[Erasure, ErasureRequest | None]]:
    """The erasures of a school, oldest first, each with what to ask of each receiver. For the operator."""
    query = (
        select(Erasure, ErasureRequest)
        .outerjoin(ErasureRequest, col(ErasureRequest.erasure_id) == col(Erasure.id))
        .where(col(Erasure.tenant_id) == tenant_id)
        .order_by(col(Erasure.erased_at), col(Erasure.id), col(ErasureRequest.receiver))
    )
    return [(erasure, request) for erasure, request in session.execute(query)]


def _to_ask(session: Session, erasure: Erasure) -> dict[str, int]:
    mine = (col(ErasureRequest.tenant_id) == erasure.tenant_id, col(ErasureRequest.erasure_id) == erasure.id)
    found = session.scalars(select(ErasureRequest).where(*mine).order_by(col(ErasureRequest.receiver)))
    return {one.receiver: len(one.events) + len(one.unsure) for one in found}


def _demand_only_student(session: Session, tenant_id: UUID, person_id: UUID) -> None:
    others = select(func.count()).where(
        col(Enrolment.tenant_id) == tenant_id, col(Enrolment.person_id) == person_id, col(Enrolment.role) != Role.STUDENT
    )
    if session.execute(others).scalar_one() or roles_of(session, tenant_id, person_id):
        raise WorksWithStudents
    for table, named in mentions_of_others(tenant_id, person_id):
        if session.execute(select(1).select_from(table).where(named).limit(1)).first():
            raise WorksWithStudents


def _demand_no_concern_waits(session: Session, tenant_id: UUID, person_id: UUID) -> None:
    waits = col(SafetyConcern.state).in_((ConcernState.CHECKING, ConcernState.OPEN))
    query = select(col(SafetyConcern.id)).where(col(SafetyConcern.tenant_id) == tenant_id, col(SafetyConcern.person_id) == person_id, waits)
    if session.scalars(query.limit(1)).first():
        raise ConcernWaits


def _ask_receivers(session: Session, erasure: Erasure, person_id: UUID) -> None:
    """Leave a request for each receiver that has kept something, or may have."""
    events: dict[str, list[str]] = {}
    kept = select(col(DataRelease.receiver), col(DataRelease.once_key)).where(
        col(DataRelease.tenant_id) == erasure.tenant_id, col(DataRelease.person_id) == person_id
    )
    for receiver, event in session.execute(kept.order_by(col(DataRelease.id))):
        events.setdefault(receiver, []).append(event)
    unsure: dict[str, list[str]] = {}
    tried = select(col(OutboxEntry.destination), col(OutboxEntry.once_key)).where(
        col(OutboxEntry.tenant_id) == erasure.tenant_id,
        col(OutboxEntry.subject_id) == person_id,
        col(OutboxEntry.state) != State.DONE,
        col(OutboxEntry.attempts) > 0,
        col(OutboxEntry.destination).not_in((RECEIVERS, TALK)),
    )
    for receiver, event in session.execute(tried.order_by(col(OutboxEntry.seq))):
        unsure.setdefault(receiver, []).append(event)
    about = {"tenant_id": erasure.tenant_id, "erasure_id": erasure.id}
    for receiver in events.keys() | unsure.keys():
        session.add(ErasureRequest(**about, receiver=receiver, events=events.get(receiver, []), unsure=unsure.get(receiver, [])))
    session.flush()


def _delete_rows(session: Session, tenant_id: UUID, person_id: UUID) -> tuple[dict[str, int], dict[str, int]]:
    """Delete what belongs to a person, what points at a row before the row; how many of each table went, and how many stay."""
    erased, stayed = {}, {}
    for table in reversed(tables_of_people()):
        mine = rows_of(table, tenant_id, person_id)
        if table.name in STAYS:
            stayed[table.name] = session.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
        else:
            erased[table.name] = cast("CursorResult[Any]", session.execute(delete(table).where(mine))).rowcount
    return {name: count for name, count in erased.items() if count}, {name: count for name, count in stayed.items() if count}
