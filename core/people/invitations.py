"""Invitations: how a school gets its first admin. A one-time link, printed by the operator or made by another admin.

An LTI Administrator role grants nothing by itself: whoever runs an LMS need not answer for children's data.
"""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table
from core.data.ids import digest, new_id, new_secret
from core.errors import CoreError
from core.people.tenants import Tenant

VALID_FOR = timedelta(days=7)
MOST_ATTEMPTS = 5


class Invitation(Table, table=True):
    """One invitation to administer a school. The secret half of its code is stored as a hash; wrong tries are counted."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = Field(foreign_key="tenant.id", index=True)
    secret_hash: str
    made_by: UUID | None = None
    made_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    attempts: int = 0
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class InvitationInvalid(CoreError):
    """The code is wrong, used, expired, or was tried too often."""

    code = "invitation.invalid"


def invite(session: Session, tenant_id: UUID, *, by: UUID | None, now: datetime) -> str:
    """Make an invitation; returns its code, `id.secret`, which is shown once and never stored."""
    secret = new_secret()
    invitation = Invitation(tenant_id=tenant_id, secret_hash=digest(secret), made_by=by, made_at=now, expires_at=now + VALID_FOR)
    session.add(invitation)
    session.flush()
    return f"{invitation.id.hex}.{secret}"


def school_invited_to(session: Session, code: str, *, now: datetime) -> str:
    """The name of the school whose invitation this is, before anybody tries its secret: that is neither checked nor counted.

    Raises:
        InvitationInvalid: it is used, withdrawn, expired or tried too often, or there never was one.
    """
    key, _ = _parts(code)
    invited = select(col(Tenant.name)).join(Invitation, col(Invitation.tenant_id) == col(Tenant.id))
    name: str | None = session.scalars(invited.where(col(Invitation.id) == key, *_usable(now))).one_or_none() if key else None
    if name is None:
        raise InvitationInvalid
    return name


def try_code(session: Session, code: str, *, now: datetime) -> UUID | None:
    """Check a code and count the try; the invitation's id, or None when the code opens nothing.

    Run it in `Database.aside()`: the try counts whatever comes of it. A whole link is taken for its code.
    """
    key, secret = _parts(code)
    if key is None:
        return None
    usable = (col(Invitation.id) == key, *_usable(now))
    counting = update(Invitation).where(*usable).values(attempts=Invitation.attempts + 1).returning(col(Invitation.secret_hash))
    secret_hash = session.execute(counting).scalar_one_or_none()
    if secret_hash is None or not hmac.compare_digest(secret_hash, digest(secret)):
        return None
    return key


def use(session: Session, invitation_id: UUID, *, now: datetime) -> UUID:
    """Spend an invitation whose code was checked; returns its tenant.

    Raises:
        InvitationInvalid: somebody else was faster, or it was withdrawn meanwhile.
    """
    tenant_id: UUID | None = session.execute(
        update(Invitation)
        .where(col(Invitation.id) == invitation_id, col(Invitation.used_at).is_(None), col(Invitation.expires_at) > now)
        .values(used_at=now)
        .returning(col(Invitation.tenant_id))
    ).scalar_one_or_none()
    if tenant_id is None:
        raise InvitationInvalid
    return tenant_id


def open_invitations(session: Session, tenant_id: UUID, *, now: datetime) -> list[Invitation]:
    """The invitations of a school that can still be used, newest first."""
    mine = select(Invitation).where(col(Invitation.tenant_id) == tenant_id, *_usable(now))
    return list(session.scalars(mine.order_by(col(Invitation.made_at).desc())))


def withdraw(session: Session, tenant_id: UUID, invitation_id: UUID, *, now: datetime) -> None:
    """Make an unused invitation useless."""
    mine = (col(Invitation.id) == invitation_id, col(Invitation.tenant_id) == tenant_id, col(Invitation.used_at).is_(None))
    session.execute(update(Invitation).where(*mine).values(expires_at=now))


def _parts(code: str) -> tuple[UUID | None, str]:
    """The id, or None when it is none, and the secret of a code."""
    invitation_id, _, secret = code.strip().rpartition("/")[2].partition(".")
    try:
        return UUID(hex=invitation_id), secret
    except ValueError:
        return None, secret


def _usable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (col(Invitation.used_at).is_(None), col(Invitation.expires_at) > now, col(Invitation.attempts) < MOST_ATTEMPTS)
