"""One schema on SQLite and PostgreSQL, and the three ways to use it."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Session, col

from core.courses.calendar import CalendarBreak
from core.courses.competencies import Competency, Framework
from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.courses.guide import GuideItem
from core.data.db import Database
from core.evidence.evidence import Estimate, Evidence
from core.journal.checkins import CheckIn
from core.journal.goals import Goal
from core.journal.help_requests import HelpRequest
from core.journal.reflections import Reflection
from core.mastery.receivers import CourseReceiver
from core.people.accounts import Account
from core.people.releases import DataRelease
from core.people.roles import RoleGrant, SchoolRole
from core.people.tenants import Tenant, add_tenant
from core.people.viewers import Viewer
from tests.people_made import School

HELD_SECONDS = 0.3


def test_an_instant_without_a_zone_is_refused(session: Session) -> None:
    session.add(Tenant(name="Riverside", created_at=datetime(2026, 11, 23, 18, 0)))
    with pytest.raises(StatementError):
        session.flush()


def test_an_instant_comes_back_aware_and_the_same(database: Database, now: datetime) -> None:
    with database.aside() as session:
        add_tenant(session, "Riverside", zone="UTC", language="en", now=now)
    with database.session(writes=False) as session:
        kept = session.execute(select(col(Tenant.created_at))).scalar_one()
    assert kept == now
    assert kept.utcoffset() == timedelta(0)


def test_a_row_cannot_point_at_nothing(session: Session, now: datetime) -> None:
    session.add(Framework(tenant_id=uuid4(), case_id=uuid4(), title="Mathematics", imported_at=now))
    with pytest.raises(IntegrityError):
        session.flush()


def test_what_is_not_committed_is_gone(database: Database, now: datetime) -> None:
    with database.session() as session:
        add_tenant(session, "Riverside", zone="UTC", language="en", now=now)
    assert tenants_in(database) == 0


def test_what_is_done_aside_survives_a_refusal(database: Database, now: datetime) -> None:
    with database.session() as session, pytest.raises(RuntimeError, match="refused"):
        with database.aside() as own:
            add_tenant(own, "Riverside", zone="UTC", language="en", now=now)
        add_tenant(session, "Lakeside", zone="UTC", language="en", now=now)
        raise RuntimeError("refused")
    assert tenants_in(database) == 1


def test_what_fails_aside_leaves_nothing(database: Database, now: datetime) -> None:
    with pytest.raises(RuntimeError), database.aside() as session:
        add_tenant(session, "Riverside", zone="UTC", language="en", now=now)
        raise RuntimeError
    assert tenants_in(database) == 0


@pytest.mark.parametrize("writes", [True, False])
def test_a_bare_connection_keeps_what_it_did_unless_it_fails(database: Database, now: datetime, writes: bool) -> None:
    for fails in (True, False):
        with suppress(RuntimeError), database.connect(writes=writes) as connection:
            row = {"id": uuid4(), "name": "Riverside", "zone": "UTC", "language": "en", "keeps_names": True, "created_at": now}
            connection.execute(insert(Tenant), row)
            if fails:
                raise RuntimeError
    assert tenants_in(database) == 1


def test_a_reader_does_not_block_a_writer_and_sees_its_own_moment(database: Database, now: datetime) -> None:
    with database.session(writes=False) as reader:
        assert count_tenants(reader) == 0
        with database.aside() as writer:
            add_tenant(writer, "Riverside", zone="UTC", language="en", now=now)
        assert count_tenants(reader) == (0 if database.is_sqlite else 1)
    assert tenants_in(database) == 1


def test_a_writer_does_not_block_a_reader(database: Database, now: datetime) -> None:
    with database.session() as writer:
        add_tenant(writer, "Riverside", zone="UTC", language="en", now=now)
        assert tenants_in(database) == 0
        writer.commit()
    assert tenants_in(database) == 1


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_second_writer_on_sqlite_waits_for_the_first_and_never_fails_half_way(database: Database, now: datetime) -> None:
    holding, waited = threading.Event(), threading.Event()

    def second() -> None:
        holding.wait()
        with database.aside() as session:
            before = count_tenants(session)
            add_tenant(session, f"after {before}", zone="UTC", language="en", now=now)
        waited.set()

    thread = threading.Thread(target=second)
    thread.start()
    with database.session() as first:
        assert count_tenants(first) == 0
        holding.set()
        assert not waited.wait(HELD_SECONDS)
        add_tenant(first, "first", zone="UTC", language="en", now=now)
        first.commit()
    thread.join()
    with database.session(writes=False) as session:
        assert set(session.scalars(select(col(Tenant.name)))) == {"first", "after 1"}


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_durable_database_keeps_each_commit_and_overwrites_what_is_deleted(database_address: str) -> None:
    database = Database(database_address, durable=True)
    for writes in (True, False):
        with database.session(writes=writes) as session:
            safety = [session.execute(text(f"PRAGMA {pragma}")).scalar_one() for pragma in ("synchronous", "secure_delete", "journal_mode")]
        assert safety == [2, 1, "wal"]
    database.dispose()


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 15000), ("synchronous", 1)])
def test_sqlite_is_kept_as_a_server_would_be(database_address: str, pragma: str, value: object) -> None:
    database = Database(database_address)
    with database.session(writes=False) as session:
        assert session.execute(text(f"PRAGMA {pragma}")).scalar_one() == value
    database.dispose()


ACROSS: dict[str, Callable[[School, School, datetime], Any]] = {
    "an account of their person": lambda here, there, now: Account(
        tenant_id=here.tenant.id, person_id=there.student.id, channel="lti", realm="https://lms", subject="7", created_at=now
    ),
    "a role for their person": lambda here, there, now: RoleGrant(
        tenant_id=here.tenant.id, person_id=there.teacher.id, role=SchoolRole.TENANT_ADMIN, granted_at=now
    ),
    "a viewer of their person": lambda here, there, now: Viewer(
        tenant_id=here.tenant.id,
        person_id=there.student.id,
        handle_hash="h",
        cookie_hash="c",
        role="student",
        expires_at=now,
    ),
    "a viewer of their course": lambda here, there, now: Viewer(
        tenant_id=here.tenant.id,
        person_id=here.student.id,
        course_id=there.course.id,
        handle_hash="h",
        cookie_hash="c",
        role="student",
        expires_at=now,
    ),
    "a course of their deployment": lambda here, there, now: Course(
        tenant_id=here.tenant.id, deployment_id=there.deployment.id, context_id="9", title="Algebra", created_at=now
    ),
    "an enrolment in their course": lambda here, there, now: Enrolment(
        tenant_id=here.tenant.id, course_id=there.course.id, person_id=here.student.id, role="student", joined_at=now
    ),
    "an enrolment of their person": lambda here, there, now: Enrolment(
        tenant_id=here.tenant.id, course_id=here.course.id, person_id=there.student.id, role="student", joined_at=now
    ),
    "a competency of their framework": lambda here, there, now: Competency(
        tenant_id=here.tenant.id, framework_id=there.framework.id, case_id=uuid4(), statement="s", short_name="s"
    ),
    "a competency under theirs": lambda here, there, now: Competency(
        tenant_id=here.tenant.id,
        framework_id=here.framework.id,
        parent_id=there.competency.id,
        case_id=uuid4(),
        statement="s",
        short_name="s",
    ),
    "a line of a guide on their competency": lambda here, there, now: GuideItem(
        tenant_id=here.tenant.id, course_id=here.course.id, competency_id=there.competency.id
    ),
    "a break of their course": lambda here, there, now: CalendarBreak(
        tenant_id=here.tenant.id, course_id=there.course.id, name="Break", starts_on=now.date(), ends_on=now.date()
    ),
    "evidence about their student": lambda here, there, now: Evidence(
        tenant_id=here.tenant.id,
        person_id=there.student.id,
        course_id=here.course.id,
        competency_id=here.competency.id,
        source="teacher",
        score_bp=1,
        observed_at=now,
        recorded_at=now,
    ),
    "an estimate on their competency": lambda here, there, now: Estimate(
        tenant_id=here.tenant.id,
        person_id=here.student.id,
        course_id=here.course.id,
        competency_id=there.competency.id,
        value_bp=1,
        pacing_bp=1,
        observations=1,
        last_observed_at=now,
    ),
    "a goal in their course": lambda here, there, now: Goal(
        tenant_id=here.tenant.id,
        person_id=here.student.id,
        course_id=there.course.id,
        competency_id=here.competency.id,
        target_on=now.date(),
        created_at=now,
    ),
    "a check-in in their course": lambda here, there, now: CheckIn(
        tenant_id=here.tenant.id, person_id=here.student.id, course_id=there.course.id, day=now.date(), made_at=now
    ),
    "a reflection of their student": lambda here, there, now: Reflection(
        tenant_id=here.tenant.id,
        person_id=there.student.id,
        course_id=here.course.id,
        phase="performance",
        prompt="p",
        sealed_words=b"",
        written_at=now,
    ),
    "a help request to their teacher": lambda here, there, now: HelpRequest(
        tenant_id=here.tenant.id,
        person_id=here.student.id,
        to_person_id=there.teacher.id,
        course_id=here.course.id,
        kind="academic",
        sealed_words=b"",
        asked_at=now,
    ),
    "a receiver of their course": lambda here, there, now: CourseReceiver(
        tenant_id=here.tenant.id, course_id=there.course.id, receiver="gradebook", switched_on_by=here.teacher.id, switched_on_at=now
    ),
    "a release about their student": lambda here, there, now: DataRelease(
        tenant_id=here.tenant.id, person_id=there.student.id, receiver="gradebook", event_kind="k", once_key="1", released_at=now
    ),
}


@pytest.mark.parametrize("row", ACROSS.values(), ids=ACROSS)
def test_the_database_refuses_what_crosses_schools(
    session: Session, school: School, neighbours: School, now: datetime, row: Callable[[School, School, datetime], Any]
) -> None:
    session.add(row(school, neighbours, now))
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize("row", ACROSS.values(), ids=ACROSS)
def test_and_takes_the_same_within_one_school(
    session: Session, school: School, now: datetime, row: Callable[[School, School, datetime], Any]
) -> None:
    session.execute(text("DELETE FROM enrolment"))  # the school's own would be in the way
    session.add(row(school, school, now))
    session.flush()


def count_tenants(session: Session) -> int:
    return int(session.execute(select(func.count()).select_from(Tenant)).scalar_one())


def tenants_in(database: Database) -> int:
    with database.session(writes=False) as session:
        return count_tenants(session)
