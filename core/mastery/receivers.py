"""Receivers: the port through which a school's other records get copies of events, and which courses switched which on.

Events carry ids and codes, never a student's words; the receiver turns them into what its protocol wants at the last
moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import UniqueConstraint, delete, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_into, within_tenant
from core.data.ids import new_id
from core.data.outbox import Result
from core.evidence.evidence import Observation


@dataclass(frozen=True)
class Event:
    """One thing that happened. `id` is the same on every try, so that a receiver can tell a repeat."""

    id: str
    kind: str
    tenant_id: UUID
    person_id: UUID
    course_id: UUID
    at: datetime


class Receiver(Protocol):
    """What every receiver keeps to; `tests/contracts` holds them all to it, and their fakes."""

    name: str
    takes: frozenset[str]
    """The kinds of events that it turns into something; it is handed no others."""

    def send(self, batch: Sequence[Event]) -> list[Result]:
        """Hand over events, one result each, in order; a repeat of an event's id changes nothing.

        Raises:
            DestinationDown: none could be judged (time-out, 429, 5xx): the whole batch is tried again.
        """

    def fetch(self, since: datetime) -> Iterable[Observation]:
        """What the receiver has learnt about competencies since an instant; nothing, if it only takes."""


class CourseReceiver(Table, table=True):
    """A receiver that a teacher switched on for a course; who, and when."""

    __tablename__ = "course_receiver"
    __table_args__ = (UniqueConstraint("course_id", "receiver"), within_tenant("course", "course_id", on_delete="CASCADE"))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    course_id: UUID
    receiver: str
    switched_on_by: UUID
    switched_on_at: datetime = Field(sa_type=UTCDateTime)


def switch_on(session: Session, tenant_id: UUID, course_id: UUID, receiver: str, *, by: UUID, now: datetime) -> None:
    """Let a receiver have a course's events from now on. Twice changes nothing."""
    row = {
        "id": new_id(),
        "tenant_id": tenant_id,
        "course_id": course_id,
        "receiver": receiver,
        "switched_on_by": by,
        "switched_on_at": now,
    }
    session.execute(insert_into(session, CourseReceiver).values(**row).on_conflict_do_nothing())


def switch_off(session: Session, tenant_id: UUID, course_id: UUID, receiver: str) -> None:
    """Send a receiver nothing more of a course."""
    mine = (
        col(CourseReceiver.tenant_id) == tenant_id,
        col(CourseReceiver.course_id) == course_id,
        col(CourseReceiver.receiver) == receiver,
    )
    session.execute(delete(CourseReceiver).where(*mine))


def receivers_of(session: Session, tenant_id: UUID, course_id: UUID) -> Sequence[str]:
    """The names of the receivers that a course switched on."""
    query = select(col(CourseReceiver.receiver)).where(
        col(CourseReceiver.tenant_id) == tenant_id, col(CourseReceiver.course_id) == course_id
    )
    return session.scalars(query).all()
