"""Leases: work that exactly one process may do at a time, such as running the timetable."""

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, or_, update
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_into


class Lease(Table, table=True):
    """Who holds a piece of work, and until when."""

    name: str = Field(primary_key=True)
    holder: UUID | None = None
    leased_until: datetime = Field(sa_type=UTCDateTime)


def hold(session: Session, name: str, holder: UUID, *, now: datetime, length: timedelta) -> bool:
    """Take or renew a lease; False while somebody else holds it."""
    session.execute(insert_into(session, Lease).values(name=name, holder=None, leased_until=now).on_conflict_do_nothing())
    free = or_(col(Lease.holder) == holder, col(Lease.holder).is_(None), col(Lease.leased_until) <= now)
    statement = update(Lease).where(col(Lease.name) == name, free).values(holder=holder, leased_until=now + length)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1


def release(session: Session, name: str, holder: UUID) -> None:
    """Give a lease back early; somebody else's is left alone."""
    session.execute(update(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder).values(holder=None))
