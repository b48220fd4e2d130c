"""The calendar: which days are instructional. Weekends do not count, nor do breaks of the school or of the course."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from uuid import UUID

from sqlalchemy import CheckConstraint, bindparam, select
from sqlmodel import Field, Session, col

from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.errors import CoreError

_SCHOOL_WEEK = 5


class CalendarBreak(Table, table=True):
    """Days without school, both ends included; of the whole school, or with `course_id` of one course."""

    __tablename__ = "calendar_break"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="ends_after_start"),
        within_tenant("course", "course_id", on_delete="CASCADE"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = Field(foreign_key="tenant.id", index=True)
    course_id: UUID | None = None
    name: str
    starts_on: date
    ends_on: date


class BreakBackwards(CoreError):
    """A break ends before it starts."""

    code = "calendar.break_backwards"


@dataclass(frozen=True)
class Calendar:
    """The instructional days of a course: Monday to Friday without its breaks. Plain values, no session."""

    breaks: tuple[tuple[date, date], ...] = ()

    def is_instructional(self, day: date) -> bool:
        """Whether there is school on a day."""
        return day.weekday() < _SCHOOL_WEEK and not any(first <= day <= last for first, last in self.breaks)

    def count(self, first: date, last: date) -> int:
        """How many instructional days from `first` to `last`, both included; 0 when `last` is before `first`."""
        closed = sum(_weekdays(max(start, first), min(end, last)) for start, end in self._apart)
        return _weekdays(first, last) - closed

    def after(self, day: date, count: int) -> date:
        """The `count`-th instructional day after `day`, or `day` itself for 0."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_instructional(day)
        return day

    @cached_property
    def _apart(self) -> list[tuple[date, date]]:
        """The breaks with those that overlap joined, so that no day is counted twice."""
        apart: list[tuple[date, date]] = []
        for start, end in sorted(self.breaks):
            if apart and start <= apart[-1][1]:
                apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
            else:
                apart.append((start, end))
        return apart


def add_break(session: Session, tenant_id: UUID, name: str, starts_on: date, ends_on: date, course_id: UUID | None = None) -> CalendarBreak:
    """Add days without school.

    Raises:
        BreakBackwards: it ends before it starts.
    """
    if ends_on < starts_on:
        raise BreakBackwards(starts_on=starts_on.isoformat(), ends_on=ends_on.isoformat())
    pause = CalendarBreak(tenant_id=tenant_id, course_id=course_id, name=name, starts_on=starts_on, ends_on=ends_on)
    session.add(pause)
    session.flush()
    return pause


def calendar_of(session: Session, tenant_id: UUID, course_id: UUID) -> Calendar:
    """The calendar of a course: the school's breaks and its own."""
    rows = session.execute(_breaks, {"tenant_id": tenant_id, "course_id": course_id})
    return Calendar(tuple(sorted((first, last) for first, last in rows)))


_breaks = select(col(CalendarBreak.starts_on), col(CalendarBreak.ends_on)).where(
    col(CalendarBreak.tenant_id) == bindparam("tenant_id"),
    col(CalendarBreak.course_id).is_(None) | (col(CalendarBreak.course_id) == bindparam("course_id")),
)


def _weekdays(first: date, last: date) -> int:
    """Mondays to Fridays from `first` to `last`, both included; 0 when `last` is before `first`."""
    return max(_weekdays_before(last.toordinal() + 1) - _weekdays_before(first.toordinal()), 0)


def _weekdays_before(ordinal: int) -> int:
    """Mondays to Fridays from day 1 of the proleptic calendar, a Monday, up to, not including, a day."""
    weeks, rest = divmod(ordinal - 1, 7)
    return weeks * _SCHOOL_WEEK + min(rest, _SCHOOL_WEEK)
