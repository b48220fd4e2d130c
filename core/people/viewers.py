"""Viewers: what a launch opens. An opaque random handle in the path, stored as a hash, bound to a person, a course and
a role, for two hours, and to a cookie once the browser has shown that it keeps one.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, insert, select, update
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, within_tenant
from core.data.ids import digest, new_secret
from core.errors import CoreError
from core.people.access import Action, Role, may
from core.people.people import Person
from core.people.platforms import Platform
from core.people.roles import RoleGrant, SchoolRole
from core.people.tenants import Tenant

LIFETIME = timedelta(hours=2)
COOKIE = "paceline"


class Viewer(Table, table=True):
    """One look at Paceline by one person. The handle and the cookie are stored as hashes only."""

    __table_args__ = (
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("course", "course_id", on_delete="CASCADE"),
        {"sqlite_with_rowid": False},  # written at every launch: one tree instead of two
    )
    handle_hash: str = Field(primary_key=True)
    cookie_hash: str
    tenant_id: UUID
    person_id: UUID = Field(index=True)
    course_id: UUID | None = None
    platform_id: UUID | None = Field(default=None, foreign_key="platform.id")
    role: str
    expires_at: datetime = Field(sa_type=UTCDateTime)
    bound_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ViewerClosed(CoreError):
    """The handle is unknown, expired or revoked, or the browser that it is bound to is another one."""

    code = "viewer.closed"


@dataclass(frozen=True)
class Opened:
    """The two secrets of a new viewer, to be handed to the browser and forgotten."""

    handle: str
    cookie: str


@dataclass(frozen=True)
class Me:
    """Who is looking: everything a page needs to know of its viewer, read in one statement."""

    handle_hash: str
    handle: str
    tenant_id: UUID
    tenant_name: str
    person_id: UUID
    pseudonym: str
    sealed_name: bytes | None
    course_id: UUID | None
    platform_id: UUID | None
    role: Role
    language: str
    zone: str
    frame_origins: tuple[str, ...]
    bound: bool
    cookie_hash: str
    is_safety_contact: bool = False

    @property
    def reads_concerns(self) -> bool:
        """Whether there is a page of safety concerns for them: the school named them, and they look in a role that may be one."""
        return self.is_safety_contact and may(self.role, Action.READ_CONCERNS)

    @property
    def csrf(self) -> str:
        """The value that a form of this viewer must carry: derived from the handle, so it needs no cookie."""
        return hmac.new(self.handle.encode(), b"paceline form", sha256).hexdigest()[:32]


_open = insert(Viewer)
_find = (
    select(
        col(Viewer.handle_hash),
        col(Viewer.tenant_id),
        col(Tenant.name),
        col(Viewer.person_id),
        col(Person.pseudonym),
        col(Person.sealed_name),
        col(Viewer.course_id),
        col(Viewer.platform_id),
        col(Viewer.role),
        col(Person.language),
        col(Tenant.language),
        col(Person.zone),
        col(Tenant.zone),
        col(Platform.frame_origins),
        col(Viewer.bound_at),
        col(Viewer.cookie_hash),
        col(RoleGrant.id),
    )
    .join(Person, col(Person.id) == col(Viewer.person_id))
    .join(Tenant, col(Tenant.id) == col(Viewer.tenant_id))
    .outerjoin(Platform, col(Platform.id) == col(Viewer.platform_id))
    .outerjoin(
        RoleGrant,
        and_(
            col(RoleGrant.tenant_id) == col(Viewer.tenant_id),
            col(RoleGrant.role) == SchoolRole.SAFETY_CONTACT,
            col(RoleGrant.person_id) == col(Viewer.person_id),
        ),
    )
    .where(col(Viewer.handle_hash) == bindparam("handle_hash"), col(Viewer.expires_at) > bindparam("now", type_=UTCDateTime))
)


def open_viewer(
    session: Session, *, tenant_id: UUID, person_id: UUID, course_id: UUID | None, role: Role, platform_id: UUID | None, now: datetime
) -> Opened:
    """Open a viewer for two hours. Only the answer knows its handle."""
    opened = Opened(new_secret(), new_secret())
    row = {
        "handle_hash": digest(opened.handle),
        "cookie_hash": digest(opened.cookie),
        "tenant_id": tenant_id,
        "person_id": person_id,
        "course_id": course_id,
        "platform_id": platform_id,
        "role": role,
        "expires_at": now + LIFETIME,
    }
    session.connection().execute(_open, row)
    return opened


def cookie_of(opened: Opened) -> dict[str, Any]:
    """The arguments of a response's `set_cookie`: partitioned, so that a browser keeps it inside the frame of the LMS."""
    return {
        "key": COOKIE,
        "value": opened.cookie,
        "path": f"/v/{opened.handle}/",
        "max_age": LIFETIME,
        "secure": True,
        "httponly": True,
        "samesite": "None",
        "partitioned": True,
    }


def find_viewer(session: Session, handle: str, cookie: str | None, *, now: datetime) -> Me:
    """Who holds this handle now.

    Args:
        cookie: what the browser sent; None when it sent none. It counts once the viewer is bound.

    Raises:
        ViewerClosed: unknown, expired, revoked, or bound to another browser.
    """
    row = session.connection().execute(_find, {"handle_hash": digest(handle), "now": now}).one_or_none()
    if row is None:
        raise ViewerClosed
    *facts, role, language, tenant_language, zone, tenant_zone, origins, bound_at, cookie_hash, contact = row
    if bound_at and (cookie is None or not hmac.compare_digest(digest(cookie), cookie_hash)):
        raise ViewerClosed
    handle_hash, tenant_id, tenant_name, person_id, pseudonym, sealed_name, course_id, platform_id = facts
    return Me(
        handle_hash=handle_hash,
        handle=handle,
        tenant_id=tenant_id,
        tenant_name=tenant_name,
        person_id=person_id,
        pseudonym=pseudonym,
        sealed_name=sealed_name,
        course_id=course_id,
        platform_id=platform_id,
        role=Role(role),
        language=language or tenant_language,
        zone=zone or tenant_zone,
        frame_origins=tuple(origins or ()),
        bound=bound_at is not None,
        cookie_hash=cookie_hash,
        is_safety_contact=contact is not None,
    )


def keeps_cookie(me: Me, cookie: str | None) -> bool:
    """Whether a viewer that is not bound yet has come back with its cookie, and should be bound to it."""
    return not me.bound and cookie is not None and hmac.compare_digest(digest(cookie), me.cookie_hash)


def bind_viewer(session: Session, handle_hash: str, *, now: datetime) -> None:
    """From now on the handle alone opens nothing: the cookie must come with it."""
    session.execute(update(Viewer).where(col(Viewer.handle_hash) == handle_hash).values(bound_at=now))


def close_viewers(session: Session, person_id: UUID) -> None:
    """Sign a person out everywhere."""
    session.execute(delete(Viewer).where(col(Viewer.person_id) == person_id))


def close_viewers_from(session: Session, platform_id: UUID, tenant_id: UUID) -> None:
    """Close what a school's launches from a platform have opened, but for the pages of its admins."""
    theirs = (col(Viewer.platform_id) == platform_id, col(Viewer.tenant_id) == tenant_id, col(Viewer.role) != Role.TENANT_ADMIN)
    session.execute(delete(Viewer).where(*theirs))


def forget_expired(session: Session, *, now: datetime) -> None:
    """Delete viewers that have expired."""
    session.execute(delete(Viewer).where(col(Viewer.expires_at) <= now))
