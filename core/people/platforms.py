"""Platforms (learning management systems) and their deployments: which launches are trusted, and into which school.

A deployment is seen first and approved later. Until then its launches are refused, with help. Approval picks the
school and attests the age band of its students.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, ColumnElement, Index, UniqueConstraint, and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_into
from core.data.ids import new_id
from core.errors import CoreError, NotFound
from core.people.tenants import list_tenants

_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
"""A host and port that may stand in a Content-Security-Policy: no names before it, no spaces, quotes or semicolons."""


class AgeBand(StrEnum):
    """How old the students of a deployment are, as the school attests. *Mixed* and *unset* are treated as under 13."""

    UNSET = "unset"
    UNDER_13 = "under_13"
    TEENS = "13_17"
    ADULT = "adult"
    MIXED = "mixed"


class Platform(Table, table=True):
    """One registration of Paceline in an LMS. `tenant_id` names the school that added it; none: the operator did."""

    __table_args__ = (UniqueConstraint("issuer", "client_id"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID | None = Field(default=None, foreign_key="tenant.id")
    name: str
    issuer: str
    client_id: str
    auth_login_url: str
    auth_token_url: str
    key_set_url: str
    auth_audience: str | None = None
    frame_origins: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_type=UTCDateTime)


class Deployment(Table, table=True):
    """One installation inside a platform. Pending until `tenant_id` is set; removed ones keep their row."""

    __table_args__ = (
        UniqueConstraint("platform_id", "deployment_id"),
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("(tenant_id IS NULL) = (approved_at IS NULL)", name="approved_into_a_tenant"),
        Index("ix_deployment_tenant", "tenant_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    platform_id: UUID = Field(foreign_key="platform.id")
    deployment_id: str
    tenant_id: UUID | None = Field(default=None, foreign_key="tenant.id")
    age_band: str = AgeBand.UNSET
    first_seen_at: datetime = Field(sa_type=UTCDateTime)
    approved_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    approved_by: str | None = None
    removed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class PlatformExists(CoreError):
    """The same issuer and client id are registered already."""

    code = "platform.exists"


class AddressInvalid(CoreError):
    """An address of the platform is not an http(s) address."""

    code = "platform.address_invalid"


class OperatorNeeded(CoreError):
    """On a server with several schools, only its operator says whose launches are trusted."""

    code = "platform.operator_needed"


class PlatformMissing(NotFound):
    """No platform is registered with this issuer, or with this issuer and client id."""

    code = "platform.missing"


class PlatformUnclear(NotFound):
    """Several platforms share the issuer: the client id tells which is meant."""

    code = "platform.unclear"


class DeploymentMissing(NotFound):
    """The platform has no such deployment."""

    code = "platform.deployment_missing"


class OtherTenant(CoreError):
    """The deployment belongs to another school already; its courses and people stay there."""

    code = "platform.other_tenant"


def add_platform(session: Session, *, now: datetime, frame_origins: Sequence[str] = (), **facts: Any) -> Platform:
    """Register a platform.

    Args:
        frame_origins: origins of the pages that show Paceline in a frame, beyond those of the issuer and the login.
        facts: the other columns of `Platform`; with `tenant_id`, a school adds it for itself.

    Raises:
        AddressInvalid: an address that is not http(s).
        OperatorNeeded: a school adds it, and there are others on this server.
        PlatformExists: this issuer and client id are there already.
    """
    for name in ("issuer", "auth_login_url", "auth_token_url", "key_set_url"):
        _check_address(name, facts[name])
    if facts.get("tenant_id") and len(list_tenants(session)) > 1:
        raise OperatorNeeded
    origins = [_origin(address) for address in (facts["issuer"], facts["auth_login_url"], *frame_origins)]
    platform = Platform(frame_origins=list(dict.fromkeys(origins)), created_at=now, **facts)
    try:
        with session.begin_nested():
            session.add(platform)
    except IntegrityError:
        raise PlatformExists(issuer=facts["issuer"], client_id=facts["client_id"]) from None
    return platform


def move_platform(session: Session, platform: Platform, *, auth_login_url: str, auth_token_url: str, key_set_url: str) -> None:
    """Follow a platform to other addresses; its issuer, people and courses stay what they are.

    Raises:
        AddressInvalid: an address that is not http(s).
    """
    addresses = {"auth_login_url": auth_login_url, "auth_token_url": auth_token_url, "key_set_url": key_set_url}
    for name, address in addresses.items():
        _check_address(name, address)
    origin = _origin(auth_login_url)
    session.add(platform.sqlmodel_update({**addresses, "frame_origins": list(dict.fromkeys([*platform.frame_origins, origin]))}))


def list_platforms(session: Session, tenant_id: UUID | None = None) -> list[Platform]:
    """All platforms, or with a tenant those that the school may see: its own, and the operator's that it is on."""
    query = select(Platform).order_by(col(Platform.name), col(Platform.client_id))
    if tenant_id:
        here = select(col(Deployment.platform_id)).where(col(Deployment.tenant_id) == tenant_id)
        query = query.where((col(Platform.tenant_id) == tenant_id) | col(Platform.id).in_(here))
    return list(session.scalars(query))


