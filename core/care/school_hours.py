"""School hours: when a person at school can be expected to look. Plain values, no session."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(8, 0), time(15, 30)
SCHOOL_WEEK = 5


def next_school_moment(now: datetime, zone: str, *, not_before: timedelta) -> datetime:
    """The first moment at which somebody at school can be expected to look: a weekday from 8:00 to 15:30.

    Breaks count as school days: what waits here must not wait for two weeks.

    Args:
        zone: the IANA zone whose clock counts.
        not_before: at least this long after `now`.
    """
    local = (now.astimezone(UTC) + not_before).astimezone(ZoneInfo(zone))
    if _opens_on(local) and OPENS <= local.time() < CLOSES:
        return local.astimezone(UTC)
    day = local if local.time() < OPENS else local + timedelta(days=1)
    while not _opens_on(day):
        day += timedelta(days=1)
    return datetime.combine(day.date(), OPENS, ZoneInfo(zone)).astimezone(UTC)


def _opens_on(local: datetime) -> bool:
    return local.weekday() < SCHOOL_WEEK
