"""What was read and what left: written down with the deed, and never rewritten."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, select

from core.data.db import Database
from core.people.access import Role
from core.people.audit import ReadAudit, audit_reads, reads_of
from core.people.releases import log_release, releases_of
from core.people.viewers import Me
from tests.people_made import School, look_as


@pytest.fixture
def rivera(session: Session, school: School, now: datetime) -> Me:
    return look_as(session, school, school.teacher, Role.TEACHER, now=now)


def test_every_record_read_is_written_down(session: Session, school: School, rivera: Me, now: datetime) -> None:
    records = [(school.student.id, uuid4()) for _ in range(3)]
    audit_reads(session, rivera, "reflection", records, why="roster", now=now)
    reads = reads_of(session, school.tenant.id, school.student.id)
    assert [one.record_id for one in reads] == [record for _, record in reversed(records)]
    first = reads[-1]
    assert (first.reader_id, first.reader_role, first.record_class) == (school.teacher.id, "teacher", "reflection")
    assert (first.channel, first.why, first.read_at) == ("web", "roster", now)


def test_reading_nothing_writes_nothing(session: Session, school: School, rivera: Me, now: datetime) -> None:
    audit_reads(session, rivera, "reflection", [], why="roster", now=now)
    assert reads_of(session, school.tenant.id, school.student.id) == []


def test_a_student_sees_who_read_theirs_and_nobody_elses(
    session: Session, school: School, neighbours: School, rivera: Me, now: datetime
) -> None:
    audit_reads(session, rivera, "reflection", [(school.student.id, uuid4()), (uuid4(), uuid4())], why="roster", channel="slack", now=now)
    assert [one.channel for one in reads_of(session, school.tenant.id, school.student.id)] == ["slack"]
    assert reads_of(session, neighbours.tenant.id, school.student.id) == []


def test_the_newest_reads_come_first_up_to_a_limit(session: Session, school: School, rivera: Me, now: datetime) -> None:
    for minute in range(5):
        audit_reads(session, rivera, "goal", [(school.student.id, uuid4())], why="roster", now=now + timedelta(minutes=minute))
    newest = reads_of(session, school.tenant.id, school.student.id, most=2)
    assert [one.read_at for one in newest] == [now + timedelta(minutes=4), now + timedelta(minutes=3)]


def test_a_read_whose_audit_fails_fails(session: Session, school: School, rivera: Me, now: datetime) -> None:
    nobodys = Me(**rivera.__dict__ | {"tenant_id": uuid4()})
    with pytest.raises(IntegrityError):
        audit_reads(session, nobodys, "reflection", [(school.student.id, uuid4())], why="roster", now=now)


def test_the_audit_is_undone_with_the_read_and_kept_with_it(database: Database, kept_school: School, now: datetime) -> None:
    def read(session: Session) -> None:
        me = look_as(session, kept_school, kept_school.teacher, Role.TEACHER, now=now)
        audit_reads(session, me, "reflection", [(kept_school.student.id, uuid4())], why="roster", now=now)

    with database.session() as session:
        read(session)
        session.rollback()
    with database.aside() as session:
        assert reads_of(session, kept_school.tenant.id, kept_school.student.id) == []
        read(session)
    with database.session(writes=False) as session:
        assert len(reads_of(session, kept_school.tenant.id, kept_school.student.id)) == 1


@pytest.mark.parametrize(
    "change",
    ["UPDATE read_audit SET why = 'nothing'", "DELETE FROM read_audit", "DELETE FROM read_audit WHERE why = 'roster'"],
    ids=["update", "delete all", "delete one"],
)
def test_the_database_refuses_to_change_the_audit(database: Database, kept_school: School, now: datetime, change: str) -> None:
    with database.aside() as session:
        me = look_as(session, kept_school, kept_school.teacher, Role.TEACHER, now=now)
        audit_reads(session, me, "reflection", [(kept_school.student.id, uuid4())], why="roster", now=now)
    with database.session() as session, pytest.raises(DBAPIError, match="read_audit is append-only"):
        session.execute(text(change))
    with database.session(writes=False) as session:
        assert [one.why for one in session.exec(select(ReadAudit))] == ["roster"]


def release(session: Session, school: School, once_key: str, now: datetime) -> None:
    log_release(session, school.tenant.id, school.student.id, "gradebook", "check_in.made", once_key, now=now)


def test_every_release_is_logged(session: Session, school: School, now: datetime) -> None:
    for minute, key in enumerate("abc"):
        release(session, school, key, now + timedelta(minutes=minute))
    logged = releases_of(session, school.tenant.id, school.student.id, most=2)
    assert [(one.receiver, one.event_kind, one.once_key) for one in logged] == [
        ("gradebook", "check_in.made", "c"),
        ("gradebook", "check_in.made", "b"),
    ]
    assert logged[0].released_at == now + timedelta(minutes=2)


def test_one_entry_is_one_release(session: Session, school: School, now: datetime) -> None:
    release(session, school, "a", now)
    with pytest.raises(IntegrityError):
        release(session, school, "a", now)


def test_releases_stay_within_the_school_and_go_with_the_person(database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        release(session, kept_school, "a", now)
        assert releases_of(session, uuid4(), kept_school.student.id) == []
        assert releases_of(session, kept_school.tenant.id, kept_school.teacher.id) == []
        session.execute(text("DELETE FROM person"))
    with database.session(writes=False) as session:
        assert releases_of(session, kept_school.tenant.id, kept_school.student.id) == []
