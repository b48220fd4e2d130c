"""Lines: what was heard and what was said, and the state of each person's one conversation. All sealed with that person's key.

An inbound message waits here until it was handled, unique by its channel's event id: an event that comes twice is heard once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Column, Index, UniqueConstraint, bindparam, delete, func, select, update
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_once, within_tenant
from core.data.outbox import BigId
from core.data.vault import DataKey
from core.message import Message

KEPT = timedelta(days=30)
STATE, WORDS, INBOUND, MESSAGES = "conversation.sealed_state", "heard.sealed_words", "heard.sealed_inbound", "said.sealed_messages"
MOST_TRIES = 5
_messages = TypeAdapter(tuple[Message, ...])


class Conversation(Table, table=True):
    """The one conversation of a person, over all courses and doors; its row is what a turn locks."""

    __table_args__ = (within_tenant("person", "person_id", on_delete="CASCADE"),)
    person_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    sealed_state: bytes | None = None
    turned_at: datetime = Field(sa_type=UTCDateTime)


class Heard(Table, table=True):
    """One inbound message. `handled_at` is empty while it waits; then `sealed_inbound` holds what is needed to take it up."""

    __table_args__ = (
        UniqueConstraint("channel", "event_id"),
        UniqueConstraint("tenant_id", "id"),
        Index("ix_heard_person", "tenant_id", "person_id", "id"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
    )
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant_id: UUID
    person_id: UUID
    channel: str
    event_id: str
    sealed_words: bytes
    sealed_inbound: bytes | None = None
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    heard_at: datetime = Field(sa_type=UTCDateTime)
    handled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Said(Table, table=True):
    """What was said in one go: the answer to one message, or unasked. `once_key` names what must not be said twice."""

    __table_args__ = (
        UniqueConstraint("once_key"),
        Index("ix_said_person", "tenant_id", "person_id", "id"),
        within_tenant("heard", "heard_id", on_delete="CASCADE"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
    )
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant_id: UUID
    person_id: UUID
    heard_id: int | None = Field(default=None, sa_column=Column(BigId, index=True))
    once_key: str | None = None
    sealed_messages: bytes
    said_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True)
class Line:
    """One exchange of a conversation as its owner reads it. `heard` is None for what was said unasked."""

    said_id: int
    heard: str | None
    heard_at: datetime | None
    messages: tuple[Message, ...]
    said_at: datetime


def lock_state(session: Session, tenant_id: UUID, person_id: UUID, *, now: datetime) -> tuple[bytes | None, datetime | None]:
    """Lock a person's conversation until the transaction ends; its sealed state, and when it was last talked in.

    Both are None at the very first time.
    """
    connection, ids = session.connection(), {"person_id": person_id, "tenant_id": tenant_id}
    found = connection.execute(_locked, ids).one_or_none()
    if found is None:
        if insert_once(session, Conversation, {**ids, "turned_at": now}, on=("person_id",), returning="person_id"):
            return None, None
        found = connection.execute(_locked, ids).one()  # another door has talked first, this very moment
    return found[0], found[1] if found[0] else None


_locked = (
    select(col(Conversation.sealed_state), col(Conversation.turned_at))
    .where(col(Conversation.person_id) == bindparam("person_id"), col(Conversation.tenant_id) == bindparam("tenant_id"))
    .with_for_update()
)
_kept = (
    update(Conversation)
    .where(col(Conversation.person_id) == bindparam("whose"))
    .values(sealed_state=bindparam("sealed"), turned_at=bindparam("now", type_=UTCDateTime))
)


def keep_state(session: Session, key: DataKey, person_id: UUID, state: dict[str, Any], *, now: datetime) -> None:
    """Write the state of a conversation back."""
    sealed = key.seal(json.dumps(state, separators=(",", ":")), STATE)
    session.connection().execute(_kept, {"whose": person_id, "sealed": sealed, "now": now})


def open_state(key: DataKey, sealed: bytes | None) -> dict[str, Any]:
    """The state that `keep_state` wrote; empty at the very first time."""
    opened: dict[str, Any] = json.loads(key.open(sealed, STATE)) if sealed else {}
    return opened


def hear(
    session: Session,
    key: DataKey,
    tenant_id: UUID,
    person_id: UUID,
    channel: str,
    event_id: str,
    words: str,
    *,
    waits: str | None = None,
    now: datetime,
) -> int | None:
    """Keep one inbound message; None when its event was heard before.

    Args:
        event_id: the channel's own, or one that the channel's adapter makes.
        waits: it is not answered in this same transaction, and this is what will be needed to.
    """
    row = {
        "tenant_id": tenant_id,
        "person_id": person_id,
        "channel": channel,
        "event_id": event_id,
        "sealed_words": key.seal(words, WORDS),
        "sealed_inbound": key.seal(waits, INBOUND) if waits is not None else None,
        "tries": 0,
        "heard_at": now,
        "handled_at": now if waits is None else None,
    }
    made: int | None = insert_once(session, Heard, row, on=("channel", "event_id"), returning="id")
    return made


def waiting(session: Session, *, before: datetime, most: int = 50) -> Sequence[Heard]:
    """Messages that wait for an answer, oldest first; those that were tried `MOST_TRIES` times wait for somebody to look.

    Args:
        before: only those heard before this instant: what was heard a moment ago may be answered at this very moment.
    """
    query = select(Heard).where(col(Heard.handled_at).is_(None), col(Heard.heard_at) < before, col(Heard.tries) < MOST_TRIES)
    return session.scalars(query.order_by(col(Heard.id)).limit(most)).all()


def lock_waiting(session: Session, heard_id: int | None) -> Heard | None:
    """A message that waits, locked; None when it waits no more, or another worker holds it."""
    query = select(Heard).where(col(Heard.id) == heard_id, col(Heard.handled_at).is_(None))
    return session.scalars(query.with_for_update(skip_locked=True)).one_or_none()


def count_try(session: Session, heard_id: int | None) -> None:
    """Count an answer that failed."""
    session.execute(
        update(Heard).where(col(Heard.id) == heard_id).values(tries=Heard.tries + 1).execution_options(synchronize_session=False)
    )


def take_up(session: Session, heard: Heard, *, now: datetime) -> None:
    """Say that a waiting message is being answered in this transaction."""
    heard.handled_at, heard.sealed_inbound = now, None
    session.add(heard)
    session.flush()


def say(
    session: Session,
    key: DataKey,
    tenant_id: UUID,
    person_id: UUID,
    messages: Sequence[Message],
    *,
    heard_id: int | None = None,
    once_key: str | None = None,
    now: datetime,
) -> int | None:
    """Put messages into a person's conversation; returns the id of the line, None when `once_key` was said before."""
    row = {
        "tenant_id": tenant_id,
        "person_id": person_id,
        "heard_id": heard_id,
        "once_key": once_key,
        "sealed_messages": key.seal(_messages.dump_json(tuple(messages), exclude_defaults=True).decode(), MESSAGES),
        "said_at": now,
    }
    made: int | None = insert_once(session, Said, row, on=("once_key",), returning="id")
    return made


