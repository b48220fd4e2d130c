"""Accounts: the ways in which a person is known to an LMS or, later, to a chat. One person, many accounts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, within_tenant
from core.data.ids import new_id

LTI = "lti"


class Account(Table, table=True):
    """One account of a person. `realm` says who named the `subject`: for LTI the platform, by its id in hex.

    `is_family`: at the last launch the LMS called them a learner or mentor, and nothing of the staff.
    """

    __table_args__ = (
        UniqueConstraint("tenant_id", "channel", "realm", "subject"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID = Field(index=True)
    channel: str
    realm: str
    subject: str
    is_family: bool = False
    created_at: datetime = Field(sa_type=UTCDateTime)


def is_family(session: Session, tenant_id: UUID, person_id: UUID) -> bool:
    """Whether any LMS called a person a learner or mentor, and nothing of the staff, when they last came from it."""
    told = select(col(Account.id)).where(col(Account.tenant_id) == tenant_id, col(Account.person_id) == person_id, col(Account.is_family))
    return session.scalars(told.limit(1)).first() is not None


def subject_of(session: Session, tenant_id: UUID, person_id: UUID, channel: str, realm: str) -> str | None:
    """By which subject a realm knows a person; None when it does not."""
    query = select(col(Account.subject)).where(
        col(Account.tenant_id) == tenant_id,
        col(Account.person_id) == person_id,
        col(Account.channel) == channel,
        col(Account.realm) == realm,
    )
    return session.scalars(query).first()
