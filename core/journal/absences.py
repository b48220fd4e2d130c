"""Absences: an adult is away from a course until a day, and may name another teacher of it who answers meanwhile.

Only academic help is delegated. Personal help waits for whom it was sent to; the student is told, and may choose again.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import UniqueConstraint, bindparam, delete, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.clock import local_day
from core.data.db import Table, insert_into, within_tenant
from core.data.ids import new_id
from core.errors import CoreError
from core.journal.adults import demand_teacher, teachers_of
from core.people.audit import Reader

KEPT = timedelta(days=7)


class Absence(Table, table=True):
    """One teacher is away from one course, up to and including a day in its zone."""

    __table_args__ = (
        UniqueConstraint("course_id", "person_id"),
        within_tenant("course", "course_id", on_delete="CASCADE"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("person", "delegate_id", on_delete="CASCADE"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    course_id: UUID
    person_id: UUID
    until_on: date
    delegate_id: UUID | None = None
    told_at: datetime = Field(sa_type=UTCDateTime)


class AbsenceEndsInPast(CoreError):
    """Nobody will have been away."""

    code = "absence.ends_in_past"


class NotATeacherHere(CoreError):
    """Only another teacher of the course can answer in one's place."""

    code = "absence.not_a_teacher_here"


def go_away(
    session: Session, teacher: Reader, course_id: UUID, until_on: date, *, delegate_id: UUID | None = None, zone: str, now: datetime
) -> None:
    """Say that one is away from a course. A second time replaces the first.

    Args:
        until_on: the last day away, in the course's zone.
        delegate_id: who answers meanwhile; None for nobody.
        zone: the IANA zone of the course.

    Raises:
        NotFound: they do not teach the course.
        AbsenceEndsInPast: `until_on` is before today.
        NotATeacherHere: the delegate is themselves, or does not teach the course.
    """
    demand_teacher(session, teacher, course_id)
    if until_on < local_day(now, zone):
        raise AbsenceEndsInPast(until_on=until_on.isoformat())
    if delegate_id and (delegate_id == teacher.person_id or delegate_id not in teachers_of(session, teacher.tenant_id, course_id)):
        raise NotATeacherHere
    row = {"tenant_id": teacher.tenant_id, "course_id": course_id, "person_id": teacher.person_id}
    told = {"until_on": until_on, "delegate_id": delegate_id, "told_at": now}
    insert = insert_into(session, Absence).values(id=new_id(), **row, **told)
    session.execute(insert.on_conflict_do_update(index_elements=["course_id", "person_id"], set_=told))


def come_back(session: Session, teacher: Reader, course_id: UUID) -> None:
    """Say that one is there again. Twice changes nothing."""
    mine = (col(Absence.tenant_id) == teacher.tenant_id, col(Absence.course_id) == course_id, col(Absence.person_id) == teacher.person_id)
    session.execute(delete(Absence).where(*mine))


def absence_of(session: Session, tenant_id: UUID, person_id: UUID, course_id: UUID, today: date) -> Absence | None:
    """Until when an adult is away from a course, and who answers meanwhile; None when they are there.

    Args:
        today: the day in the course's zone.
    """
    asked = {"tenant_id": tenant_id, "course_id": course_id, "person_id": person_id, "today": today}
    return session.scalars(_away, asked).one_or_none()


_away = (
    select(Absence)
    .where(
        col(Absence.tenant_id) == bindparam("tenant_id"),
        col(Absence.course_id) == bindparam("course_id"),
        col(Absence.person_id) == bindparam("person_id"),
        col(Absence.until_on) >= bindparam("today"),
    )
    .execution_options(populate_existing=True)
)


def own_absences(session: Session, teacher: Reader, today: date) -> list[Absence]:
    """From which courses a teacher is away, the next return first.

    Args:
        today: the day where the teacher is.
    """
    query = select(Absence).where(
        col(Absence.tenant_id) == teacher.tenant_id, col(Absence.person_id) == teacher.person_id, col(Absence.until_on) >= today
    )
    return list(session.scalars(query.order_by(col(Absence.until_on), col(Absence.id)).execution_options(populate_existing=True)))


def forget_absences(session: Session, *, before: datetime) -> None:
    """Delete absences that ended before an instant."""
    session.execute(delete(Absence).where(col(Absence.until_on) < local_day(before, "UTC")))
