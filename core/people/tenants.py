"""Tenants: one school or district each. Nothing crosses tenants, ever."""

from datetime import datetime
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table
from core.data.ids import new_id
from core.errors import CoreError, NotFound


class Tenant(Table, table=True):
    """A school or district: its zone and language are what its courses and people start from."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    zone: str = "UTC"
    language: str = "en"
    keeps_names: bool = True
    created_at: datetime = Field(sa_type=UTCDateTime)


class UnknownZone(CoreError):
    """Not the name of an IANA time zone."""

    code = "tenant.unknown_zone"


def add_tenant(session: Session, name: str, *, zone: str, language: str, now: datetime) -> Tenant:
    """Add a school.

    Raises:
        UnknownZone: `zone` is not an IANA zone such as America/Los_Angeles.
    """
    if zone not in _zones():
        raise UnknownZone(zone=zone)
    tenant = Tenant(name=name, zone=zone, language=language, created_at=now)
    session.add(tenant)
    session.flush()
    return tenant


def list_tenants(session: Session) -> list[Tenant]:
    """All schools, by name. For the operator only."""
    return list(session.scalars(select(Tenant).order_by(col(Tenant.name))))


def find_tenant(session: Session, name_or_id: str) -> Tenant:
    """The school of that name or id; with an empty string, the only one there is.

    Raises:
        NotFound: none, or several of that name.
    """
    tenants = [tenant for tenant in list_tenants(session) if name_or_id in ("", tenant.name, str(tenant.id))]
    if len(tenants) != 1:
        raise NotFound(what="school", name=name_or_id)
    return tenants[0]


@cache
def _zones() -> frozenset[str]:
    """The names of all zones: read once, for it walks a folder of some hundred files."""
    return frozenset(available_timezones())
