"""Evidence: kept once, for ever, and counted by the day it was shown, not the day it was graded."""

import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from core.courses.courses import Course
from core.data.db import Database
from core.data.vault import Vault
from core.evidence.estimates import Method, decaying, smoothed_decay
from core.evidence.evidence import (
    CompetencyTotal,
    Estimate,
    Evidence,
    Observation,
    ObservedInFuture,
    ScoreOutOfRange,
    Source,
    estimates_of,
    evidence_of,
    record_evidence,
)
from core.people.access import Role
from tests.people_made import School, add_competency, add_course, join

DAY = timedelta(days=1)


def tell(session: Session, school: School, score: int, at: datetime, now: datetime, **more: Any) -> bool:
    """Tell one observation of the school's student, by default the teacher's, in the school's course."""
    course: Course = more.pop("course", school.course)
    facts: dict[str, Any] = {"person_id": school.student.id, "competency_id": school.competency.id, "source": Source.TEACHER}
    return record_evidence(session, course, Observation(score_bp=score, observed_at=at, **facts | more), now=now)


def estimated(session: Session, school: School, course: Course | None = None) -> Estimate:
    found = estimates_of(session, school.tenant.id, (course or school.course).id, school.student.id)
    return found[school.competency.id]


def kept(session: Session, school: School) -> list[int]:
    return [one.score_bp for one in evidence_of(session, school.tenant.id, school.student.id, school.competency.id)]


def total(session: Session, competency_id: UUID) -> tuple[int, int]:
    found = session.get(CompetencyTotal, competency_id, populate_existing=True)
    assert found is not None
    return found.observations, found.sum_bp


def test_an_observation_is_kept_as_it_was_told(session: Session, school: School, now: datetime) -> None:
    assert tell(session, school, 7500, now - DAY, now, asserted_by=school.teacher.id, once_key="grade:7")
    (one,) = evidence_of(session, school.tenant.id, school.student.id, school.competency.id)
    assert (one.score_bp, one.source, one.asserted_by, one.once_key) == (7500, "teacher", school.teacher.id, "grade:7")
    assert (one.observed_at, one.recorded_at, one.course_id) == (now - DAY, now, school.course.id)


def test_the_estimate_is_there_in_the_same_transaction(session: Session, school: School, now: datetime) -> None:
    tell(session, school, 6000, now - DAY, now)
    tell(session, school, 10_000, now, now)
    found = estimated(session, school)
    assert (found.value_bp, found.observations, found.last_observed_at) == (decaying([6000, 10_000]), 2, now)
    assert found.pacing_bp == smoothed_decay([6000, 10_000], 8000)


@pytest.mark.parametrize("method", Method)
def test_the_course_chooses_the_method(session: Session, school: School, now: datetime, method: Method) -> None:
    school.course.mastery_method = method
    for day, score in enumerate([9000, 2000, 9000, 5000]):
        tell(session, school, score, now + day * DAY, now + day * DAY)
    expected = {
        Method.DECAYING: 5843,  # 9,000, then 4,450, then 7,408, then .65 × 5,000 + .35 × 7,408
        Method.SMOOTHED_DECAY: 6177,  # (2 × 6,250 + .512 × 9,000 + .64 × 2,000 + .8 × 9,000 + 5,000) / 4.952
        Method.WEIGHTED: 5583,
        Method.N_OF_M: 6667,
        Method.MOST_RECENT: 5000,
        Method.HIGHEST: 9000,
        Method.MEAN: 6250,
        Method.MEDIAN: 7000,
        Method.MODE: 9000,
        Method.POWER_LAW: 4795,  # 6,156 × 4^-.1802
    }
    assert estimated(session, school).value_bp == expected[method]


def test_the_course_chooses_the_level(session: Session, school: School, now: datetime) -> None:
    school.course.mastery_method, school.course.mastery_level_bp = Method.N_OF_M, 6000
    tell(session, school, 6500, now, now)
    assert estimated(session, school).value_bp == 3333


def test_the_same_observation_told_twice_counts_once(session: Session, school: School, now: datetime) -> None:
    assert tell(session, school, 6000, now, now, once_key="grade:7")
    assert not tell(session, school, 9000, now, now, once_key="grade:7")
    assert kept(session, school) == [6000]
    assert (estimated(session, school).value_bp, total(session, school.competency.id)) == (6000, (1, 6000))


def test_two_that_look_alike_without_a_key_are_two(session: Session, school: School, now: datetime) -> None:
    for _ in range(2):
        assert tell(session, school, 6000, now, now)
    assert kept(session, school) == [6000, 6000]


def test_a_key_is_the_schools_own(session: Session, school: School, neighbours: School, now: datetime) -> None:
    assert tell(session, school, 6000, now, now, once_key="grade:7")
    assert tell(session, neighbours, 6000, now, now, once_key="grade:7")


@pytest.mark.parametrize("score", [-1, 10_001, 10**9])
def test_a_score_beyond_the_scale_is_refused(session: Session, school: School, now: datetime, score: int) -> None:
    with pytest.raises(ScoreOutOfRange) as refused:
        tell(session, school, score, now, now)
    assert refused.value.facts == {"score": score}
    assert kept(session, school) == []


@pytest.mark.parametrize("score", [0, 10_000])
def test_both_ends_of_the_scale_are_on_it(session: Session, school: School, now: datetime, score: int) -> None:
    assert tell(session, school, score, now, now)
    assert estimated(session, school).value_bp == score


