"""The outbox: what was promised in the transaction of a deed, and is delivered later, once and only once where the
receiver can tell a repeat.

An entry is promised, then claimed under a lease, delivered outside any transaction, and recorded. A worker that dies
in between loses its lease, and another claims the entry again. Payloads hold ids, never a person's words.

What a destination cannot take now is tried again for about three days, so that one that is down for a night or a weekend
loses nothing; then it is a dead letter, until a person decides. A call that was never made is no attempt.
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    CursorResult,
    Index,
    Integer,
    Select,
    Update,
    and_,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_into, insert_once
from core.errors import CoreError, NotFound

MOST_ATTEMPTS = 84
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(hours=2)
"""Full jitter waits half of its ceiling on average: 84 attempts are one hour until the ceiling is reached, and 71 more."""
LONGEST_UNTRIED = timedelta(minutes=10)
"""What could not even be tried is looked at again within this time; spread, lest a long queue be read over and over."""
MOST_OF_ONE = 10
"""How many entries of one school for one destination a claim takes, so that a slow one does not hold up the others."""
MOST_LOOKS = 10
"""How often a claim looks past the queues that it has found for others behind them."""
BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers only INTEGER keys by itself


class State(StrEnum):
    """Where an entry is: waiting to be delivered, done, or dead (given up, until a person decides)."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class OutboxEntry(Table, table=True):
    """One promise to one destination. `once_key` makes a second promise of the same thing a no-op."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "due_at", sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_outbox_order",
            "order_key",
            "seq",
            sqlite_where=text("state = 'waiting' AND order_key IS NOT NULL"),
            postgresql_where=text("state = 'waiting' AND order_key IS NOT NULL"),
        ),
        Index("ix_outbox_state", "tenant_id", "state"),
    )
    seq: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant_id: UUID = Field(foreign_key="tenant.id")
    kind: str
    destination: str
    once_key: str = Field(unique=True)
    order_key: str | None = None
    subject_id: UUID | None = Field(default=None, index=True)
    payload: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    due_at: datetime = Field(sa_type=UTCDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    attempts: int = 0
    state: str = State.WAITING
    last_error: str | None = None


_ENTRY, _EARLIER = aliased(OutboxEntry), aliased(OutboxEntry)


@dataclass(frozen=True)
class Claim:
    """An entry under lease. `attempt` fences it: a worker that lost its lease cannot record over its successor."""

    seq: int
    tenant_id: UUID
    kind: str
    destination: str
    once_key: str
    subject_id: UUID | None
    payload: Mapping[str, Any]
    attempt: int


@dataclass(frozen=True)
class Delivered:
    """The destination has it."""


@dataclass(frozen=True)
class TryLater:
    """It could not be judged: try again, not before `after` if the destination said so. Not `tried`, it is no attempt."""

    error: str
    after: timedelta | None = None
    tried: bool = True


@dataclass(frozen=True)
class Refused:
    """The destination will never take it: a dead letter."""

    error: str


@dataclass(frozen=True)
class Dropped:
    """It is not wanted any more, and was not sent."""

    reason: str


Result = Delivered | TryLater | Refused | Dropped


@dataclass(frozen=True)
class Promise:
    """One entry to be promised together with others; each field is what `promise` takes under that name."""

    kind: str
    destination: str
    tenant_id: UUID
    subject_id: UUID | None
    payload: Mapping[str, Any]
    once_key: str
    due_at: datetime
    order_key: str | None = None

    @property
    def row(self) -> dict[str, Any]:
        """The entry as it is written."""
        return {**vars(self), "payload": dict(self.payload), "attempts": 0, "state": State.WAITING}


class StillWaiting(CoreError):
    """Only a dead letter can be tried again or dropped by hand."""

    code = "outbox.not_dead"


def promise(
    session: Session,
    kind: str,
    destination: str,
    *,
    tenant_id: UUID,
    subject_id: UUID | None,
    payload: Mapping[str, Any],
    once_key: str,
    due_at: datetime,
    order_key: str | None = None,
) -> bool:
    """Promise one entry in the caller's transaction; False when the same `once_key` was promised before.

    Args:
        payload: ids and codes as JSON; never a person's words.
        due_at: not before this instant.
        order_key: entries that share one are delivered in the order in which they were promised.
    """
    made = Promise(kind, destination, tenant_id, subject_id, payload, once_key, due_at, order_key)
    return insert_once(session, OutboxEntry, made.row, on=("once_key",), returning="seq") is not None


def promise_all(session: Session, promises: Sequence[Promise]) -> None:
    """Promise many entries in the caller's transaction, in order and in one statement; those promised before stay as they are."""
    if promises:
        insert = insert_into(session, OutboxEntry).on_conflict_do_nothing(index_elements=["once_key"])
        session.connection().execute(insert, [one.row for one in promises])