def find_said(session: Session, key: DataKey, tenant_id: UUID, person_id: UUID, said_id: int) -> tuple[Message, ...]:
    """The messages of one line of a person's own conversation; none for somebody else's, or one that is not kept any more."""
    query = select(col(Said.sealed_messages)).where(
        col(Said.id) == said_id, col(Said.tenant_id) == tenant_id, col(Said.person_id) == person_id
    )
    sealed = session.execute(query).scalar_one_or_none()
    return _messages.validate_json(key.open(sealed, MESSAGES)) if sealed else ()


def last_said(session: Session, tenant_id: UUID, person_id: UUID) -> int:
    """The id of the newest line of a person's conversation; 0 when nothing was said yet."""
    query = select(func.max(col(Said.id))).where(col(Said.tenant_id) == tenant_id, col(Said.person_id) == person_id)
    return session.execute(query).scalar_one() or 0


def lines_of(
    session: Session, key: DataKey, tenant_id: UUID, person_id: UUID, *, after: int = 0, before: int | None = None, most: int = 30
) -> list[Line]:
    """A person's conversation, oldest first: the newest `most` lines after one and, if given, before another."""
    asked = {"tenant_id": tenant_id, "person_id": person_id, "after": after, "before": before or _LAST, "most": most}
    rows = session.connection().execute(_lines, asked).all()
    return [
        Line(
            said_id or 0,
            key.open(words, WORDS) if words is not None else None,
            heard_at,
            _messages.validate_json(key.open(messages, MESSAGES)),
            said_at,
        )
        for said_id, words, heard_at, messages, said_at in reversed(rows)
    ]


_LAST = 2**62
_lines = (
    select(col(Said.id), col(Heard.sealed_words), col(Heard.heard_at), col(Said.sealed_messages), col(Said.said_at))
    .outerjoin(Heard, col(Heard.id) == col(Said.heard_id))
    .where(
        col(Said.tenant_id) == bindparam("tenant_id"),
        col(Said.person_id) == bindparam("person_id"),
        col(Said.id) > bindparam("after"),
        col(Said.id) < bindparam("before"),
    )
    .order_by(col(Said.id).desc())
    .limit(bindparam("most"))
)


def unanswered(found: Sequence[Line]) -> Sequence[Line]:
    """Of a conversation's newest lines, those that nothing was said to yet: the last answer, and what was said unasked since."""
    return found[max((place for place, line in enumerate(found) if line.heard is not None), default=0) :]


def answer_to(session: Session, channel: str, event_id: str, person_id: UUID) -> int | None:
    """The line that answered an event which was heard before; None while it waits."""
    query = (
        select(col(Said.id))
        .join(Heard, col(Heard.id) == col(Said.heard_id))
        .where(col(Heard.channel) == channel, col(Heard.event_id) == event_id, col(Heard.person_id) == person_id)
    )
    return session.execute(query).scalar_one_or_none()


def forget_lines(session: Session, *, before: datetime) -> None:
    """Delete what was heard and said before an instant: conversations are kept for `KEPT`, as people are told."""
    session.execute(delete(Said).where(col(Said.said_at) < before))
    session.execute(delete(Heard).where(col(Heard.heard_at) < before))
