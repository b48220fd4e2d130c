"""School hours: a weekday from eight to half past three, where the school is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.care.school_hours import next_school_moment

QUARTER = timedelta(minutes=15)
ZONES = ("America/Los_Angeles", "UTC", "Asia/Kolkata", "Pacific/Auckland")


def moment(text: str, zone: str = "America/Los_Angeles") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("2026-11-23T10:00", "2026-11-23T10:15"),
        ("2026-11-23T07:00", "2026-11-23T08:00"),
        ("2026-11-23T07:50", "2026-11-23T08:05"),
        ("2026-11-23T00:10", "2026-11-23T08:00"),
        ("2026-11-23T15:14", "2026-11-23T15:29"),
        ("2026-11-23T15:15", "2026-11-24T08:00"),
        ("2026-11-23T23:55", "2026-11-24T08:00"),
        ("2026-11-27T21:12", "2026-11-30T08:00"),
        ("2026-11-28T10:00", "2026-11-30T08:00"),
        ("2026-11-29T23:50", "2026-11-30T08:00"),
        ("2026-10-30T16:00", "2026-11-02T08:00"),  # the clocks go back on the Sunday between
    ],
)
def test_it_is_the_next_moment_of_a_school_day(said: str, due: str) -> None:
    assert next_school_moment(moment(said), "America/Los_Angeles", not_before=QUARTER) == moment(due)


def test_the_zone_is_the_schools() -> None:
    evening = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    assert next_school_moment(evening, "America/Los_Angeles", not_before=QUARTER) == evening + QUARTER
    assert next_school_moment(evening, "UTC", not_before=QUARTER) == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)), st.sampled_from(ZONES))
def test_it_is_never_too_soon_nor_too_late_nor_at_night(now: datetime, zone: str) -> None:
    due = next_school_moment(now, zone, not_before=QUARTER)
    local = due.astimezone(ZoneInfo(zone))
    assert QUARTER <= due - now < timedelta(days=3, hours=2)
    assert local.weekday() < 5
    assert (8, 0) <= (local.hour, local.minute) < (15, 30)
