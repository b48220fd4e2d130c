"""Arrivals: a launch makes what is missing, and the next one finds it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from core.courses.arrivals import Arrived, Arriving, arrive, look
from core.courses.courses import Course, find_course
from core.courses.enrolments import Enrolment, places_of, staff_of
from core.data.vault import Vault
from core.people import platforms
from core.people.access import Role
from core.people.accounts import LTI, Account, subject_of
from core.people.people import Person, find_person, names_of
from core.people.platforms import AgeBand, add_platform, approve_deployment
from core.people.roles import SchoolRole, grant
from tests.people_made import School


@pytest.fixture
def mia(school: School) -> Arriving:
    """Mia's first launch, into a course that nobody launched before."""
    return Arriving(
        platform_id=school.platform.id,
        deployment_id="1",
        subject="42",
        name="Mia",
        language="en",
        role=Role.STUDENT,
        is_family=True,
        context_id="biology",
        context_title="Biology",
    )


def comes(session: Session, vault: Vault, arriving: Arriving, now: datetime) -> Arrived:
    found = look(session, arriving)
    assert found is not None
    return arrive(session, vault, arriving, found, now=now)


def rows(session: Session) -> list[int]:
    return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in (Person, Account, Course, Enrolment)]


def name(session: Session, vault: Vault, arrived: Arrived) -> str:
    return names_of(session, vault, arrived.tenant_id, [arrived.person_id])[arrived.person_id]


def pseudonym(session: Session, arrived: Arrived) -> str:
    return find_person(session, arrived.tenant_id, arrived.person_id).pseudonym


def test_a_first_launch_makes_person_account_course_and_enrolment(
    session: Session, vault: Vault, school: School, mia: Arriving, now: datetime
) -> None:
    before = rows(session)
    arrived = comes(session, vault, mia, now)
    assert arrived.course_id is not None
    assert (arrived.tenant_id, arrived.role) == (school.tenant.id, Role.STUDENT)
    assert [after - old for after, old in zip(rows(session), before, strict=True)] == [1, 1, 1, 1]
    assert name(session, vault, arrived) == "Mia"
    assert subject_of(session, school.tenant.id, arrived.person_id, LTI, mia.platform_id.hex) == "42"
    course = find_course(session, school.tenant.id, arrived.course_id)
    assert (course.title, course.context_id, course.deployment_id) == ("Biology", "biology", school.deployment.id)
    assert [place.title for place in places_of(session, school.tenant.id, arrived.person_id)] == ["Biology"]


def test_the_next_launch_finds_the_same(session: Session, vault: Vault, mia: Arriving, now: datetime) -> None:
    first = comes(session, vault, mia, now)
    before = rows(session)
    assert comes(session, vault, mia, now + timedelta(days=1)) == first
    assert rows(session) == before


def test_another_course_is_the_same_person(session: Session, vault: Vault, mia: Arriving, now: datetime) -> None:
    first = comes(session, vault, mia, now)
    second = comes(session, vault, replace(mia, context_id="art", context_title=None), now)
    assert second.person_id == first.person_id
    assert [place.title for place in places_of(session, first.tenant_id, first.person_id)] == ["Biology", "art"]


def test_another_subject_is_another_person(session: Session, vault: Vault, mia: Arriving, now: datetime) -> None:
    assert comes(session, vault, mia, now).person_id != comes(session, vault, replace(mia, subject="43"), now).person_id


def test_another_registration_of_the_same_issuer_reaches_nobody_of_this_one(
    session: Session, vault: Vault, school: School, mia: Arriving, now: datetime
) -> None:
    told = school.platform.model_dump(include={"issuer", "auth_login_url", "auth_token_url", "key_set_url"})
    other = add_platform(session, name="The same LMS?", client_id="client-2", now=now, **told)
    approve_deployment(session, other, "1", school.tenant.id, AgeBand.TEENS, by="operator", now=now)

    assert comes(session, vault, mia, now).person_id != comes(session, vault, replace(mia, platform_id=other.id), now).person_id


def test_who_has_no_role_in_a_course_any_more_has_left_it(session: Session, vault: Vault, mia: Arriving, now: datetime) -> None:
    teacher = comes(session, vault, replace(mia, role=Role.TEACHER), now)
    demoted = comes(session, vault, replace(mia, role=Role.VISITOR), now)

    assert (demoted.person_id, demoted.course_id, demoted.role) == (teacher.person_id, None, Role.VISITOR)
    assert places_of(session, teacher.tenant_id, teacher.person_id) == []


def test_a_role_that_changed_in_the_lms_changes_here(session: Session, vault: Vault, mia: Arriving, now: datetime) -> None:
    comes(session, vault, mia, now)
    arrived = comes(session, vault, replace(mia, role=Role.ASSISTANT), now)
    assert [place.role for place in places_of(session, arrived.tenant_id, arrived.person_id)] == [Role.ASSISTANT]


def test_who_comes_back_is_in_the_course_again(session: Session, vault: Vault, mia: Arriving, now: datetime) -> None:
    arrived = comes(session, vault, mia, now)
    for enrolment in session.scalars(select(Enrolment)):
        enrolment.active = False
    session.flush()
    assert places_of(session, arrived.tenant_id, arrived.person_id) == []
    comes(session, vault, mia, now)
    assert [place.title for place in places_of(session, arrived.tenant_id, arrived.person_id)] == ["Biology"]