@pytest.mark.parametrize("score", [-1, 10_001])
def test_the_database_keeps_the_scale_too(session: Session, school: School, now: datetime, score: int) -> None:
    ids: dict[str, Any] = {"tenant_id": school.tenant.id, "person_id": school.student.id, "course_id": school.course.id}
    session.add(Evidence(**ids, competency_id=school.competency.id, source="teacher", score_bp=score, observed_at=now, recorded_at=now))
    with pytest.raises(IntegrityError):
        session.flush()


def test_nothing_is_observed_before_it_happens(session: Session, school: School, now: datetime) -> None:
    with pytest.raises(ObservedInFuture):
        tell(session, school, 6000, now + timedelta(seconds=1), now)
    assert kept(session, school) == []


def test_older_evidence_that_arrives_late_takes_its_place(session: Session, school: School, now: datetime) -> None:
    tell(session, school, 9000, now - DAY, now - DAY)
    tell(session, school, 2000, now - 9 * DAY, now)
    assert kept(session, school) == [2000, 9000]
    found = estimated(session, school)
    assert (found.value_bp, found.last_observed_at) == (decaying([2000, 9000]), now - DAY)


def test_of_two_at_the_same_instant_the_one_told_later_is_the_newer(session: Session, school: School, now: datetime) -> None:
    for score in (2000, 9000):
        tell(session, school, score, now, now)
    assert estimated(session, school).value_bp == decaying([2000, 9000])


def test_an_override_stands_until_the_next(session: Session, school: School, now: datetime) -> None:
    tell(session, school, 3000, now, now)
    tell(session, school, 9500, now + DAY, now + DAY, source=Source.OVERRIDE)
    tell(session, school, 1000, now + 2 * DAY, now + 2 * DAY)
    found = estimated(session, school)
    assert (found.value_bp, found.pacing_bp, found.observations) == (9500, 9500, 2)
    tell(session, school, 4000, now + 3 * DAY, now + 3 * DAY, source=Source.OVERRIDE)
    assert estimated(session, school).value_bp == 4000


def test_an_override_needs_no_evidence_and_is_none(session: Session, school: School, now: datetime) -> None:
    tell(session, school, 9500, now, now, source=Source.OVERRIDE)
    assert (estimated(session, school).value_bp, estimated(session, school).observations) == (9500, 0)
    assert total(session, school.competency.id) == (0, 0)


def test_the_running_totals_count_every_student(session: Session, vault: Vault, school: School, now: datetime) -> None:
    ben = join(session, vault, school.course, "Ben", Role.STUDENT, now=now)
    tell(session, school, 4000, now, now)
    tell(session, school, 9000, now, now, person_id=ben.id)
    assert total(session, school.competency.id) == (2, 13_000)
    # the mean so far, 6,500, is the prior of Ben's smoothed decay; Ada's was her own score
    assert estimates_of(session, school.tenant.id, school.course.id, ben.id)[school.competency.id].pacing_bp == smoothed_decay([9000], 6500)
    assert estimated(session, school).pacing_bp == smoothed_decay([4000], 4000)


def test_the_totals_of_a_large_district_fit(session: Session, school: School, now: datetime) -> None:
    tell(session, school, 9000, now, now)
    session.execute(text("UPDATE competency_total SET observations = 400000, sum_bp = 3600000000"))
    tell(session, school, 9000, now, now)
    assert total(session, school.competency.id) == (400_001, 3_600_009_000)


def test_each_competency_has_its_own_estimate(session: Session, school: School, now: datetime) -> None:
    other = add_competency(session, school.framework, "Intercepts")
    tell(session, school, 4000, now, now)
    tell(session, school, 9000, now, now, competency_id=other.id)
    found = estimates_of(session, school.tenant.id, school.course.id, school.student.id)
    assert {one.competency_id: one.value_bp for one in found.values()} == {school.competency.id: 4000, other.id: 9000}


def test_each_course_estimates_from_its_own_evidence(session: Session, school: School, now: datetime) -> None:
    support = add_course(session, school.deployment, "Algebra support", now=now)
    tell(session, school, 9500, now, now, source=Source.OVERRIDE)
    tell(session, school, 3000, now, now, course=support)
    assert estimated(session, school).value_bp == 9500
    assert estimated(session, school, support).value_bp == 3000
    assert kept(session, school) == [9500, 3000]
    mine = evidence_of(session, school.tenant.id, school.student.id, school.competency.id, support.id)
    assert [one.score_bp for one in mine] == [3000]


def test_another_school_sees_neither_evidence_nor_estimates(session: Session, school: School, neighbours: School, now: datetime) -> None:
    tell(session, school, 4000, now, now)
    assert estimates_of(session, neighbours.tenant.id, school.course.id, school.student.id) == {}
    assert list(evidence_of(session, neighbours.tenant.id, school.student.id, school.competency.id)) == []


def test_evidence_is_never_rewritten(database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        tell(session, kept_school, 4000, now, now)
    with database.session() as session, pytest.raises(DBAPIError, match="evidence is append-only"):
        session.execute(text("UPDATE evidence SET score_bp = 10000"))
    with database.session(writes=False) as session:
        assert kept(session, kept_school) == [4000]


def test_two_teachers_at_once_lose_no_observation(database: Database, kept_school: School, now: datetime) -> None:
    def second() -> None:
        with database.aside() as own:
            tell(own, kept_school, 10_000, now, now)

    with database.aside() as session:
        tell(session, kept_school, 0, now - 2 * DAY, now)
    thread = threading.Thread(target=second)
    with database.session() as first:
        tell(first, kept_school, 5000, now - DAY, now)
        thread.start()
        thread.join(0.3)
        first.commit()
    thread.join()
    with database.session(writes=False) as session:
        assert estimated(session, kept_school).value_bp == decaying([0, 5000, 10_000])
        assert total(session, kept_school.competency.id) == (3, 15_000)
