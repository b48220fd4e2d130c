"""Roles of a school that no LMS grants: tenant admins, advisors and safety contacts, each named by a person."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, UniqueConstraint, delete, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_into, within_tenant
from core.data.ids import new_id
from core.errors import CoreError


class SchoolRole(StrEnum):
    """What a person is for the whole school."""

    TENANT_ADMIN = "tenant_admin"
    ADVISOR = "advisor"
    SAFETY_CONTACT = "safety_contact"


class RoleGrant(Table, table=True):
    """One person holds one role of the school; who gave it, and when."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("tenant_id", "role", "person_id"), within_tenant("person", "person_id", on_delete="CASCADE"))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID = Field(index=True)
    role: str
    granted_by: UUID | None = None
    granted_at: datetime = Field(sa_type=UTCDateTime)


class LastAdmin(CoreError):
    """A school keeps at least one admin."""

    code = "role.last_admin"


def grant(session: Session, tenant_id: UUID, person_id: UUID, role: SchoolRole, *, by: UUID | None, now: datetime) -> None:
    """Give a role; giving it twice changes nothing. `by` None: an invitation gave it."""
    row = {"id": new_id(), "tenant_id": tenant_id, "person_id": person_id, "role": role, "granted_by": by, "granted_at": now}
    session.execute(insert_into(session, RoleGrant).values(**row).on_conflict_do_nothing())


def revoke(session: Session, tenant_id: UUID, person_id: UUID, role: SchoolRole) -> None:
    """Take a role away.

    Raises:
        LastAdmin: nobody would be left to administer the school.
    """
    if role is SchoolRole.TENANT_ADMIN:
        # Locked: of two admins who remove each other at once, the second waits for the first, and is refused.
        admins = session.scalars(_holding(tenant_id, role).with_for_update()).all()
        if admins == [person_id]:
            raise LastAdmin
    session.execute(
        delete(RoleGrant).where(col(RoleGrant.tenant_id) == tenant_id, col(RoleGrant.person_id) == person_id, col(RoleGrant.role) == role)
    )


def roles_of(session: Session, tenant_id: UUID, person_id: UUID) -> set[SchoolRole]:
    """The school roles of a person."""
    query = select(col(RoleGrant.role)).where(col(RoleGrant.tenant_id) == tenant_id, col(RoleGrant.person_id) == person_id)
    return {SchoolRole(role) for role in session.scalars(query)}


def holders_of(session: Session, tenant_id: UUID, role: SchoolRole) -> Sequence[UUID]:
    """Who holds a role, longest first."""
    return session.scalars(_holding(tenant_id, role)).all()


def _holding(tenant_id: UUID, role: SchoolRole) -> Select[UUID]:
    return (
        select(col(RoleGrant.person_id))
        .where(col(RoleGrant.tenant_id) == tenant_id, col(RoleGrant.role) == role)
        .order_by(col(RoleGrant.granted_at), col(RoleGrant.id))
    )