@pytest.mark.parametrize(("later", "shown"), [("Mia B.", "Mia B."), ("Mia", "Mia"), (None, "Mia"), ("", "Mia")])
def test_a_name_follows_the_lms_where_it_sends_one(
    session: Session, vault: Vault, mia: Arriving, now: datetime, later: str | None, shown: str
) -> None:
    comes(session, vault, mia, now)
    assert name(session, vault, comes(session, vault, replace(mia, name=later), now)) == shown


def test_a_name_that_comes_late_is_kept(session: Session, vault: Vault, mia: Arriving, now: datetime) -> None:
    nameless = comes(session, vault, replace(mia, name=None), now)
    assert name(session, vault, nameless) == pseudonym(session, nameless)
    assert name(session, vault, comes(session, vault, mia, now)) == "Mia"


def test_a_school_that_keeps_no_names_gets_none_and_loses_those_it_had(
    session: Session, vault: Vault, school: School, mia: Arriving, now: datetime
) -> None:
    old = comes(session, vault, mia, now)
    school.tenant.keeps_names = False
    session.add(school.tenant)
    session.flush()
    for arriving in (mia, replace(mia, subject="43", name="Tom")):
        arrived = comes(session, vault, arriving, now)
        assert name(session, vault, arrived) == pseudonym(session, arrived)
    assert comes(session, vault, mia, now) == old


def test_a_title_follows_the_lms_where_it_sends_one(session: Session, vault: Vault, mia: Arriving, now: datetime) -> None:
    comes(session, vault, mia, now)
    for sent, kept in (("Biology II", "Biology II"), (None, "Biology II"), ("", "Biology II")):
        arrived = comes(session, vault, replace(mia, context_title=sent), now)
        assert [place.title for place in places_of(session, arrived.tenant_id, arrived.person_id)] == [kept]


@pytest.mark.parametrize(("language", "kept"), [("en", None), ("es", "es"), (None, None)])
def test_a_language_is_kept_where_it_is_not_the_schools(
    session: Session, vault: Vault, mia: Arriving, now: datetime, language: str | None, kept: str | None
) -> None:
    arrived = comes(session, vault, replace(mia, language=language), now)
    assert find_person(session, arrived.tenant_id, arrived.person_id).language == kept


@pytest.mark.parametrize("without", [{"context_id": None, "context_title": None}, {"role": Role.VISITOR}], ids=["course", "role"])
def test_without_a_course_or_a_role_nothing_of_a_course_is_made(
    session: Session, vault: Vault, school: School, mia: Arriving, now: datetime, without: dict[str, Any]
) -> None:
    before = rows(session)
    arrived = comes(session, vault, replace(mia, **without), now)
    assert arrived == Arrived(school.tenant.id, arrived.person_id, None, Role.VISITOR)
    assert [after - old for after, old in zip(rows(session), before, strict=True)] == [1, 1, 0, 0]
    grant(session, school.tenant.id, arrived.person_id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    assert comes(session, vault, replace(mia, **without), now).role is Role.TENANT_ADMIN


def test_a_deployment_that_is_unheard_of_pending_or_removed_is_told_apart(session: Session, school: School, mia: Arriving) -> None:
    def standing(deployment_id: str) -> tuple[bool, bool] | None:
        found = look(session, replace(mia, deployment_id=deployment_id))
        return None if found is None else (bool(found.was_approved), bool(found.was_removed))

    now = school.course.created_at
    platforms.notice_deployment(session, school.platform.id, "pending", now=now)
    assert [standing(one) for one in ("1", "pending", "unheard-of")] == [(True, False), (False, False), None]
    platforms.remove_deployment(session, school.platform, "1", now=now)
    session.flush()
    assert standing("1") == (True, True)


def test_the_same_subject_in_another_school_is_another_person(
    session: Session, vault: Vault, school: School, neighbours: School, mia: Arriving, now: datetime
) -> None:
    there = replace(mia, platform_id=neighbours.platform.id)  # the same issuer and subject, through the neighbours' deployment
    here, elsewhere = comes(session, vault, mia, now), comes(session, vault, there, now)
    assert here.person_id != elsewhere.person_id
    assert here.course_id != elsewhere.course_id
    assert (here.tenant_id, elsewhere.tenant_id) == (school.tenant.id, neighbours.tenant.id)


def test_a_learner_without_a_course_is_nobody_to_name_to_a_role(session: Session, vault: Vault, mia: Arriving, now: datetime) -> None:
    alone = replace(mia, context_id=None, role=Role.VISITOR)
    learner = comes(session, vault, alone, now).person_id
    counsellor = comes(session, vault, replace(alone, subject="43", is_family=False), now).person_id
    tenant_id = comes(session, vault, alone, now).tenant_id

    assert counsellor in staff_of(session, tenant_id)
    assert learner not in staff_of(session, tenant_id)
    comes(session, vault, replace(alone, is_family=False), now)
    assert learner in staff_of(session, tenant_id)
