"""The audit of reads: who read what of a student, in the same transaction as the read, which fails without it.

Rows are append-only: a trigger of the database refuses to change or delete them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Column, Index, insert, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table
from core.data.outbox import BigId
from core.people.access import Role


class Reader(Protocol):
    """Who reads: a viewer of our pages, or whoever speaks through another door."""

    @property
    def tenant_id(self) -> UUID:
        """The school."""

    @property
    def person_id(self) -> UUID:
        """Who it is."""

    @property
    def role(self) -> Role:
        """What they are at that moment."""


class ReadAudit(Table, table=True):
    """One read of one record of one student."""

    __tablename__ = "read_audit"
    __table_args__ = (Index("ix_read_audit_subject", "tenant_id", "subject_id", "id"),)
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant_id: UUID = Field(foreign_key="tenant.id")
    subject_id: UUID
    reader_id: UUID
    reader_role: str
    record_class: str
    record_id: UUID
    channel: str
    why: str
    read_at: datetime = Field(sa_type=UTCDateTime)


def audit_reads(
    session: Session, me: Reader, record_class: str, records: Sequence[tuple[UUID, UUID]], *, why: str, channel: str = "web", now: datetime
) -> None:
    """Write down that `me` is about to read records, given as (subject, record) pairs, in one statement.

    Args:
        record_class: such as `reflection` or `help_request`.
        why: a code of the occasion, such as `roster`; never words of a person.
    """
    if not records:
        return
    shared = {
        "tenant_id": me.tenant_id,
        "reader_id": me.person_id,
        "reader_role": me.role,
        "record_class": record_class,
        "channel": channel,
        "why": why,
        "read_at": now,
    }
    rows = [{**shared, "subject_id": subject, "record_id": record} for subject, record in records]
    session.connection().execute(insert(ReadAudit), rows)


def reads_of(session: Session, tenant_id: UUID, subject_id: UUID, most: int = 100) -> list[ReadAudit]:
    """Who read a student's records, newest first: the student may see it."""
    query = (
        select(ReadAudit)
        .where(col(ReadAudit.tenant_id) == tenant_id, col(ReadAudit.subject_id) == subject_id)
        .order_by(col(ReadAudit.id).desc())
        .limit(most)
    )
    return list(session.scalars(query))
