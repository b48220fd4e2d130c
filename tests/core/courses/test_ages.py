"""A student is treated as under 13 unless the school attests otherwise of every deployment they learn in."""

from datetime import datetime

import pytest
from sqlmodel import Session

from core.courses.ages import may_be_under_13
from core.data.vault import Vault
from core.people.access import Role
from core.people.people import add_person
from core.people.platforms import AgeBand, approve_deployment
from tests.people_made import School, add_course, enrol


@pytest.mark.parametrize(
    ("band", "young"),
    [(AgeBand.UNDER_13, True), (AgeBand.MIXED, True), (AgeBand.UNSET, True), (AgeBand.TEENS, False), (AgeBand.ADULT, False)],
)
def test_what_a_school_attests_decides(session: Session, school: School, band: AgeBand, young: bool) -> None:
    school.deployment.age_band = band
    session.flush()
    assert may_be_under_13(session, school.tenant.id, school.student.id) is young
    assert not may_be_under_13(session, school.tenant.id, school.teacher.id), "those who teach are no students"


def test_one_course_among_the_young_is_enough_until_it_is_left(session: Session, school: School, now: datetime) -> None:
    young = approve_deployment(session, school.platform, "2", school.tenant.id, AgeBand.UNDER_13, by="operator", now=now)
    enrolment = enrol(session, add_course(session, young, "Fractions", now=now), school.student, Role.STUDENT, now=now)
    assert may_be_under_13(session, school.tenant.id, school.student.id)
    enrolment.active = False
    session.flush()
    assert not may_be_under_13(session, school.tenant.id, school.student.id)


def test_who_learns_nowhere_is_grown_up(session: Session, school: School, vault: Vault, now: datetime) -> None:
    assert not may_be_under_13(session, school.tenant.id, add_person(session, vault, school.tenant.id, "Mx Adler", now=now).id)
