"""The outbox: what was promised in the transaction of a deed, and is delivered later, once and only once where the
receiver can tell a repeat.

An entry is promised, then claimed under a lease, delivered outside any transaction, and recorded. A worker that dies
in between loses its lease, and another claims the entry again. Payloads hold ids, never a person's words.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, CursorResult, Index, Integer, and_, exists, func, or_, select, text, update
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_into
from core.errors import CoreError, NotFound

MOST_ATTEMPTS = 12
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(hours=1)
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
    """It could not be judged: try again, not before `after` if the destination said so."""

    error: str
    after: timedelta | None = None


@dataclass(frozen=True)
class Refused:
    """The destination will never take it: a dead letter."""

    error: str


Result = Delivered | TryLater | Refused


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
    values = {
        "tenant_id": tenant_id,
        "kind": kind,
        "destination": destination,
        "once_key": once_key,
        "order_key": order_key,
        "subject_id": subject_id,
        "payload": dict(payload),
        "due_at": due_at,
        "attempts": 0,
        "state": State.WAITING,
    }
    insert = insert_into(session, OutboxEntry).values(**values).on_conflict_do_nothing(index_elements=["once_key"])
    return session.execute(insert.returning(col(OutboxEntry.seq))).scalar_one_or_none() is not None


def claim(session: Session, *, now: datetime, lease: timedelta, most: int = 50) -> list[Claim]:
    """Take up to `most` due entries under a lease, oldest first.

    An entry with an `order_key` waits until every earlier one of its key is done or dead. PostgreSQL skips rows that
    another worker is taking (SKIP LOCKED); SQLite's single writer needs no such thing.
    """
    entry, earlier = aliased(OutboxEntry), aliased(OutboxEntry)
    waits_its_turn = exists().where(
        col(earlier.order_key) == col(entry.order_key), col(earlier.seq) < col(entry.seq), col(earlier.state) == State.WAITING
    )
    due = (
        select(col(entry.seq))
        .where(
            col(entry.state) == State.WAITING,
            col(entry.due_at) <= now,
            or_(col(entry.leased_until).is_(None), col(entry.leased_until) <= now),
            or_(col(entry.order_key).is_(None), ~waits_its_turn),
        )
        .order_by(col(entry.due_at), col(entry.seq))
        .limit(most)
        .with_for_update(skip_locked=True, of=entry)
        .cte("due")  # a plain subquery PostgreSQL may run once a row, and take more than `most`
    )
    taken = session.execute(
        update(OutboxEntry)
        .where(col(OutboxEntry.seq).in_(select(due.c.seq)))
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
        case Refused(error):
            values |= {"state": State.DEAD, "last_error": error}
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
    statement = update(OutboxEntry).where(mine).values(**values).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1
