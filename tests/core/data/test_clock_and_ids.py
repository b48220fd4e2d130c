"""Days belong to a zone; identifiers sort by time; secrets are random and stored as a digest."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.clock import local_day, utc_now
from core.data.ids import digest, new_id, new_secret


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        (datetime(2026, 11, 24, 7, 0, tzinfo=UTC), "America/Los_Angeles", date(2026, 11, 23)),
        (datetime(2026, 11, 24, 8, 0, tzinfo=UTC), "America/Los_Angeles", date(2026, 11, 24)),
        (datetime(2026, 7, 24, 7, 0, tzinfo=UTC), "America/Los_Angeles", date(2026, 7, 24)),
        (datetime(2026, 11, 23, 10, 0, tzinfo=UTC), "Pacific/Auckland", date(2026, 11, 23)),
        (datetime(2026, 11, 23, 11, 0, tzinfo=UTC), "Pacific/Auckland", date(2026, 11, 24)),
        (datetime(2026, 11, 23, 20, 0, tzinfo=timezone(timedelta(hours=-8))), "UTC", date(2026, 11, 24)),
        (datetime(2026, 11, 23, 18, 15, tzinfo=UTC), "Asia/Kathmandu", date(2026, 11, 24)),
    ],
    ids=["11 pm California", "midnight California", "summer time", "11 pm Auckland", "midnight Auckland", "any offset", "5:45 ahead"],
)
def test_an_instant_is_on_the_day_of_its_zone(now: datetime, zone: str, day: date) -> None:
    assert local_day(now, zone) == day


def test_the_clock_is_aware() -> None:
    assert utc_now().utcoffset() == timedelta(0)


def test_identifiers_sort_by_the_time_they_were_made() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000
    assert {one.version for one in made} == {7}


def test_a_secret_is_long_random_and_fits_a_path() -> None:
    made = {new_secret() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(one) for one in made} == {32}
    assert all(character.isalnum() or character in "-_" for one in made for character in one)


def test_a_digest_is_sha_256() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_whatever_a_stranger_sends_has_a_digest(secret: str) -> None:
    assert len(digest(secret)) == 64