def claim(session: Session, *, now: datetime, lease: timedelta, most: int = 50) -> list[Claim]:
    """Take up to `most` due entries under a lease: of each school and destination the oldest, at most `MOST_OF_ONE`.

    The first of each are taken before the second of any. An entry with an `order_key` waits until every earlier one of its
    key is done or dead. PostgreSQL skips rows that another worker is taking (SKIP LOCKED); SQLite's single writer needs no
    such thing.
    """
    chosen = sorted(_find_due(session, now, most))[:most]
    if not chosen:
        return []
    taken = session.execute(
        update(OutboxEntry)
        .where(col(OutboxEntry.seq).in_([seq for _, _, seq in chosen]))
        .values(leased_until=now + lease, attempts=OutboxEntry.attempts + 1)
        .returning(
            col(OutboxEntry.seq),
            col(OutboxEntry.tenant_id),
            col(OutboxEntry.kind),
            col(OutboxEntry.destination),
            col(OutboxEntry.once_key),
            col(OutboxEntry.subject_id),
            col(OutboxEntry.payload),
            col(OutboxEntry.attempts),
        )
        .execution_options(synchronize_session=False)
    ).all()
    return sorted((Claim(*row) for row in taken), key=lambda claimed: claimed.seq)


def record(session: Session, claimed: Claim, result: Result, *, now: datetime) -> bool:
    """Write down how a delivery went; False when the lease was lost meanwhile and somebody else will record it."""
    values: dict[str, Any] = {"leased_until": None}
    match result:
        case Delivered():
            values |= {"state": State.DONE, "last_error": None}
        case Dropped(reason):
            values |= {"state": State.DONE, "last_error": reason}
        case Refused(error):
            values |= {"state": State.DEAD, "last_error": error}
        case TryLater(error, after, tried=False):
            wait = max(LONGEST_UNTRIED * random.random(), after or timedelta())
            values |= {"due_at": now + wait, "last_error": error, "attempts": claimed.attempt - 1}
        case TryLater(error) if claimed.attempt >= MOST_ATTEMPTS:
            values |= {"state": State.DEAD, "last_error": error}
        case TryLater(error, after):
            values |= {"due_at": now + wait_before(claimed.attempt + 1, after), "last_error": error}
    return _fenced_update(session, claimed, values)


def give_back(session: Session, claimed: Claim) -> None:
    """Give up a claim that was never tried: as if it had not been made."""
    _fenced_update(session, claimed, {"leased_until": None, "attempts": claimed.attempt - 1})


def wait_before(attempt: int, after: timedelta | None = None) -> timedelta:
    """How long to wait before a second or later attempt: full jitter under a doubling ceiling, never less than `after`.

    Source: M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
    """
    ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt - 1, 20))
    jittered: timedelta = ceiling * random.random()
    return max(jittered, after or timedelta())


def dead_letters(session: Session, tenant_id: UUID) -> Sequence[OutboxEntry]:
    """What was given up in a tenant, newest first, at most 200."""
    query = (
        select(OutboxEntry)
        .where(col(OutboxEntry.tenant_id) == tenant_id, col(OutboxEntry.state) == State.DEAD)
        .order_by(col(OutboxEntry.seq).desc())
        .limit(200)
    )
    return session.scalars(query).all()


def retry(session: Session, tenant_id: UUID, seq: int, *, now: datetime) -> None:
    """Put a dead letter back into the queue, with all its attempts before it.

    Raises:
        NotFound: no such entry in this tenant.
        StillWaiting: it is not dead.
    """
    entry = _dead(session, tenant_id, seq)
    entry.state, entry.attempts, entry.due_at, entry.leased_until = State.WAITING, 0, now, None
    session.add(entry)


