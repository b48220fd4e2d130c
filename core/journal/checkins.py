"""Check-ins: progress on the active goal and what is in the way. Mood is apart, and private."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Select, UniqueConstraint, and_, bindparam, delete, func, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.courses.courses import Course
from core.courses.enrolments import Place, places_query
from core.data import outbox
from core.data.clock import local_day
from core.data.db import Table, add_once, insert_into, within_tenant
from core.data.ids import new_id
from core.data.outbox import Promise
from core.errors import CoreError
from core.journal.events import EventKind, event
from core.journal.goal_steps import follow_count
from core.journal.goals import GoalState, own_goal
from core.journal.student import Student
from core.journal.words import seal_words
from core.people.access import Role

MOOD_KEPT = timedelta(days=30)
MOST_LOOKED_AT = 60
RECORD = "check_in"
BLOCKER = "check_in.sealed_blocker"


class Blocker(StrEnum):
    """What is in the way."""

    NOTHING = "nothing"
    TIME = "time"
    NOT_UNDERSTOOD = "not_understood"
    SOMETHING_ELSE = "something_else"


class Confidence(StrEnum):
    """How sure a student feels, before a quiz or after a claim; in these words, never on a scale of numbers."""

    LOST = "lost"
    SHAKY = "shaky"
    OK = "ok"
    COULD_TEACH = "could_teach"


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


class StepsUncountable(CoreError):
    """Steps are counted from none upwards."""

    code = "check_in.steps_uncountable"


class MoodUnknown(CoreError):
    """A mood is one of five faces, 1 to 5."""

    code = "mood.unknown"


@dataclass(frozen=True)
class Progress:
    """What a student says at a check-in. None was skipped, or asked before: it leaves what was said earlier that day.

    `goal_id` is the goal that it is about; `steps_planned` is taken from that goal's steps, where it has any.
    `blocker_words` are what is in the way in the student's words.
    """

    goal_id: UUID | None = None
    steps_done: int | None = None
    steps_planned: int | None = None
    blocker: Blocker | None = None
    blocker_words: str | None = None
    confidence: Confidence | None = None


def check_in(session: Session, course: Course, person_id: UUID, *, zone: str, now: datetime) -> bool:
    """Check in for today; False when the student already has. A press on the button twice is one check-in.

    The word for the receivers is promised in the same transaction.

    Args:
        zone: the IANA zone in which "today" is meant, the course's.
    """
    made = _made(session, course, person_id, local_day(now, zone), {}, now)
    if made:
        outbox.promise_all(session, [_event(EventKind.CHECK_IN_MADE, course, person_id, made, None, now)])
    return made is not None


def record_check_in(session: Session, student: Student, told: Progress, *, now: datetime) -> CheckIn:
    """Check in with what the student said. The second one of a day and course completes and corrects the first.

    The steps of the goal follow the count: those are done that the student says are done.

    Raises:
        StepsUncountable: fewer than none done or planned.
        NotFound: no such goal of this student.
        GoalNotOpen: the goal has ended, or is not accepted yet.
        WordsMissing, WordsTooLong: the words cannot be kept.
    """
    if min(told.steps_done or 0, told.steps_planned or 0) < 0:
        raise StepsUncountable
    said, events = _columns(session, student, told, now)
    day = student.today(now)
    made = _made(session, student.course, student.person_id, day, said, now)
    found = made or _of_day(session, student, day)
    if made is None and said:
        for column, value in said.items():
            setattr(found, column, value)
        if told.blocker and not told.blocker_words:
            found.sealed_blocker = None  # those words were about what was in the way before
        session.add(found)
        session.flush()
        events.append(_event(EventKind.CHECK_IN_UPDATED, student.course, student.person_id, found, now.isoformat(), now))
    elif made:
        events.append(_event(EventKind.CHECK_IN_MADE, student.course, student.person_id, made, None, now))
    if told.confidence:
        events.append(_event(EventKind.MASTERY_SELF_ASSESSED, student.course, student.person_id, found, told.confidence, now))
    outbox.promise_all(session, events)
    return found


def last_check_in(session: Session, tenant_id: UUID, person_id: UUID, course_id: UUID) -> CheckIn | None:
    """The newest check-in of a student in a course."""
    query = (
        select(CheckIn)
        .where(col(CheckIn.tenant_id) == tenant_id, col(CheckIn.person_id) == person_id, col(CheckIn.course_id) == course_id)
        .order_by(col(CheckIn.day).desc())
        .limit(1)
    )
    return session.scalars(query).first()


@dataclass(frozen=True)
class LookBack:
    """The check-ins of a student in a course before a day: how many, the newest, and what was last told of one goal."""

    count: int = 0
    newest_on: date | None = None
    steps_done: int | None = None
    told_on: date | None = None


def look_back(session: Session, student: Student, goal_id: UUID | None, *, before: date) -> LookBack:
    """What a student told before a day, in one statement; of a goal the newest count of the last `MOST_LOOKED_AT` check-ins."""
    query = (
        select(func.count().over(), col(CheckIn.day), col(CheckIn.goal_id), col(CheckIn.steps_done))
        .where(
            col(CheckIn.tenant_id) == student.tenant_id,
            col(CheckIn.course_id) == student.course.id,
            col(CheckIn.person_id) == student.person_id,
            col(CheckIn.day) < before,
        )
        .order_by(col(CheckIn.day).desc())
        .limit(MOST_LOOKED_AT)
    )
    rows = session.execute(query).all()
    if not rows:
        return LookBack()
    told = ((done, day) for _, day, about, done in rows if about == goal_id and done is not None)
    return LookBack(rows[0][0], rows[0][1], *next(told, (None, None)))


def places_with_last_days(session: Session, tenant_id: UUID, person_id: UUID) -> list[tuple[Place, date | None]]:
    """The courses of a person, by title, each with the day of their newest check-in there, in one statement."""
    rows = session.execute(_places_with_days(), {"tenant_id": tenant_id, "person_id": person_id})
    return [(Place(course_id, title, Role(role), zone), day) for course_id, title, role, zone, day in rows]


@cache
def _places_with_days() -> Select[UUID, str, str, str, date]:
    newest = (
        select(col(CheckIn.course_id), func.max(col(CheckIn.day)).label("day"))
        .where(col(CheckIn.tenant_id) == bindparam("tenant_id"), col(CheckIn.person_id) == bindparam("person_id"))
        .group_by(col(CheckIn.course_id))
        .subquery()
    )
    return places_query().outerjoin(newest, newest.c.course_id == col(Course.id)).add_columns(newest.c.day)


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


def say_mood(session: Session, tenant_id: UUID, person_id: UUID, value: int, *, zone: str, now: datetime) -> None:
    """Keep how a student says they are: one a day over all courses; a second one corrects the first. No event tells of it.

    Args:
        value: 1 to 5, the saddest face to the happiest.
        zone: the IANA zone of the person's days.

    Raises:
        MoodUnknown: another number.
    """
    if not 1 <= value <= 5:
        raise MoodUnknown
    row = {"id": new_id(), "tenant_id": tenant_id, "person_id": person_id, "day": local_day(now, zone), "value": value, "said_at": now}
    insert = insert_into(session, Mood).values(**row)
    session.execute(insert.on_conflict_do_update(index_elements=["person_id", "day"], set_={"value": value, "said_at": now}))


def has_said_mood(session: Session, tenant_id: UUID, person_id: UUID, day: date) -> bool:
    """Whether a student said how they are on a day: it is asked once."""
    query = select(col(Mood.id)).where(col(Mood.tenant_id) == tenant_id, col(Mood.person_id) == person_id, col(Mood.day) == day)
    return session.scalars(query).first() is not None


def own_moods(session: Session, tenant_id: UUID, person_id: UUID) -> list[tuple[date, int]]:
    """A student's own moods of the last 30 days, oldest first. For that student only."""
    query = select(col(Mood.day), col(Mood.value)).where(col(Mood.tenant_id) == tenant_id, col(Mood.person_id) == person_id)
    return [(day, value) for day, value in session.execute(query.order_by(col(Mood.day)))]


