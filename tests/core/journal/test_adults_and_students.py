"""Who is a student of a course, and who their adults are."""

from datetime import datetime

import pytest
from sqlalchemy import update
from sqlmodel import Session, col

from core.courses.enrolments import Enrolment
from core.data.vault import KeyDestroyed, Vault
from core.errors import NotFound
from core.journal.adults import NotTheirAdult, adults_of, demand_adults, teachers_of
from core.journal.student import Student, student_of
from core.people.access import Role
from core.people.audit import Reader
from core.people.viewers import Me
from tests.core.journal.conftest import Adult
from tests.people_made import School, add_course, enrol, join, look_as


def test_a_student_brings_the_zone_of_the_course_and_their_own_key(session: Session, vault: Vault, school: School, now: datetime) -> None:
    far = add_course(session, school.deployment, "Zoology", now=now, zone="Pacific/Kiritimati")
    enrol(session, far, school.student, Role.STUDENT, now=now)
    here = student_of(session, vault, school.tenant.id, school.student.id, school.course.id)
    there = student_of(session, vault, school.tenant.id, school.student.id, far.id)
    assert (here.zone, there.zone, here.tenant_id) == ("America/Los_Angeles", "Pacific/Kiritimati", school.tenant.id)
    assert [one.today(now).day for one in (here, there)] == [23, 24]
    assert there.key.open(here.key.seal("x", "p"), "p") == "x"


def test_only_an_active_student_of_the_course_is_found(
    session: Session, vault: Vault, school: School, neighbours: School, now: datetime
) -> None:
    gone = join(session, vault, school.course, "Tom", Role.STUDENT, now=now)
    session.execute(update(Enrolment).where(col(Enrolment.person_id) == gone.id).values(active=False))
    asked = [
        (school.tenant.id, school.teacher.id, school.course.id),
        (school.tenant.id, gone.id, school.course.id),
        (school.tenant.id, neighbours.student.id, school.course.id),
        (neighbours.tenant.id, school.student.id, school.course.id),
        (school.tenant.id, school.student.id, neighbours.course.id),
    ]
    for tenant_id, person_id, course_id in asked:
        with pytest.raises(NotFound):
            student_of(session, vault, tenant_id, person_id, course_id)


def test_an_erased_student_has_no_key(session: Session, vault: Vault, school: School) -> None:
    vault.destroy(school.student.id)
    with pytest.raises(KeyDestroyed):
        student_of(session, vault, school.tenant.id, school.student.id, school.course.id)


def test_adults_are_teachers_of_their_courses_and_advisors(
    session: Session,
    vault: Vault,
    school: School,
    ada: Student,
    rivera: Adult,
    bell: Adult,
    okafor: Adult,
    lane: Adult,
    stranger: Adult,
    now: datetime,
) -> None:
    for role in (Role.ASSISTANT, Role.GUARDIAN, Role.STUDENT, Role.VISITOR):
        join(session, vault, school.course, role, role, now=now)
    assert adults_of(session, ada.tenant_id, ada.person_id) == {rivera.person_id, bell.person_id, okafor.person_id}
    assert list(teachers_of(session, ada.tenant_id, ada.course.id)) == [rivera.person_id, bell.person_id]
    assert adults_of(session, stranger.tenant_id, ada.person_id) == set()
    demand_adults(session, ada.tenant_id, ada.person_id, [])
    with pytest.raises(NotTheirAdult):
        demand_adults(session, ada.tenant_id, ada.person_id, [rivera.person_id, lane.person_id])


def test_whoever_left_is_no_adult_of_theirs(session: Session, ada: Student, rivera: Adult, bell: Adult) -> None:
    session.execute(update(Enrolment).where(col(Enrolment.person_id) == bell.person_id).values(active=False))
    assert adults_of(session, ada.tenant_id, ada.person_id) == {rivera.person_id}
    session.execute(update(Enrolment).where(col(Enrolment.person_id) == ada.person_id).values(active=False))
    assert adults_of(session, ada.tenant_id, ada.person_id) == set()


def test_a_viewer_of_our_pages_is_a_reader(session: Session, school: School, now: datetime) -> None:
    me: Me = look_as(session, school, school.teacher, Role.TEACHER, now=now)
    reader: Reader = me
    assert (reader.tenant_id, reader.person_id, reader.role) == (school.tenant.id, school.teacher.id, Role.TEACHER)
