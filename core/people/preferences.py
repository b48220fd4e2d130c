"""Preferences: when and where a person wants to hear from Paceline unasked. Declining always works, and is reported to nobody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, CheckConstraint, Column, and_, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_into, within_tenant
from core.errors import CoreError
from core.people.addresses import Address, NoAddress, has_address

LONGEST_SNOOZE = timedelta(days=90)


class Topic(StrEnum):
    """What unasked messages are about, and can be muted for."""

    CHECK_INS = "check_ins"
    GOALS = "goals"
    HELP = "help"
    REFLECTIONS = "reflections"


class Way(StrEnum):
    """Where unasked messages go: the talk alone, or a note by e-mail as well."""

    TALK = "talk"
    EMAIL = "email"


@dataclass(frozen=True)
class Preferences:
    """What a person prefers; these are the defaults of whoever chose nothing.

    Attributes:
        quiet_from: local time from which nothing goes out; equal to `quiet_until`: there are no quiet hours.
        quiet_until: local time at which it goes out again, on the next day where that is earlier.
        snoozed_until: nothing goes out before this instant.
        muted: topics of which nothing goes out.
        stopped: nothing goes out at all.
        channel: *email* only while a confirmed address is there.
    """

    quiet_from: time = time(20)
    quiet_until: time = time(7)
    snoozed_until: datetime | None = None
    muted: frozenset[Topic] = frozenset()
    stopped: bool = False
    channel: Way = Way.TALK

    def snoozed(self, now: datetime) -> bool:
        """Whether a snooze lasts at an instant."""
        return self.snoozed_until is not None and self.snoozed_until > now


DEFAULTS = Preferences()


class Preference(Table, table=True):
    """What one person chose. Quiet hours are local minutes after midnight."""

    __table_args__ = (
        within_tenant("person", "person_id", on_delete="CASCADE"),
        CheckConstraint("quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439", name="quiet_hours_of_a_day"),
    )
    person_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    quiet_from: int
    quiet_until: int
    snoozed_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    muted: list[str] = Field(sa_column=Column(JSON, nullable=False))
    stopped_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    channel: str
    updated_at: datetime = Field(sa_type=UTCDateTime)


class SnoozeUnusable(CoreError):
    """A snooze ends in the past, or later than a snooze may; whoever wants none at all stops."""

    code = "preference.snooze_unusable"


def preferences_of(session: Session, tenant_id: UUID, person_id: UUID) -> Preferences:
    """What a person prefers."""
    confirmed = and_(col(Address.person_id) == col(Preference.person_id), col(Address.confirmed_at).is_not(None))
    query = (
        select(
            col(Preference.quiet_from),
            col(Preference.quiet_until),
            col(Preference.snoozed_until),
            col(Preference.muted),
            col(Preference.stopped_at),
            col(Preference.channel),
            col(Address.confirmed_at),
        )
        .outerjoin(Address, and_(confirmed, col(Address.channel) == col(Preference.channel)))
        .where(col(Preference.tenant_id) == tenant_id, col(Preference.person_id) == person_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return DEFAULTS
    quiet_from, quiet_until, snoozed_until, muted, stopped_at, channel, confirmed_at = found
    return Preferences(
        quiet_from=_time(quiet_from),
        quiet_until=_time(quiet_until),
        snoozed_until=snoozed_until,
        muted=frozenset(map(Topic, muted)),
        stopped=stopped_at is not None,
        channel=Way(channel) if confirmed_at else Way.TALK,
    )


def set_quiet_hours(session: Session, tenant_id: UUID, person_id: UUID, start: time, end: time, *, now: datetime) -> None:
    """Let nothing go out from one local time until another, over midnight where `end` is the earlier; equal: no quiet hours."""
    _change(session, tenant_id, person_id, now, quiet_from=_minutes(start), quiet_until=_minutes(end))


def snooze(session: Session, tenant_id: UUID, person_id: UUID, until: datetime, *, now: datetime) -> None:
    """Let nothing go out before an instant.

    Raises:
        SnoozeUnusable: it has passed, or is more than ninety days away.
    """
    if not now < until <= now + LONGEST_SNOOZE:
        raise SnoozeUnusable(days=LONGEST_SNOOZE.days)
    _change(session, tenant_id, person_id, now, snoozed_until=until)


def mute_topic(session: Session, tenant_id: UUID, person_id: UUID, topic: Topic, *, now: datetime) -> None:
    """Let nothing go out about a topic."""
    _set_muted(session, tenant_id, person_id, now, add={topic})


def unmute_topic(session: Session, tenant_id: UUID, person_id: UUID, topic: Topic, *, now: datetime) -> None:
    """Let messages about a topic go out again."""
    _set_muted(session, tenant_id, person_id, now, take={topic})


def stop(session: Session, tenant_id: UUID, person_id: UUID, *, now: datetime) -> None:
    """Let nothing go out unasked, until the person resumes. Whatever they ask is answered all the same."""
    _change(session, tenant_id, person_id, now, stopped_at=now)


def resume(session: Session, tenant_id: UUID, person_id: UUID, *, now: datetime) -> None:
    """End a stop and a snooze. Muted topics and quiet hours stay as they are."""
    _change(session, tenant_id, person_id, now, stopped_at=None, snoozed_until=None)


def choose_channel(session: Session, tenant_id: UUID, person_id: UUID, channel: Way, *, now: datetime) -> None:
    """Choose where unasked messages go.

    Raises:
        NoAddress: by e-mail, without a confirmed address.
    """
    if channel is Way.EMAIL and not has_address(session, tenant_id, person_id):
        raise NoAddress
    _change(session, tenant_id, person_id, now, channel=channel)


def may_tell(preferences: Preferences, topic: Topic | None, zone: str, now: datetime) -> datetime | None:
    """When an unasked message may go out by a channel outside our pages: now, or later; None for never.

    Args:
        topic: what it is about; None where it is of no topic that can be muted.
        zone: the person's, an IANA name; quiet hours are counted in it.
        now: an aware instant.
    """
    if preferences.stopped or topic in preferences.muted:
        return None
    due = max(now, preferences.snoozed_until or now)
    if not _quiet(preferences, due, zone):
        return due
    return _end_of_quiet(preferences, due, zone)


def _quiet(preferences: Preferences, instant: datetime, zone: str) -> bool:
    local, start, end = instant.astimezone(ZoneInfo(zone)).time(), preferences.quiet_from, preferences.quiet_until
    return start <= local < end if start <= end else local >= start or local < end


def _end_of_quiet(preferences: Preferences, instant: datetime, zone: str) -> datetime:
    """The first end of quiet hours after an instant that is within them.

    When clocks change, a local time may come twice, and be quiet between; or never, and then its end is an hour later.
    """
    day = instant.astimezone(ZoneInfo(zone)).date()
    ends = (
        datetime.combine(day + timedelta(days=ahead), preferences.quiet_until, ZoneInfo(zone)).replace(fold=fold).astimezone(UTC)
        for ahead in (0, 1, 2)
        for fold in (0, 1)
    )
    return min(end for end in ends if end > instant and not _quiet(preferences, end, zone))


def _set_muted(
    session: Session, tenant_id: UUID, person_id: UUID, now: datetime, *, add: Iterable[Topic] = (), take: Iterable[Topic] = ()
) -> None:
    _change(session, tenant_id, person_id, now)  # lays the row, and locks it: two tabs may mute two topics at once
    query = select(col(Preference.muted)).where(col(Preference.person_id) == person_id, col(Preference.tenant_id) == tenant_id)
    muted = (set(session.execute(query).scalar_one()) | set(add)) - set(take)
    _change(session, tenant_id, person_id, now, muted=sorted(muted))


def _change(session: Session, tenant_id: UUID, person_id: UUID, now: datetime, **chosen: Any) -> None:
    """Write what was chosen, and nothing else, into the person's one row."""
    defaults = {
        "quiet_from": _minutes(DEFAULTS.quiet_from),
        "quiet_until": _minutes(DEFAULTS.quiet_until),
        "muted": [],
        "channel": DEFAULTS.channel,
    }
    row = {"person_id": person_id, "tenant_id": tenant_id, **defaults, **chosen, "updated_at": now}
    made = insert_into(session, Preference).values(**row)
    changing = made.on_conflict_do_update(index_elements=["person_id"], set_={**chosen, "updated_at": now})
    session.execute(changing.execution_options(synchronize_session=False))


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _time(minutes: int) -> time:
    return time(*divmod(minutes, 60))
