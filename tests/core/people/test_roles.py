"""Roles of a school: named by people, and never without an admin."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from core.data.db import Database
from core.people.roles import LastAdmin, SchoolRole, grant, holders_of, revoke, roles_of
from tests.people_made import School

HELD_SECONDS = 0.3
ADMIN, ADVISOR, SAFETY = SchoolRole.TENANT_ADMIN, SchoolRole.ADVISOR, SchoolRole.SAFETY_CONTACT


def test_a_person_starts_without_any(session: Session, school: School) -> None:
    assert roles_of(session, school.tenant.id, school.teacher.id) == set()


def test_roles_are_given_and_giving_twice_changes_nothing(session: Session, school: School, now: datetime) -> None:
    for role in (ADMIN, ADVISOR, ADMIN):
        grant(session, school.tenant.id, school.teacher.id, role, by=None, now=now)
    assert roles_of(session, school.tenant.id, school.teacher.id) == {ADMIN, ADVISOR}
    assert list(holders_of(session, school.tenant.id, ADMIN)) == [school.teacher.id]


def test_holders_are_listed_the_longest_first(session: Session, school: School, now: datetime) -> None:
    grant(session, school.tenant.id, school.teacher.id, SAFETY, by=None, now=now)
    grant(session, school.tenant.id, school.student.id, SAFETY, by=school.teacher.id, now=now - timedelta(days=1))
    assert list(holders_of(session, school.tenant.id, SAFETY)) == [school.student.id, school.teacher.id]


def test_a_role_means_nothing_in_another_school(session: Session, school: School, neighbours: School, now: datetime) -> None:
    grant(session, school.tenant.id, school.teacher.id, ADMIN, by=None, now=now)
    assert roles_of(session, neighbours.tenant.id, school.teacher.id) == set()
    assert list(holders_of(session, neighbours.tenant.id, ADMIN)) == []


def test_another_school_cannot_take_a_role_away(session: Session, school: School, neighbours: School, now: datetime) -> None:
    grant(session, school.tenant.id, school.teacher.id, ADVISOR, by=None, now=now)
    revoke(session, neighbours.tenant.id, school.teacher.id, ADVISOR)
    assert roles_of(session, school.tenant.id, school.teacher.id) == {ADVISOR}


def test_the_last_admin_stays(session: Session, school: School, now: datetime) -> None:
    grant(session, school.tenant.id, school.teacher.id, ADMIN, by=None, now=now)
    with pytest.raises(LastAdmin):
        revoke(session, school.tenant.id, school.teacher.id, ADMIN)
    assert roles_of(session, school.tenant.id, school.teacher.id) == {ADMIN}


def test_an_admin_leaves_when_there_is_another(session: Session, school: School, now: datetime) -> None:
    for person in (school.teacher, school.student):
        grant(session, school.tenant.id, person.id, ADMIN, by=None, now=now)
    revoke(session, school.tenant.id, school.teacher.id, ADMIN)
    assert list(holders_of(session, school.tenant.id, ADMIN)) == [school.student.id]


@pytest.mark.parametrize("role", [ADVISOR, SAFETY])
def test_the_last_of_the_other_roles_may_leave(session: Session, school: School, now: datetime, role: SchoolRole) -> None:
    grant(session, school.tenant.id, school.teacher.id, role, by=None, now=now)
    revoke(session, school.tenant.id, school.teacher.id, role)
    assert roles_of(session, school.tenant.id, school.teacher.id) == set()


def test_taking_away_what_nobody_has_changes_nothing(session: Session, school: School, now: datetime) -> None:
    grant(session, school.tenant.id, school.teacher.id, ADMIN, by=None, now=now)
    revoke(session, school.tenant.id, school.student.id, ADMIN)
    assert list(holders_of(session, school.tenant.id, ADMIN)) == [school.teacher.id]


def test_two_admins_who_remove_each_other_at_once_leave_one(database: Database, kept_school: School, now: datetime) -> None:
    tenant_id, one, other = kept_school.tenant.id, kept_school.teacher.id, kept_school.student.id
    with database.aside() as session:
        for admin in (one, other):
            grant(session, tenant_id, admin, ADMIN, by=None, now=now)
    ended: list[str] = []

    def remove_other() -> None:
        try:
            with database.aside() as own:
                revoke(own, tenant_id, other, ADMIN)
        except LastAdmin:
            ended.append("refused")
        else:
            ended.append("removed")

    second = threading.Thread(target=remove_other)
    with database.session() as first:
        revoke(first, tenant_id, one, ADMIN)
        second.start()
        second.join(HELD_SECONDS)
        first.commit()
    second.join()
    assert ended == ["refused"]
    with database.session(writes=False) as session:
        assert list(holders_of(session, tenant_id, ADMIN)) == [other]


def test_a_role_given_twice_at_once_is_given_once(database: Database, kept_school: School, now: datetime) -> None:
    tenant_id, person_id = kept_school.tenant.id, kept_school.teacher.id

    def give() -> None:
        with database.aside() as own:
            grant(own, tenant_id, person_id, ADVISOR, by=None, now=now)

    second = threading.Thread(target=give)
    with database.session() as first:
        grant(first, tenant_id, person_id, ADVISOR, by=None, now=now)
        second.start()
        second.join(HELD_SECONDS)
        first.commit()
    second.join()
    with database.session(writes=False) as session:
        assert list(holders_of(session, tenant_id, ADVISOR)) == [person_id]
