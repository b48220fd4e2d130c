"""Check-ins: one a school day and course, each with its word for the receivers."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from core.data import outbox
from core.data.db import Database
from core.data.outbox import Claim, OutboxEntry
from core.data.vault import Vault
from core.journal.checkins import MOOD_KEPT, CheckIn, Mood, check_in, forget_moods, last_check_in
from core.journal.events import RECEIVERS, EventKind
from core.people.access import Role
from tests.people_made import School, add_course, join

CALIFORNIA = "America/Los_Angeles"


def checks_in(session: Session, school: School, now: datetime, zone: str = CALIFORNIA) -> bool:
    return check_in(session, school.course, school.student.id, zone=zone, now=now)


def newest(session: Session, school: School) -> CheckIn:
    found = last_check_in(session, school.tenant.id, school.student.id, school.course.id)
    assert found is not None
    return found


def promised(session: Session, now: datetime) -> list[Claim]:
    return outbox.claim(session, now=now, lease=timedelta(minutes=1))


def test_a_check_in_is_made_today(session: Session, school: School, now: datetime) -> None:
    assert last_check_in(session, school.tenant.id, school.student.id, school.course.id) is None
    assert checks_in(session, school, now)
    made = newest(session, school)
    assert (made.day, made.made_at, made.tenant_id) == (date(2026, 11, 23), now, school.tenant.id)
    assert (made.steps_done, made.blocker, made.goal_id) == (None, None, None)


def test_twice_a_day_is_one(session: Session, school: School, now: datetime) -> None:
    assert [checks_in(session, school, now + hours) for hours in (timedelta(0), timedelta(seconds=1), timedelta(hours=3))] == [
        True,
        False,
        False,
    ]
    assert session.execute(select(func.count()).select_from(CheckIn)).scalar_one() == 1
    assert len(promised(session, now + timedelta(days=1))) == 1


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        (datetime(2026, 11, 24, 7, 0, tzinfo=UTC), CALIFORNIA, date(2026, 11, 23)),
        (datetime(2026, 11, 24, 7, 59, 59, tzinfo=UTC), CALIFORNIA, date(2026, 11, 23)),
        (datetime(2026, 11, 24, 8, 0, tzinfo=UTC), CALIFORNIA, date(2026, 11, 24)),
        (datetime(2026, 11, 23, 23, 0, tzinfo=UTC), "Europe/Madrid", date(2026, 11, 24)),
    ],
    ids=["11 pm", "a second to midnight", "midnight", "Madrid"],
)
def test_today_is_the_day_of_the_course(session: Session, school: School, instant: datetime, zone: str, day: date) -> None:
    assert checks_in(session, school, instant, zone)
    assert newest(session, school).day == day


def test_late_on_monday_and_early_on_tuesday_in_california_are_two(session: Session, school: School) -> None:
    late, early = datetime(2026, 11, 24, 7, 0, tzinfo=UTC), datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert [checks_in(session, school, late), checks_in(session, school, early)] == [True, True]
    assert newest(session, school).day == date(2026, 11, 24)


def test_the_word_for_the_receivers_is_promised_with_it(session: Session, school: School, now: datetime) -> None:
    checks_in(session, school, now)
    (word,) = promised(session, now)
    assert (word.kind, word.destination, word.subject_id, word.tenant_id) == (
        EventKind.CHECK_IN_MADE,
        RECEIVERS,
        school.student.id,
        school.tenant.id,
    )
    assert word.payload == {"check_in": str(newest(session, school).id), "course": str(school.course.id), "at": now.isoformat()}


def test_the_word_is_undone_with_it(database: Database, kept_school: School, now: datetime) -> None:
    with database.session() as session:
        checks_in(session, kept_school, now)
        session.rollback()
    with database.session(writes=False) as session:
        assert session.execute(select(func.count()).select_from(OutboxEntry)).scalar_one() == 0
        assert last_check_in(session, kept_school.tenant.id, kept_school.student.id, kept_school.course.id) is None


def test_each_course_and_each_student_has_its_own(session: Session, vault: Vault, school: School, now: datetime) -> None:
    biology = add_course(session, school.deployment, "Biology", now=now)
    ben = join(session, vault, school.course, "Ben", Role.STUDENT, now=now)
    assert checks_in(session, school, now)
    assert check_in(session, biology, school.student.id, zone=CALIFORNIA, now=now)
    assert check_in(session, school.course, ben.id, zone=CALIFORNIA, now=now)
    assert len(promised(session, now)) == 3


def test_the_newest_is_the_last_and_stays_in_its_school(session: Session, school: School, neighbours: School, now: datetime) -> None:
    for days in (0, 2, 1):
        checks_in(session, school, now + timedelta(days=days))
    assert newest(session, school).day == date(2026, 11, 25)
    assert last_check_in(session, neighbours.tenant.id, school.student.id, school.course.id) is None


def test_a_mood_is_said_once_a_day_over_all_courses(session: Session, school: School, now: datetime) -> None:
    def say(value: int) -> None:
        session.add(Mood(tenant_id=school.tenant.id, person_id=school.student.id, day=now.date(), value=value, said_at=now))
        session.flush()

    say(4)
    with pytest.raises(IntegrityError):
        say(2)


def test_moods_are_forgotten_after_thirty_days(session: Session, school: School, now: datetime) -> None:
    for age in (timedelta(0), MOOD_KEPT, MOOD_KEPT + timedelta(days=1)):
        said_at = now - age
        session.add(Mood(tenant_id=school.tenant.id, person_id=school.student.id, day=said_at.date(), value=3, said_at=said_at))
    session.flush()
    forget_moods(session, before=now - MOOD_KEPT)
    assert sorted(session.scalars(select(col(Mood.said_at)))) == [now - MOOD_KEPT, now]
    assert timedelta(days=30) == MOOD_KEPT


@pytest.mark.parametrize("value", [0, 6])
def test_a_mood_is_one_of_five(session: Session, school: School, now: datetime, value: int) -> None:
    session.add(Mood(tenant_id=school.tenant.id, person_id=school.student.id, day=now.date(), value=value, said_at=now))
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize(("done", "planned"), [(-1, 3), (1, -3)])
def test_steps_are_counted_from_nothing(session: Session, school: School, now: datetime, done: int, planned: int) -> None:
    checks_in(session, school, now)
    made = newest(session, school)
    made.steps_done, made.steps_planned = done, planned
    session.add(made)
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_check_in_leaves_with_its_student(session: Session, school: School, now: datetime) -> None:
    checks_in(session, school, now)
    session.delete(school.student)
    session.flush()
    assert list(session.scalars(select(col(CheckIn.id)))) == []