def find_platform(session: Session, issuer: str, client_id: str | None = None) -> Platform:
    """The platform of an issuer and client id; without one, the issuer's only platform.

    Raises:
        PlatformMissing, PlatformUnclear: both of them NotFound.
    """
    query = select(Platform).where(col(Platform.issuer) == issuer)
    if client_id:
        query = query.where(col(Platform.client_id) == client_id)
    found = session.scalars(query.limit(2)).all()
    if not found:
        raise PlatformMissing(issuer=issuer)
    if len(found) > 1:
        raise PlatformUnclear(issuer=issuer)
    return found[0]


def deployments_of(session: Session, platform_ids: Sequence[UUID]) -> list[Deployment]:
    """The deployments of some platforms, oldest first."""
    query = select(Deployment).where(col(Deployment.platform_id).in_(platform_ids)).order_by(col(Deployment.first_seen_at))
    return list(session.scalars(query))


def deployments_seen_by(session: Session, tenant_id: UUID) -> list[Deployment]:
    """The deployments that a school may see, oldest first: its own, and on platforms that it added those still pending."""
    return list(session.scalars(select(Deployment).where(_seen_by(tenant_id)).order_by(col(Deployment.first_seen_at))))


def find_deployment(session: Session, tenant_id: UUID, key: UUID) -> tuple[Platform, Deployment]:
    """A deployment that a school may see, with its platform.

    Args:
        key: the id of the row, not the platform's own deployment id.

    Raises:
        NotFound: none that this school may see.
    """
    query = select(Platform, Deployment).join(Deployment, col(Deployment.platform_id) == col(Platform.id))
    found = session.execute(query.where(col(Deployment.id) == key, _seen_by(tenant_id))).one_or_none()
    if found is None:
        raise NotFound(what="deployment")
    platform, deployment = found
    return platform, deployment


def notice_deployment(session: Session, platform_id: UUID, deployment_id: str, *, now: datetime) -> None:
    """Write down that an unknown deployment asked to launch, so that somebody can approve it. Twice changes nothing."""
    values = {"id": new_id(), "platform_id": platform_id, "deployment_id": deployment_id, "age_band": AgeBand.UNSET, "first_seen_at": now}
    session.execute(insert_into(session, Deployment).values(**values).on_conflict_do_nothing())


def approve_deployment(
    session: Session, platform: Platform, deployment_id: str, tenant_id: UUID, age_band: AgeBand, *, by: str, now: datetime
) -> Deployment:
    """Let a deployment launch into a school, also before its first launch; approving again restores a removed one.

    Raises:
        OtherTenant: it was approved into another school before, or another school added the platform.
    """
    if platform.tenant_id not in (None, tenant_id):
        raise OtherTenant(deployment=deployment_id)
    notice_deployment(session, platform.id, deployment_id, now=now)
    deployment = _deployment(session, platform.id, deployment_id)
    if deployment.tenant_id not in (None, tenant_id):
        raise OtherTenant(deployment=deployment_id)
    deployment.tenant_id, deployment.age_band = tenant_id, age_band
    deployment.approved_at, deployment.approved_by, deployment.removed_at = now, by, None
    session.add(deployment)
    session.flush()
    return deployment


def remove_deployment(session: Session, platform: Platform, deployment_id: str, *, now: datetime) -> Deployment:
    """Stop a deployment's launches. What its courses hold stays until the school erases it.

    Raises:
        NotFound: no such deployment.
    """
    deployment = _deployment(session, platform.id, deployment_id)
    deployment.removed_at = now
    session.add(deployment)
    return deployment


def frame_origins(session: Session) -> list[str]:
    """Every origin that may show Paceline in a frame, of all platforms."""
    return sorted({origin for origins in session.scalars(select(col(Platform.frame_origins))) for origin in origins})


def _seen_by(tenant_id: UUID) -> ColumnElement[bool]:
    own_platforms = select(col(Platform.id)).where(col(Platform.tenant_id) == tenant_id)
    pending = and_(col(Deployment.tenant_id).is_(None), col(Deployment.platform_id).in_(own_platforms))
    return or_(col(Deployment.tenant_id) == tenant_id, pending)


def _deployment(session: Session, platform_id: UUID, deployment_id: str) -> Deployment:
    query = select(Deployment).where(col(Deployment.platform_id) == platform_id, col(Deployment.deployment_id) == deployment_id)
    deployment = session.scalars(query).first()
    if deployment is None:
        raise DeploymentMissing(deployment=deployment_id)
    return deployment


def _check_address(name: str, address: str) -> None:
    parts = _split(address)
    if parts is None or parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        raise AddressInvalid(name=name, address=address)


def _split(address: str) -> Any:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _origin(address: str) -> str:
    _check_address("frame_origin", address)
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