def retry_all(session: Session, tenant_id: UUID, *, now: datetime) -> int:
    """Put all dead letters of a school back into the queue, with all their attempts before them; returns how many."""
    dead = (col(OutboxEntry.tenant_id) == tenant_id, col(OutboxEntry.state) == State.DEAD)
    fresh = {"state": State.WAITING, "attempts": 0, "due_at": now, "leased_until": None}
    return _update(session, update(OutboxEntry).where(*dead).values(**fresh))


def drop(session: Session, tenant_id: UUID, seq: int) -> None:
    """Forget a dead letter for ever.

    Raises:
        NotFound: no such entry in this tenant.
        StillWaiting: it is not dead.
    """
    session.delete(_dead(session, tenant_id, seq))


def forget_delivered(session: Session, *, before: datetime) -> int:
    """Delete delivered entries that were due before an instant; returns how many."""
    done = and_(col(OutboxEntry.state) == State.DONE, col(OutboxEntry.due_at) < before)
    result = session.execute(OutboxEntry.__table__.delete().where(done))  # type: ignore[attr-defined]
    return cast("CursorResult[Any]", result).rowcount


@dataclass(frozen=True)
class Depth:
    """How the outbox stands: entries waiting and dead, and when the oldest waiting one fell due."""

    waiting: int
    dead: int
    oldest_due: datetime | None


def depth(session: Session) -> Depth:
    """Count what waits and what is dead, over all tenants."""
    counting = select(col(OutboxEntry.state), func.count()).where(col(OutboxEntry.state) != State.DONE).group_by(col(OutboxEntry.state))
    counts = dict(session.execute(counting).all())
    oldest = session.execute(select(func.min(OutboxEntry.due_at)).where(col(OutboxEntry.state) == State.WAITING)).scalar_one()
    return Depth(counts.get(State.WAITING, 0), counts.get(State.DEAD, 0), oldest)


def _find_due(session: Session, now: datetime, most: int) -> list[tuple[int, datetime, int]]:
    """What may be claimed, each with its place among the entries of its school for its destination, and when it fell due.

    A long queue would hide the others behind it: whose entries were found is left out when looking on. That reads one
    index as far as needed; to rank a queue of 20,000 with a window function takes ten times as long.
    """
    found, seen = [], Counter[tuple[UUID, str]]()
    for _ in range(MOST_LOOKS):
        rows = session.execute(_due(now, most, without=seen)).all()
        for seq, due_at, tenant_id, destination in rows:
            seen[tenant_id, destination] += 1
            if seen[tenant_id, destination] <= MOST_OF_ONE:
                found.append((seen[tenant_id, destination], due_at, seq))
        if len(rows) < most:
            break
    return found


def _due(now: datetime, most: int, *, without: Iterable[tuple[UUID, str]]) -> "Select[int | None, datetime, UUID, str]":
    entry, earlier = _ENTRY, _EARLIER
    waits_its_turn = exists().where(
        col(earlier.order_key) == col(entry.order_key), col(earlier.seq) < col(entry.seq), col(earlier.state) == State.WAITING
    )
    others = (or_(col(entry.tenant_id) != tenant_id, col(entry.destination) != destination) for tenant_id, destination in without)
    return (
        select(col(entry.seq), col(entry.due_at), col(entry.tenant_id), col(entry.destination))
        .where(
            col(entry.state) == State.WAITING,
            col(entry.due_at) <= now,
            or_(col(entry.leased_until).is_(None), col(entry.leased_until) <= now),
            or_(col(entry.order_key).is_(None), ~waits_its_turn),
            *others,
        )
        .order_by(col(entry.due_at), col(entry.seq))
        .limit(most)
        .with_for_update(skip_locked=True, of=entry)
    )


def _dead(session: Session, tenant_id: UUID, seq: int) -> OutboxEntry:
    entry = session.get(OutboxEntry, seq)
    if entry is None or entry.tenant_id != tenant_id:
        raise NotFound
    if entry.state != State.DEAD:
        raise StillWaiting
    return entry


def _fenced_update(session: Session, claimed: Claim, values: dict[str, Any]) -> bool:
    mine = and_(
        col(OutboxEntry.seq) == claimed.seq,
        col(OutboxEntry.attempts) == claimed.attempt,
        col(OutboxEntry.state) == State.WAITING,
    )
    return _update(session, update(OutboxEntry).where(mine).values(**values)) == 1


def _update(session: Session, statement: Update) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount
