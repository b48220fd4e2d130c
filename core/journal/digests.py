"""Digests: calls for help are told to an adult twice a school day, those that came together as one. Plain values, no session."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOURS = (time(7, 30), time(15, 0))
"""Before the first lesson and after the last, in the zone of the course."""

_SCHOOL_WEEK = 5


def next_digest(now: datetime, zone: str) -> datetime:
    """The first digest after an instant: Monday to Friday at half past seven and at three.

    Args:
        zone: the IANA zone of the course.
    """
    local = now.astimezone(ZoneInfo(zone))
    days = (local.date() + timedelta(days=ahead) for ahead in range(4))
    return next(at for day in days if day.weekday() < _SCHOOL_WEEK for at in _on(day, zone) if at > now)


def _on(day: date, zone: str) -> list[datetime]:
    return [datetime.combine(day, hour, ZoneInfo(zone)).astimezone(UTC) for hour in HOURS]
