"""Whether a wish fits one's own pace: numbers only, and the same rounding everywhere."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from core.courses.calendar import Calendar
from core.evidence.evidence import Observation, Source, record_evidence
from core.journal.feasibility import Feasibility, Pace, own_pace, still_to_reach, weigh
from core.journal.student import Student
from tests.people_made import School, add_competency

MONDAY, FRIDAY = date(2026, 11, 30), date(2026, 12, 4)
TWO_A_WEEK = Pace(reached=8, school_days=20)
THANKSGIVING = Calendar(((date(2026, 11, 26), date(2026, 11, 27)),))


def test_five_targets_by_friday_at_two_a_week() -> None:
    """The dialogue of the design: 5 targets in 4 school days; keep Friday, or Friday the 18th, or 2 by Friday."""
    told = weigh(5, FRIDAY, TWO_A_WEEK, Calendar(), today=MONDAY)
    assert told == Feasibility(targets=5, school_days=4, needed_per_week=7, own_per_week=2, fit_by_wished=2, nearest_on=date(2026, 12, 18))
    assert not told.fits


def test_what_fits_is_left_as_it_is() -> None:
    told = weigh(2, FRIDAY, TWO_A_WEEK, Calendar(), today=MONDAY)
    assert (told.fits, told.fit_by_wished, told.nearest_on) == (True, 2, FRIDAY)


@pytest.mark.parametrize("pace", [None, Pace(0, 20)])
def test_while_nobody_can_say_nothing_speaks_against_a_wish(pace: Pace | None) -> None:
    told = weigh(9, FRIDAY, pace, Calendar(), today=MONDAY)
    assert (told.fits, told.own_per_week, told.fit_by_wished, told.nearest_on) == (True, None, None, None)
    assert (told.school_days, told.needed_per_week) == (4, 12)


def test_no_school_day_is_left() -> None:
    told = weigh(1, date(2026, 11, 29), TWO_A_WEEK, THANKSGIVING, today=date(2026, 11, 25))
    assert (told.school_days, told.needed_per_week, told.fit_by_wished, told.fits) == (0, None, 0, False)


def test_breaks_do_not_count() -> None:
    assert weigh(1, FRIDAY, TWO_A_WEEK, THANKSGIVING, today=date(2026, 11, 24)).school_days == 6


def test_the_nearest_day_avoids_a_friday_without_school() -> None:
    calendar = Calendar(((date(2026, 12, 18), date(2026, 12, 18)),))
    assert weigh(5, FRIDAY, TWO_A_WEEK, calendar, today=MONDAY).nearest_on == date(2026, 12, 25)
    long_break = Calendar(((date(2026, 12, 18), date(2027, 3, 31)),))
    assert weigh(5, FRIDAY, TWO_A_WEEK, long_break, today=MONDAY).nearest_on == date(2026, 12, 16)


@given(
    targets=st.integers(1, 40),
    days=st.integers(0, 120),
    reached=st.integers(1, 40),
    window=st.integers(5, 20),
)
def test_the_nearest_day_fits_and_is_not_before_the_wish_unless_that_fits(targets: int, days: int, reached: int, window: int) -> None:
    wished, pace = MONDAY + timedelta(days=days), Pace(reached, window)
    told = weigh(targets, wished, pace, Calendar(), today=MONDAY)
    assert told.nearest_on is not None
    assert told.fits == (told.nearest_on == wished)
    again = weigh(targets, told.nearest_on, pace, Calendar(), today=MONDAY)
    assert again.fits
    if not told.fits:
        assert told.nearest_on > wished
        assert told.fit_by_wished is not None
        assert told.fit_by_wished < targets


# Own pace


def score(session: Session, school: School, name: str, score_bp: int, at: datetime) -> None:
    competency = add_competency(session, school.framework, name)
    told = Observation(school.student.id, competency.id, score_bp, at, Source.TEACHER)
    record_evidence(session, school.course, told, now=at)


def test_own_pace_counts_what_was_reached_in_four_school_weeks(session: Session, school: School, ada: Student, now: datetime) -> None:
    for name, score_bp, ago in (("old", 9000, 60), ("a", 8000, 25), ("b", 9000, 10), ("c", 10_000, 1), ("low", 7999, 3)):
        score(session, school, name, score_bp, now - timedelta(days=ago))
    assert own_pace(session, ada, Calendar(), now=now) == Pace(reached=3, school_days=20)


def test_a_target_counts_on_the_day_it_was_reached_first(session: Session, school: School, ada: Student, now: datetime) -> None:
    for ago in (60, 5):
        told = Observation(school.student.id, school.competency.id, 9000, now - timedelta(days=ago), Source.TEACHER)
        record_evidence(session, school.course, told, now=now)
    assert own_pace(session, ada, Calendar(), now=now) is None


def test_what_is_no_longer_reached_does_not_count(session: Session, school: School, ada: Student, now: datetime) -> None:
    score(session, school, "kept", 9000, now - timedelta(days=20))
    for ago, score_bp in ((15, 9000), (3, 2000)):
        told = Observation(school.student.id, school.competency.id, score_bp, now - timedelta(days=ago), Source.TEACHER)
        record_evidence(session, school.course, told, now=now)
    pace = own_pace(session, ada, Calendar(), now=now)
    assert pace is not None
    assert pace.reached == 1


def test_a_newcomer_is_measured_by_their_own_days(session: Session, school: School, ada: Student, now: datetime) -> None:
    assert own_pace(session, ada, Calendar(), now=now) is None
    score(session, school, "a", 9000, now - timedelta(days=3))
    assert own_pace(session, ada, Calendar(), now=now) is None  # two school days say nothing
    score(session, school, "b", 9000, now - timedelta(days=10))
    assert own_pace(session, ada, Calendar(), now=now) == Pace(reached=2, school_days=7)


def test_after_a_long_break_there_is_an_end_to_looking_back(session: Session, school: School, ada: Student, now: datetime) -> None:
    score(session, school, "a", 9000, now - timedelta(days=900))
    closed = Calendar(((date(2020, 1, 1), date(2026, 12, 31)),))
    assert own_pace(session, ada, closed, now=now) is None


def test_nobody_elses_evidence_counts(session: Session, school: School, ada: Student, ben: Student, now: datetime) -> None:
    score(session, school, "a", 9000, now - timedelta(days=10))
    assert own_pace(session, ben, Calendar(), now=now) is None


def test_what_is_reached_is_not_still_to_reach(session: Session, school: School, ada: Student, now: datetime) -> None:
    roots = add_competency(session, school.framework, "Roots")
    for competency, score_bp in ((school.competency, 8000), (roots, 7999)):
        told = Observation(ada.person_id, competency.id, score_bp, now, Source.TEACHER)
        record_evidence(session, school.course, told, now=now)
    assert still_to_reach(session, ada, [school.competency.id, roots.id]) == {roots.id}
