"""The sample's term: its instructional days around the day on which it is laid. Plain values, no session.

Days are numbered from the present: 0 is the first instructional day from today on, -1 the last one before today. All
that the sample tells has happened by day -1.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.sample.content import Break, Moment, Weeks
from core.courses.calendar import Calendar
from core.data.clock import local_day


@dataclass(frozen=True)
class Term:
    """The instructional days of the term, oldest first; the first `past` of them are before today."""

    zone: str
    days: tuple[date, ...]
    past: int

    def day(self, number: int) -> date:
        """The date of a day; what would be outside the term is its first or last day."""
        return self.days[min(max(self.past + number, 0), len(self.days) - 1)]

    def at(self, number: int, clock: time) -> datetime:
        """A time of that day at the school, as an instant in UTC."""
        return datetime.combine(self.day(number), clock, ZoneInfo(self.zone)).astimezone(UTC)

    def moment(self, told: Moment) -> datetime:
        """The instant of "so many days ago, at that time"."""
        ago, clock = told
        return self.at(-ago, clock)

    def due_days(self, count: int) -> list[int]:
        """The due days of `count` targets, spread evenly up to the end of the term."""
        return [(number + 1) * len(self.days) // count - 1 - self.past for number in range(count)]

    def weeks(self) -> list[list[int]]:
        """The days before today, by calendar week."""
        weeks: dict[tuple[int, int], list[int]] = {}
        for number in range(-self.past, 0):
            weeks.setdefault(self.day(number).isocalendar()[:2], []).append(number)
        return list(weeks.values())


def monday_of(now: datetime, zone: str) -> date:
    """The Monday of the present week at the school; on a weekend the coming one."""
    today = local_day(now, zone)
    days = today.weekday()
    return today - timedelta(days=days if days < 5 else days - 7)


def dates_of(pause: Break, monday: date) -> tuple[date, date]:
    """The first and last date of a break."""
    start = monday + timedelta(weeks=pause.week)
    return start + timedelta(days=pause.first), start + timedelta(days=pause.last)


def bounds_of(weeks: Weeks, monday: date) -> tuple[date, date]:
    """The first Monday and the last Friday of the term."""
    return monday + timedelta(weeks=weeks.first_week), monday + timedelta(weeks=weeks.last_week, days=4)


def term_of(calendar: Calendar, starts_on: date, ends_on: date, *, zone: str, now: datetime) -> Term:
    """The term of a course whose calendar is laid."""
    span = (starts_on + timedelta(days=number) for number in range((ends_on - starts_on).days + 1))
    days = tuple(day for day in span if calendar.is_instructional(day))
    today = local_day(now, zone)
    return Term(zone, days, sum(day < today for day in days))
