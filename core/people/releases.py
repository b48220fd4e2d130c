"""Data releases: what left for a receiver about whom, and when. Every one is logged."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, UniqueConstraint, func, insert, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, within_tenant
from core.data.outbox import BigId


class DataRelease(Table, table=True):
    """One event of one student that one receiver has kept. `once_key` is the outbox entry's: a repeat is no new release."""

    __tablename__ = "data_release"
    __table_args__ = (UniqueConstraint("once_key"), within_tenant("person", "person_id", on_delete="CASCADE"))
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant_id: UUID
    person_id: UUID = Field(index=True)
    receiver: str
    event_kind: str
    once_key: str
    released_at: datetime = Field(sa_type=UTCDateTime)


def log_release(
    session: Session, tenant_id: UUID, person_id: UUID, receiver: str, event_kind: str, once_key: str, *, now: datetime
) -> None:
    """Log that a receiver kept an event about a student. The caller records each outbox entry once."""
    row = {"tenant_id": tenant_id, "person_id": person_id, "receiver": receiver, "event_kind": event_kind, "once_key": once_key}
    session.connection().execute(insert(DataRelease), {**row, "released_at": now})


def releases_of(session: Session, tenant_id: UUID, person_id: UUID, most: int = 100) -> list[DataRelease]:
    """What left about a student, newest first."""
    query = (
        select(DataRelease)
        .where(col(DataRelease.tenant_id) == tenant_id, col(DataRelease.person_id) == person_id)
        .order_by(col(DataRelease.id).desc())
        .limit(most)
    )
    return list(session.scalars(query))


def count_releases(session: Session, tenant_id: UUID, person_id: UUID) -> tuple[int, datetime | None]:
    """How many events left about a student, and when the last one did."""
    query = select(func.count(), func.max(col(DataRelease.released_at))).where(
        col(DataRelease.tenant_id) == tenant_id, col(DataRelease.person_id) == person_id
    )
    count, last = session.execute(query).one()
    return count, last
