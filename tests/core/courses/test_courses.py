"""Courses, who is in them, and what they mean to teach by when."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.courses.courses import Course, Mode, find_course
from core.courses.enrolments import Place, places_of, students_of
from core.courses.guide import GuideItem, Target, WeightNotPositive, guide_of, set_guide
from core.data.vault import Vault
from core.errors import NotFound
from core.people.access import Role
from core.people.platforms import AgeBand, approve_deployment
from tests.people_made import School, add_competency, add_course, enrol, join

# Courses


def test_a_course_starts_with_check_ins_and_the_default_method(school: School) -> None:
    course = school.course
    assert (course.mode, course.mastery_method, course.mastery_level_bp) == (Mode.CHECK_INS, "decaying", 8000)
    assert (course.zone, course.language, course.starts_on, course.ends_on) == (None, None, None, None)


def test_a_course_is_found_in_its_own_school_only(session: Session, school: School, neighbours: School) -> None:
    assert find_course(session, school.tenant.id, school.course.id) is school.course
    for tenant_id, course_id in ((neighbours.tenant.id, school.course.id), (school.tenant.id, uuid4())):
        with pytest.raises(NotFound):
            find_course(session, tenant_id, course_id)


def test_a_context_is_one_course_of_its_deployment(session: Session, school: School, now: datetime) -> None:
    session.add(
        Course(
            tenant_id=school.tenant.id,
            deployment_id=school.deployment.id,
            context_id=school.course.context_id,
            title="Again",
            created_at=now,
        )
    )
    with pytest.raises(IntegrityError):
        session.flush()


def test_two_deployments_of_one_context_are_two_courses(session: Session, school: School, now: datetime) -> None:
    second = approve_deployment(session, school.platform, "2", school.tenant.id, AgeBand.TEENS, by="ops", now=now)
    twin = add_course(session, second, "Algebra 1", now=now)
    twin.context_id = school.course.context_id
    session.add(twin)
    session.flush()
    assert (twin.context_id, twin.id != school.course.id) == (school.course.context_id, True)


# Enrolments


def test_a_person_sees_their_courses_by_title(session: Session, vault: Vault, school: School, now: datetime) -> None:
    biology = add_course(session, school.deployment, "Biology", now=now, zone="America/New_York")
    zoology = add_course(session, school.deployment, "Zoology", now=now)
    enrol(session, zoology, school.student, Role.ASSISTANT, now=now)
    enrol(session, biology, school.student, Role.STUDENT, now=now)
    assert places_of(session, school.tenant.id, school.student.id) == [
        Place(school.course.id, "Algebra 1", Role.STUDENT, "America/Los_Angeles"),
        Place(biology.id, "Biology", Role.STUDENT, "America/New_York"),
        Place(zoology.id, "Zoology", Role.ASSISTANT, "America/Los_Angeles"),
    ]


def test_who_has_left_is_in_the_course_no_more(session: Session, school: School, now: datetime) -> None:
    biology = add_course(session, school.deployment, "Biology", now=now)
    enrol(session, biology, school.student, Role.STUDENT, now=now, active=False)
    assert [place.title for place in places_of(session, school.tenant.id, school.student.id)] == ["Algebra 1"]
    assert list(students_of(session, school.tenant.id, biology.id)) == []


def test_the_students_of_a_course_are_its_students_only(session: Session, vault: Vault, school: School, now: datetime) -> None:
    ben = join(session, vault, school.course, "Ben", Role.STUDENT, now=now)
    for role in (Role.ASSISTANT, Role.VISITOR):
        join(session, vault, school.course, None, role, now=now)
    assert set(students_of(session, school.tenant.id, school.course.id)) == {school.student.id, ben.id}


def test_one_person_is_in_a_course_once(session: Session, school: School, now: datetime) -> None:
    with pytest.raises(IntegrityError):
        enrol(session, school.course, school.student, Role.TEACHER, now=now)


def test_another_school_sees_neither_places_nor_students(session: Session, school: School, neighbours: School) -> None:
    assert places_of(session, neighbours.tenant.id, school.student.id) == []
    assert list(students_of(session, neighbours.tenant.id, school.course.id)) == []


# The guide

DUE = date(2026, 12, 4)


@pytest.fixture
def targets(session: Session, school: School) -> list[UUID]:
    """Slope, Intercepts and Systems."""
    added = [add_competency(session, school.framework, name).id for name in ("Intercepts", "Systems")]
    return [school.competency.id, *added]


def lines(targets: Sequence[UUID], weights: Sequence[int]) -> list[tuple[UUID, date | None, int]]:
    return [(one, DUE + timedelta(days=7 * place), weight) for place, (one, weight) in enumerate(zip(targets, weights, strict=True))]


def names(session: Session, school: School) -> list[str]:
    return [target.short_name for target in guide_of(session, school.tenant.id, school.course.id)]


def test_a_guide_keeps_its_order_days_and_weights(session: Session, school: School, targets: list[UUID]) -> None:
    slope, intercepts, systems = targets
    set_guide(session, school.tenant.id, school.course.id, [(systems, DUE, 20_000), (slope, None, 10_000), (intercepts, DUE, 1)])
    assert guide_of(session, school.tenant.id, school.course.id) == [
        Target(systems, "Systems", DUE, 20_000),
        Target(slope, "Slope", None, 10_000),
        Target(intercepts, "Intercepts", DUE, 1),
    ]


def test_a_new_guide_replaces_the_old_one(session: Session, school: School, targets: list[UUID]) -> None:
    set_guide(session, school.tenant.id, school.course.id, lines(targets, [1, 2, 3]))
    kept = {item.id for item in session.identity_map.values() if isinstance(item, GuideItem) and item.competency_id == targets[2]}
    set_guide(session, school.tenant.id, school.course.id, lines([targets[2], targets[0]], [7, 8]))
    assert [(one.short_name, one.due_on, one.weight_bp) for one in guide_of(session, school.tenant.id, school.course.id)] == [
        ("Systems", DUE, 7),
        ("Slope", DUE + timedelta(days=7), 8),
    ]
    again = {item.id for item in session.identity_map.values() if isinstance(item, GuideItem) and item.competency_id == targets[2]}
    assert kept == again  # the line stays the same row, whatever refers to it


def test_an_empty_guide_clears_it(session: Session, school: School, targets: list[UUID]) -> None:
    set_guide(session, school.tenant.id, school.course.id, lines(targets, [1, 2, 3]))
    set_guide(session, school.tenant.id, school.course.id, [])
    assert names(session, school) == []


@pytest.mark.parametrize("weights", [[0, 1, 1], [1, 1, -1], [1, 0, -5]])
def test_a_target_that_weighs_nothing_is_refused_and_nothing_changes(
    session: Session, school: School, targets: list[UUID], weights: list[int]
) -> None:
    set_guide(session, school.tenant.id, school.course.id, lines(targets[:1], [5]))
    with pytest.raises(WeightNotPositive):
        set_guide(session, school.tenant.id, school.course.id, lines(targets, weights))
    assert names(session, school) == ["Slope"]


def test_by_the_database_too(session: Session, school: School) -> None:
    session.add(GuideItem(tenant_id=school.tenant.id, course_id=school.course.id, competency_id=school.competency.id, weight_bp=0))
    with pytest.raises(IntegrityError):
        session.flush()


def test_each_course_has_its_own_guide(session: Session, school: School, targets: list[UUID], now: datetime) -> None:
    biology = add_course(session, school.deployment, "Biology", now=now)
    set_guide(session, school.tenant.id, school.course.id, lines(targets, [1, 2, 3]))
    set_guide(session, school.tenant.id, biology.id, lines(targets[:1], [1]))
    set_guide(session, school.tenant.id, biology.id, [])
    assert names(session, school) == ["Slope", "Intercepts", "Systems"]


def test_another_school_neither_reads_nor_clears_a_guide(session: Session, school: School, neighbours: School, targets: list[UUID]) -> None:
    set_guide(session, school.tenant.id, school.course.id, lines(targets, [1, 2, 3]))
    set_guide(session, neighbours.tenant.id, school.course.id, [])
    assert guide_of(session, neighbours.tenant.id, school.course.id) == []
    assert len(names(session, school)) == 3
