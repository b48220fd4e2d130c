"""Feasibility: whether so many targets by a wished day fit the student's own pace of late. Numbers only; they may keep the day.

`weigh` is pure: plain values in, plain values out, whole numbers throughout.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from core.courses.calendar import Calendar
from core.data.clock import local_day
from core.evidence.evidence import Estimate, Evidence
from core.journal.student import Student

WINDOW = 20
"""Own pace is that of the last four school weeks, in school days."""

SCHOOL_WEEK = 5
_MOST_WEEKS_ON = 8


@dataclass(frozen=True)
class Pace:
    """How many targets a student reached of late, in how many school days. None reached is too early to say."""

    reached: int
    school_days: int

    @property
    def per_week(self) -> int:
        """Targets in five school days, rounded half up."""
        return self.in_days(SCHOOL_WEEK)

    def in_days(self, school_days: int) -> int:
        """Targets in so many school days at this pace, rounded half up."""
        return (2 * school_days * self.reached + self.school_days) // (2 * self.school_days)


@dataclass(frozen=True)
class Feasibility:
    """What is wished for, against one's own pace.

    `targets` are still to be reached in `school_days`, from the day after today up to the wished one. `needed_per_week` is
    the pace that this takes, rounded up; None when no school day is left. At the own pace, `own_per_week`, `fit_by_wished`
    of them fit, and all by `nearest_on`, which is on the wished day of the week. The last three are None while the own
    pace is not known; then nothing speaks against the wish.
    """

    targets: int
    school_days: int
    needed_per_week: int | None
    own_per_week: int | None
    fit_by_wished: int | None
    nearest_on: date | None

    @property
    def fits(self) -> bool:
        """Whether all targets fit by the wished day, as far as anybody can say."""
        return self.fit_by_wished is None or self.fit_by_wished >= self.targets


def weigh(targets: int, wished_on: date, pace: Pace | None, calendar: Calendar, *, today: date) -> Feasibility:
    """Hold a wish against one's own pace.

    Args:
        targets: how many are still to be reached, at least one.
        wished_on: the last day to reach them.
        pace: the student's own of late; None while it is not known.
    """
    school_days = calendar.count(today + timedelta(days=1), wished_on)
    needed = -(-targets * SCHOOL_WEEK // school_days) if school_days else None
    if pace is None or pace.reached <= 0:
        return Feasibility(targets, school_days, needed, None, None, None)
    fit = min(targets, pace.in_days(school_days))
    nearest = wished_on if fit >= targets else _nearest(targets, wished_on, pace, calendar, today)
    return Feasibility(targets, school_days, needed, pace.per_week, fit, nearest)


def own_pace(session: Session, student: Student, calendar: Calendar, *, now: datetime) -> Pace | None:
    """How many targets of the course a student reached in the last four school weeks, or since their first evidence there.

    A target counts on the day of the first observation at the course's mastery level, if the estimate stands at that
    level now. None while there is less than a school week to look back on, or nothing was reached.
    """
    today = student.today(now)
    mine = (
        col(Evidence.tenant_id) == student.tenant_id,
        col(Evidence.person_id) == student.person_id,
        col(Evidence.course_id) == student.course.id,
    )
    began_at = session.execute(select(func.min(col(Evidence.observed_at))).where(*mine)).scalar_one_or_none()
    if began_at is None:
        return None
    since = max(_days_back(calendar, today, WINDOW), local_day(began_at, student.zone))
    school_days = calendar.count(since, today)
    if school_days < SCHOOL_WEEK:
        return None
    reached = _reached_since(session, student, datetime.combine(since, time.min, ZoneInfo(student.zone)))
    return Pace(reached, school_days) if reached else None


def still_to_reach(session: Session, student: Student, competency_ids: Collection[UUID]) -> set[UUID]:
    """Which of some competencies a student has not reached in the course yet."""
    query = select(col(Estimate.competency_id)).where(
        col(Estimate.tenant_id) == student.tenant_id,
        col(Estimate.course_id) == student.course.id,
        col(Estimate.person_id) == student.person_id,
        col(Estimate.competency_id).in_(competency_ids),
        col(Estimate.value_bp) >= student.course.mastery_level_bp,
    )
    return set(competency_ids) - set(session.scalars(query))


def _nearest(targets: int, wished_on: date, pace: Pace, calendar: Calendar, today: date) -> date:
    """The first day on which all fit; moved on to the wished day of the week, if there is school on one soon after."""
    count = -(-(2 * targets - 1) * pace.school_days // (2 * pace.reached))
    first = calendar.after(today, count)
    days_on = (wished_on.weekday() - first.weekday()) % 7
    weekdays = (first + timedelta(days=days_on + 7 * week) for week in range(_MOST_WEEKS_ON))
    return next((day for day in weekdays if calendar.is_instructional(day)), first)


def _days_back(calendar: Calendar, today: date, count: int) -> date:
    """The first of the last `count` school days up to today; of far fewer in a long break, the day a year ago."""
    day, oldest = today, today - timedelta(days=366)
    left = count - calendar.is_instructional(day)
    while left > 0 and day > oldest:
        day -= timedelta(days=1)
        left -= calendar.is_instructional(day)
    return day


def _reached_since(session: Session, student: Student, since: datetime) -> int:
    level = student.course.mastery_level_bp
    stands = and_(
        col(Estimate.course_id) == col(Evidence.course_id),
        col(Estimate.person_id) == col(Evidence.person_id),
        col(Estimate.competency_id) == col(Evidence.competency_id),
        col(Estimate.value_bp) >= level,
    )
    first = (
        select(func.min(col(Evidence.observed_at)).label("at"))
        .join(Estimate, stands)
        .where(
            col(Evidence.tenant_id) == student.tenant_id,
            col(Evidence.person_id) == student.person_id,
            col(Evidence.course_id) == student.course.id,
            col(Evidence.score_bp) >= level,
        )
        .group_by(col(Evidence.competency_id))
        .subquery()
    )
    count: int = session.execute(select(func.count()).select_from(first).where(first.c.at >= since)).scalar_one()
    return count
