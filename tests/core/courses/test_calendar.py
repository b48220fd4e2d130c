"""The calendar: Monday to Friday, without breaks of the school or of the course."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.courses.calendar import BreakBackwards, Calendar, CalendarBreak, add_break, calendar_of
from tests.people_made import School, add_course

THANKSGIVING = (date(2026, 11, 26), date(2026, 11, 27))
WINTER = (date(2026, 12, 21), date(2027, 1, 1))
AUTUMN = Calendar((THANKSGIVING, WINTER))
MONDAY = date(2026, 11, 23)

days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
breaks = st.lists(st.tuples(days, st.integers(0, 40)).map(lambda pause: (pause[0], pause[0] + timedelta(days=pause[1]))), max_size=6)
calendars = breaks.map(lambda found: Calendar(tuple(found)))


@given(calendar=calendars, first=days, length=st.integers(-3, 400))
def test_counting_is_the_same_as_going_through_the_days(calendar: Calendar, first: date, length: int) -> None:
    last = first + timedelta(days=length)
    one_by_one = sum(calendar.is_instructional(first + timedelta(days=number)) for number in range(length + 1))
    assert calendar.count(first, last) == one_by_one


@given(calendar=calendars, first=days, middle=st.integers(0, 200), rest=st.integers(1, 200))
def test_two_parts_count_as_much_as_the_whole(calendar: Calendar, first: date, middle: int, rest: int) -> None:
    cut, last = first + timedelta(days=middle), first + timedelta(days=middle + rest)
    assert calendar.count(first, last) == calendar.count(first, cut) + calendar.count(cut + timedelta(days=1), last)


@given(calendar=calendars, day=days, count=st.integers(1, 60))
def test_the_nth_day_after_is_instructional_and_n_days_away(calendar: Calendar, day: date, count: int) -> None:
    found = calendar.after(day, count)
    assert calendar.is_instructional(found)
    assert calendar.count(day + timedelta(days=1), found) == count


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        (MONDAY, MONDAY, 1),
        (MONDAY, date(2026, 11, 29), 3),
        (date(2026, 11, 26), date(2026, 11, 29), 0),
        (date(2026, 11, 28), date(2026, 11, 30), 1),
        (MONDAY, date(2027, 1, 4), 19),
        (MONDAY, date(2026, 11, 22), 0),
        (date.min, date.max, 521_722 * 5 + 5 - 12),
    ],
    ids=["one day", "a short week", "a break", "a weekend", "over winter", "backwards", "all time"],
)
def test_the_days_of_an_autumn(first: date, last: date, count: int) -> None:
    assert AUTUMN.count(first, last) == count


@pytest.mark.parametrize(
    "overlapping",
    [
        [(date(2026, 11, 23), date(2026, 11, 25)), (date(2026, 11, 25), date(2026, 11, 27))],
        [(date(2026, 11, 23), date(2026, 11, 27)), (date(2026, 11, 24), date(2026, 11, 25))],
        [(date(2026, 11, 25), date(2026, 11, 27)), (date(2026, 11, 23), date(2026, 11, 26))],
        [(date(2026, 11, 23), date(2026, 11, 27)), (date(2026, 11, 23), date(2026, 11, 27))],
        [(date(2026, 11, 21), date(2026, 11, 24)), (date(2026, 11, 25), date(2026, 11, 29))],
    ],
    ids=["by a day", "inside", "unsorted", "twice", "side by side"],
)
def test_breaks_that_overlap_close_each_day_once(overlapping: list[tuple[date, date]]) -> None:
    assert Calendar(tuple(overlapping)).count(date(2026, 11, 16), date(2026, 12, 4)) == 10


def test_a_break_of_a_thousand_years_is_counted_at_once() -> None:
    endless = Calendar(((date(2026, 11, 23), date.max),))
    assert endless.count(date(2026, 11, 16), date.max) == 5


@pytest.mark.parametrize(
    ("day", "count", "found"),
    [
        (MONDAY, 0, MONDAY),
        (date(2026, 11, 28), 0, date(2026, 11, 28)),
        (MONDAY, 1, date(2026, 11, 24)),
        (date(2026, 11, 25), 1, date(2026, 11, 30)),
        (date(2026, 12, 18), 2, date(2027, 1, 5)),
    ],
)
def test_days_after_jump_over_weekends_and_breaks(day: date, count: int, found: date) -> None:
    assert AUTUMN.after(day, count) == found


def test_a_break_is_for_the_whole_school_or_for_one_course(session: Session, school: School, neighbours: School) -> None:
    other = add_course(session, school.deployment, "Biology", now=school.course.created_at)
    add_break(session, school.tenant.id, "Thanksgiving", *THANKSGIVING)
    add_break(session, school.tenant.id, "Field trip", MONDAY, MONDAY, course_id=other.id)
    add_break(session, neighbours.tenant.id, "Their winter", *WINTER)
    assert calendar_of(session, school.tenant.id, school.course.id) == Calendar((THANKSGIVING,))
    assert calendar_of(session, school.tenant.id, other.id) == Calendar(((MONDAY, MONDAY), THANKSGIVING))
    assert calendar_of(session, neighbours.tenant.id, neighbours.course.id) == Calendar((WINTER,))


def test_a_course_without_breaks_has_every_weekday(session: Session, school: School) -> None:
    assert calendar_of(session, school.tenant.id, school.course.id).count(MONDAY, MONDAY + timedelta(days=13)) == 10


def test_a_break_that_ends_before_it_starts_is_refused(session: Session, school: School) -> None:
    with pytest.raises(BreakBackwards) as refused:
        add_break(session, school.tenant.id, "Winter", WINTER[1], WINTER[0])
    assert refused.value.facts == {"starts_on": "2027-01-01", "ends_on": "2026-12-21"}
    assert calendar_of(session, school.tenant.id, school.course.id) == Calendar()


def test_and_by_the_database_too(session: Session, school: School) -> None:
    session.add(CalendarBreak(tenant_id=school.tenant.id, name="Winter", starts_on=WINTER[1], ends_on=WINTER[0]))
    with pytest.raises(IntegrityError):
        session.flush()
