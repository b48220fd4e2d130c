"""Progress: reached is at the course's level or above, and nobody's progress is seen from another school."""

from datetime import date, datetime

import pytest
from sqlmodel import Session

from core.courses.guide import set_guide
from core.evidence.evidence import Observation, Source, record_evidence
from core.evidence.progress import Standing, count_reached, standings_of
from tests.people_made import School, add_competency


@pytest.fixture
def guided(session: Session, school: School) -> School:
    """The guide of the course: slope by a day, then intercepts without one."""
    intercepts = add_competency(session, school.framework, "Intercepts")
    lines = [(school.competency.id, date(2026, 12, 4), 10_000), (intercepts.id, None, 10_000)]
    set_guide(session, school.tenant.id, school.course.id, lines)
    return school


def observe(session: Session, school: School, score_bp: int, now: datetime) -> None:
    told = Observation(school.student.id, school.competency.id, score_bp, now, Source.TEACHER)
    record_evidence(session, school.course, told, now=now)


@pytest.mark.parametrize(("level", "score", "reached"), [(8000, 7999, 0), (8000, 8000, 1), (9000, 8999, 0), (9000, 9000, 1)])
def test_reached_is_at_the_courses_own_level(session: Session, guided: School, now: datetime, level: int, score: int, reached: int) -> None:
    guided.course.mastery_level_bp = level
    session.flush()
    observe(session, guided, score, now)
    tenant, course, student = guided.tenant.id, guided.course.id, guided.student.id
    assert standings_of(session, tenant, course, student) == [
        Standing("Slope", date(2026, 12, 4), bool(reached)),
        Standing("Intercepts", None, reached=False),
    ]
    assert count_reached(session, tenant, course, [student, guided.teacher.id]) == ({student: 1} if reached else {})


def test_what_is_reached_outside_the_guide_does_not_count(session: Session, school: School, now: datetime) -> None:
    observe(session, school, 10_000, now)
    assert standings_of(session, school.tenant.id, school.course.id, school.student.id) == []
    assert count_reached(session, school.tenant.id, school.course.id, [school.student.id]) == {}


def test_another_school_sees_nothing(session: Session, guided: School, neighbours: School, now: datetime) -> None:
    observe(session, guided, 10_000, now)
    elsewhere, course, student = neighbours.tenant.id, guided.course.id, guided.student.id
    assert standings_of(session, elsewhere, course, student) == []
    assert count_reached(session, elsewhere, course, [student]) == {}
