"""Check-ins: progress on the active goal and what is in the way. Mood is apart, and private."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, and_, delete, func, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.courses.courses import Course
from core.courses.enrolments import Place, places_query
from core.data import outbox
from core.data.clock import local_day
from core.data.db import Table, insert_into, within_tenant
from core.data.ids import new_id
from core.people.access import Role

MOOD_KEPT = timedelta(days=30)
MADE = "check_in.made"
RECEIVERS = "receivers"
"""The outbox destination of events; the worker hands each to the receivers that the course switched on."""

BLOCKER = "check_in.sealed_blocker"


class Blocker(StrEnum):
    """What is in the way."""

    NOTHING = "nothing"
    TIME = "time"
    NOT_UNDERSTOOD = "not_understood"
    SOMETHING_ELSE = "something_else"


class CheckIn(Table, table=True):
    """One check-in a student, course and school day. The teacher reads progress and blocker."""

    __tablename__ = "check_in"
    __table_args__ = (
        UniqueConstraint("course_id", "person_id", "day"),
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("steps_done >= 0 AND steps_planned >= 0", name="steps_counted"),
        Index("ix_check_in_student", "tenant_id", "person_id", "day"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("course", "course_id"),
        within_tenant("goal", "goal_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID
    course_id: UUID
    goal_id: UUID | None = None
    day: date
    steps_done: int | None = None
    steps_planned: int | None = None
    blocker: str | None = None
    sealed_blocker: bytes | None = None
    confidence: str | None = None
    made_at: datetime = Field(sa_type=UTCDateTime)


class Mood(Table, table=True):
    """How a student said they are: one a day over all courses, kept for 30 days, never a metric, never sent anywhere."""

    __table_args__ = (
        UniqueConstraint("person_id", "day"),
        CheckConstraint("value BETWEEN 1 AND 5", name="value_in_range"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID
    day: date
    value: int
    said_at: datetime = Field(sa_type=UTCDateTime)


def check_in(session: Session, course: Course, person_id: UUID, *, zone: str, now: datetime) -> bool:
    """Check in for today; False when the student already has. A press on the button twice is one check-in.

    The word for the receivers is promised in the same transaction.

    Args:
        zone: the IANA zone in which "today" is meant, the course's.
    """
    row = {
        "id": new_id(),
        "tenant_id": course.tenant_id,
        "person_id": person_id,
        "course_id": course.id,
        "day": local_day(now, zone),
        "made_at": now,
    }
    insert = insert_into(session, CheckIn).values(**row).on_conflict_do_nothing().returning(col(CheckIn.id))
    made = session.execute(insert).scalar_one_or_none()
    if made is None:
        return False
    outbox.promise(
        session,
        MADE,
        RECEIVERS,
        tenant_id=course.tenant_id,
        subject_id=person_id,
        payload={"check_in": str(made), "course": str(course.id), "at": now.isoformat()},
        once_key=f"{MADE}:{made}",
        due_at=now,
    )
    return True


def last_check_in(session: Session, tenant_id: UUID, person_id: UUID, course_id: UUID) -> CheckIn | None:
    """The newest check-in of a student in a course."""
    query = (
        select(CheckIn)
        .where(col(CheckIn.tenant_id) == tenant_id, col(CheckIn.person_id) == person_id, col(CheckIn.course_id) == course_id)
        .order_by(col(CheckIn.day).desc())
        .limit(1)
    )
    return session.scalars(query).first()


def places_with_last_days(session: Session, tenant_id: UUID, person_id: UUID) -> list[tuple[Place, date | None]]:
    """The courses of a person, by title, each with the day of their newest check-in there, in one statement."""
    newest = (
        select(col(CheckIn.course_id), func.max(col(CheckIn.day)).label("day"))
        .where(col(CheckIn.tenant_id) == tenant_id, col(CheckIn.person_id) == person_id)
        .group_by(col(CheckIn.course_id))
        .subquery()
    )
    query = places_query(tenant_id, person_id).outerjoin(newest, newest.c.course_id == col(Course.id)).add_columns(newest.c.day)
    return [(Place(course_id, title, Role(role), zone), day) for course_id, title, role, zone, day in session.execute(query)]


def last_check_ins(session: Session, tenant_id: UUID, course_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, tuple[date, str | None]]:
    """The day of the newest check-in of each of some students in a course, and the code of what was in the way.

    One statement; who never checked in is absent.
    """
    newest = (
        select(col(CheckIn.person_id), func.max(col(CheckIn.day)).label("day"))
        .where(col(CheckIn.tenant_id) == tenant_id, col(CheckIn.course_id) == course_id, col(CheckIn.person_id).in_(person_ids))
        .group_by(col(CheckIn.person_id))
        .subquery()
    )
    query = (
        select(col(CheckIn.person_id), col(CheckIn.day), col(CheckIn.blocker))
        .join(newest, and_(newest.c.person_id == col(CheckIn.person_id), newest.c.day == col(CheckIn.day)))
        .where(col(CheckIn.tenant_id) == tenant_id, col(CheckIn.course_id) == course_id)
    )
    return {person_id: (day, blocker) for person_id, day, blocker in session.execute(query)}


def forget_moods(session: Session, *, before: datetime) -> None:
    """Delete moods that were said before an instant: they are kept for `MOOD_KEPT`, as students are told."""
    session.execute(delete(Mood).where(col(Mood.said_at) < before))
