"""Time: instants are aware and UTC; days belong to a zone. Only the edges read the clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """The present instant, aware. Called at the edges only; every verb takes `now`."""
    return datetime.now(UTC)


def local_day(now: datetime, zone: str) -> date:
    """The calendar day of an instant in an IANA zone: an evening in California is tomorrow in UTC."""
    return now.astimezone(ZoneInfo(zone)).date()
