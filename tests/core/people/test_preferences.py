"""When an unasked message may go out: quiet hours over midnight and when clocks change, pauses, topics, stop."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.data.db import Database
from core.data.vault import Vault
from core.errors import NotFound
from core.people.addresses import NoAddress, confirm_address, enter_address, remove_address
from core.people.people import add_person, choose_language, find_person
from core.people.preferences import (
    DEFAULTS,
    LONGEST_SNOOZE,
    Preference,
    Preferences,
    SnoozeUnusable,
    Topic,
    Way,
    choose_channel,
    may_tell,
    mute_topic,
    preferences_of,
    resume,
    set_quiet_hours,
    snooze,
    stop,
    unmute_topic,
)
from tests.people_made import School

CALIFORNIA = "America/Los_Angeles"
ALWAYS = Preferences(quiet_from=time(0), quiet_until=time(0))


def local(day: int, hour: int, minute: int = 0, *, month: int = 11, fold: int = 0) -> datetime:
    """An instant of 2026 in California, in UTC."""
    return datetime(2026, month, day, hour, minute, fold=fold, tzinfo=ZoneInfo(CALIFORNIA)).astimezone(UTC)


def sent_at(preferences: Preferences, now: datetime, topic: Topic | None = Topic.GOALS) -> datetime | None:
    return may_tell(preferences, topic, CALIFORNIA, now)


# When something may go out


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (local(23, 19, 59), local(23, 19, 59)),
        (local(23, 20), local(24, 7)),
        (local(23, 23, 59), local(24, 7)),
        (local(24, 0), local(24, 7)),
        (local(24, 6, 59), local(24, 7)),
        (local(24, 7), local(24, 7)),
    ],
)
def test_by_default_nights_are_quiet(now: datetime, then: datetime) -> None:
    assert sent_at(DEFAULTS, now) == then


@pytest.mark.parametrize(("hour", "then"), [(8, 8), (9, 15), (14, 15), (15, 15), (23, 23)])
def test_quiet_hours_within_a_day_are_over_that_day(hour: int, then: int) -> None:
    school = replace(DEFAULTS, quiet_from=time(9), quiet_until=time(15))
    assert sent_at(school, local(23, hour)) == local(23, then)


@pytest.mark.parametrize("at", [time(0), time(20), time(23, 59)])
def test_from_and_until_alike_means_no_quiet_hours(at: time) -> None:
    none = replace(DEFAULTS, quiet_from=at, quiet_until=at)
    for hour in range(24):
        assert sent_at(none, local(23, hour)) == local(23, hour)


def test_quiet_hours_are_those_of_the_zone() -> None:
    noon_in_california = local(23, 12)
    assert may_tell(DEFAULTS, Topic.GOALS, CALIFORNIA, noon_in_california) == noon_in_california
    assert may_tell(DEFAULTS, Topic.GOALS, "Europe/Madrid", noon_in_california) == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def test_a_night_in_which_clocks_change_ends_at_seven_all_the_same() -> None:
    spring, autumn = local(7, 20, month=3), local(31, 20, month=10)
    assert sent_at(DEFAULTS, spring) == local(8, 7, month=3) == spring + timedelta(hours=10)
    assert sent_at(DEFAULTS, autumn) == local(1, 7) == autumn + timedelta(hours=12)


def test_an_end_that_the_clocks_jump_over_comes_when_they_have() -> None:
    night_owl = replace(DEFAULTS, quiet_until=time(2, 30))
    assert sent_at(night_owl, local(7, 23, month=3)) == local(8, 3, 30, month=3)


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    night_owl = replace(DEFAULTS, quiet_until=time(1, 30))
    assert sent_at(night_owl, local(1, 0, 30)) == local(1, 1, 30, fold=0)
    assert sent_at(night_owl, local(1, 1, 40, fold=0)) == local(1, 1, 40, fold=0)
    assert sent_at(night_owl, local(1, 1, 10, fold=1)) == local(1, 1, 30, fold=1)


def test_a_pause_ends_when_it_ends_or_with_the_quiet_hours_after() -> None:
    now = local(23, 10)
    assert sent_at(replace(ALWAYS, snoozed_until=local(24, 3)), now) == local(24, 3)
    assert sent_at(replace(DEFAULTS, snoozed_until=local(24, 3)), now) == local(24, 7)
    assert sent_at(replace(DEFAULTS, snoozed_until=local(22, 3)), now) == now, "a pause that is over"


def test_who_stopped_is_told_nothing_and_a_muted_topic_is_silent() -> None:
    now = local(23, 10)
    for topic in (*Topic, None):
        assert sent_at(replace(DEFAULTS, stopped=True), now, topic) is None
    muted = replace(DEFAULTS, muted=frozenset({Topic.GOALS}))
    assert sent_at(muted, now, Topic.GOALS) is None
    assert sent_at(muted, now, Topic.HELP) == now
    assert sent_at(muted, now, None) == now


times = st.integers(0, 1439).map(lambda minute: time(*divmod(minute, 60)))
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@given(quiet_from=times, quiet_until=times, now=instants, zone=st.sampled_from([CALIFORNIA, "Australia/Lord_Howe", "UTC"]))
def test_what_waits_is_sent_outside_quiet_hours_and_within_a_day(quiet_from: time, quiet_until: time, now: datetime, zone: str) -> None:
    mine = Preferences(quiet_from=quiet_from, quiet_until=quiet_until)
    due = may_tell(mine, None, zone, now)
    assert due is not None
    assert now <= due <= now + timedelta(hours=49)
    assert may_tell(mine, None, zone, due) == due, "then it goes out at once"
    if due > now:
        before = (due - timedelta(minutes=1)).astimezone(ZoneInfo(zone)).time()
        inside = quiet_from <= before < quiet_until if quiet_from <= quiet_until else before >= quiet_from or before < quiet_until
        assert inside or due.astimezone(ZoneInfo(zone)).time() != quiet_until, "only clocks that jump let it wait longer"


# What people choose


def test_who_chose_nothing_has_the_defaults(session: Session, school: School) -> None:
    mine = preferences_of(session, school.tenant.id, school.student.id)
    assert mine == DEFAULTS
    assert (mine.quiet_from, mine.quiet_until, mine.channel) == (time(20), time(7), Way.TALK)


def test_each_choice_is_kept_and_changes_no_other(session: Session, school: School, now: datetime) -> None:
    tenant, ada = school.tenant.id, school.student.id
    set_quiet_hours(session, tenant, ada, time(21, 30), time(6, 45), now=now)
    mute_topic(session, tenant, ada, Topic.HELP, now=now)
    mute_topic(session, tenant, ada, Topic.CHECK_INS, now=now)
    unmute_topic(session, tenant, ada, Topic.HELP, now=now)
    snooze(session, tenant, ada, now + timedelta(days=3), now=now)
    stop(session, tenant, ada, now=now)
    assert preferences_of(session, tenant, ada) == Preferences(
        quiet_from=time(21, 30),
        quiet_until=time(6, 45),
        snoozed_until=now + timedelta(days=3),
        muted=frozenset({Topic.CHECK_INS}),
        stopped=True,
    )
    assert preferences_of(session, tenant, school.teacher.id) == DEFAULTS


def test_resuming_ends_a_stop_and_a_pause_and_nothing_else(session: Session, school: School, now: datetime) -> None:
    tenant, ada = school.tenant.id, school.student.id
    mute_topic(session, tenant, ada, Topic.GOALS, now=now)
    snooze(session, tenant, ada, now + timedelta(days=3), now=now)
    stop(session, tenant, ada, now=now)
    resume(session, tenant, ada, now=now)
    assert preferences_of(session, tenant, ada) == replace(DEFAULTS, muted=frozenset({Topic.GOALS}))


def test_muting_or_stopping_twice_and_resuming_first_change_nothing(session: Session, school: School, now: datetime) -> None:
    tenant, ada = school.tenant.id, school.student.id
    resume(session, tenant, ada, now=now)
    unmute_topic(session, tenant, ada, Topic.GOALS, now=now)
    assert preferences_of(session, tenant, ada) == DEFAULTS
    for _ in range(2):
        mute_topic(session, tenant, ada, Topic.GOALS, now=now)
        stop(session, tenant, ada, now=now)
    mine = preferences_of(session, tenant, ada)
    assert (mine.stopped, mine.muted) == (True, frozenset({Topic.GOALS}))


@pytest.mark.parametrize("until", [timedelta(0), timedelta(seconds=-1), LONGEST_SNOOZE + timedelta(seconds=1)])
def test_a_pause_ends_in_the_future_but_not_in_years(session: Session, school: School, now: datetime, until: timedelta) -> None:
    with pytest.raises(SnoozeUnusable) as refused:
        snooze(session, school.tenant.id, school.student.id, now + until, now=now)
    assert refused.value.facts == {"days": 90}
    assert preferences_of(session, school.tenant.id, school.student.id) == DEFAULTS


def test_e_mail_needs_a_confirmed_address_and_ends_with_it(session: Session, school: School, vault: Vault, now: datetime) -> None:
    tenant, ada = school.tenant.id, school.student.id
    with pytest.raises(NoAddress):
        choose_channel(session, tenant, ada, Way.EMAIL, now=now)
    code = enter_address(session, vault.key_of(ada), tenant, ada, "ada@example.org", now=now)
    with pytest.raises(NoAddress):
        choose_channel(session, tenant, ada, Way.EMAIL, now=now)
    assert confirm_address(session, tenant, ada, code, now=now)
    choose_channel(session, tenant, ada, Way.EMAIL, now=now)
    assert preferences_of(session, tenant, ada).channel is Way.EMAIL
    remove_address(session, tenant, ada)
    assert preferences_of(session, tenant, ada).channel is Way.TALK


def test_the_channel_can_be_the_talk_again(session: Session, school: School, vault: Vault, now: datetime) -> None:
    tenant, ada = school.tenant.id, school.student.id
    code = enter_address(session, vault.key_of(ada), tenant, ada, "ada@example.org", now=now)
    confirm_address(session, tenant, ada, code, now=now)
    for way in (Way.EMAIL, Way.TALK):
        choose_channel(session, tenant, ada, way, now=now)
        assert preferences_of(session, tenant, ada).channel is way


def test_the_database_keeps_no_minute_that_a_day_does_not_have(session: Session, school: School, now: datetime) -> None:
    stop(session, school.tenant.id, school.student.id, now=now)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(Preference).values(quiet_from=1440))


def test_nobody_has_preferences_in_another_school(session: Session, school: School, neighbours: School, now: datetime) -> None:
    stop(session, school.tenant.id, school.student.id, now=now)
    assert preferences_of(session, neighbours.tenant.id, school.student.id) == DEFAULTS
    with pytest.raises(IntegrityError), session.begin_nested():
        stop(session, neighbours.tenant.id, school.teacher.id, now=now)


def test_two_tabs_that_mute_two_topics_mute_both(database: Database, kept_school: School, now: datetime) -> None:
    def mute(topic: Topic) -> None:
        with database.aside() as session:
            mute_topic(session, kept_school.tenant.id, kept_school.student.id, topic, now=now)

    with ThreadPoolExecutor() as tabs:
        list(tabs.map(mute, list(Topic) * 3))
    with database.session(writes=False) as session:
        assert preferences_of(session, kept_school.tenant.id, kept_school.student.id).muted == frozenset(Topic)


def test_what_is_chosen_goes_with_the_person(session: Session, school: School, vault: Vault, now: datetime) -> None:
    ben = add_person(session, vault, school.tenant.id, "Ben", now=now)
    stop(session, school.tenant.id, ben.id, now=now)
    session.delete(ben)
    session.flush()
    assert session.scalars(select(Preference)).all() == []


# Language


def test_a_language_is_kept_and_only_for_whom_it_was_chosen(session: Session, school: School, vault: Vault, now: datetime) -> None:
    ben = add_person(session, vault, school.tenant.id, "Ben", now=now)
    choose_language(session, school.tenant.id, ben.id, "es")
    session.flush()
    assert find_person(session, school.tenant.id, ben.id).language == "es"
    assert find_person(session, school.tenant.id, school.student.id).language is None


def test_nobody_chooses_for_another_school(session: Session, school: School, neighbours: School) -> None:
    for stranger in (school.student.id, uuid4()):
        with pytest.raises(NotFound):
            choose_language(session, neighbours.tenant.id, stranger, "es")