def take_back_mood(session: Session, tenant_id: UUID, person_id: UUID, day: date) -> None:
    """Forget the mood of a day, as if it had not been said."""
    session.execute(delete(Mood).where(col(Mood.tenant_id) == tenant_id, col(Mood.person_id) == person_id, col(Mood.day) == day))


def forget_moods(session: Session, *, before: datetime) -> None:
    """Delete moods that were said before an instant: they are kept for `MOOD_KEPT`, as students are told."""
    session.execute(delete(Mood).where(col(Mood.said_at) < before))


def _of_day(session: Session, student: Student, day: date) -> CheckIn:
    """The check-in of a day, locked."""
    query = select(CheckIn).where(
        col(CheckIn.tenant_id) == student.tenant_id,
        col(CheckIn.course_id) == student.course.id,
        col(CheckIn.person_id) == student.person_id,
        col(CheckIn.day) == day,
    )
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()


def _made(session: Session, course: Course, person_id: UUID, day: date, said: dict[str, Any], now: datetime) -> CheckIn | None:
    """Insert the check-in of a day; None when there is one already."""
    row = {"id": new_id(), "tenant_id": course.tenant_id, "person_id": person_id, "course_id": course.id, "day": day, "made_at": now}
    return add_once(session, CheckIn, {**row, **said})


def _columns(session: Session, student: Student, told: Progress, now: datetime) -> tuple[dict[str, Any], list[Promise]]:
    """What was said, by column, what was not said being absent; and the events of the steps that follow the count."""
    events: list[Promise] = []
    sealed = seal_words(student.key, told.blocker_words, BLOCKER) if told.blocker_words else None
    planned = told.steps_planned
    if told.goal_id and told.steps_done is not None:
        counted, events = follow_count(session, student, told.goal_id, told.steps_done, now=now)
        planned = counted or planned
    elif told.goal_id:
        own_goal(session, student.tenant_id, student.person_id, told.goal_id, state=GoalState.OPEN)
    said = {
        "goal_id": told.goal_id,
        "steps_done": told.steps_done,
        "steps_planned": planned,
        "blocker": told.blocker,
        "sealed_blocker": sealed,
        "confidence": told.confidence,
    }
    return {column: value for column, value in said.items() if value is not None}, events


def _event(kind: EventKind, course: Course, person_id: UUID, about: CheckIn, once: str | None, now: datetime) -> Promise:
    ids = {"tenant_id": course.tenant_id, "person_id": person_id, "course_id": course.id}
    return event(kind, {"check_in": about.id}, **ids, once=f"{about.id}:{once}" if once else about.id, now=now)
