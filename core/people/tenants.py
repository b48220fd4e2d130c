"""Tenants: one school or district each. Nothing crosses tenants, ever."""

from datetime import datetime
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table
from core.data.ids import new_id
from core.errors import CoreError, NotFound


class Tenant(Table, table=True):
    """A school or district: its zone and language are what its courses and people start from."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True)
    zone: str = "UTC"
    language: str = "en"
    keeps_names: bool = True
    created_at: datetime = Field(sa_type=UTCDateTime)


class UnknownZone(CoreError):
    """Not the name of an IANA time zone."""

    code = "tenant.unknown_zone"


class NameTaken(CoreError):
    """Two schools of one name could not be told apart."""

    code = "tenant.name_taken"


class NoSchool(NotFound):
    """There is no school on this server yet."""

    code = "tenant.none"


class SchoolUnknown(NotFound):
    """No school has this name or id; `there` lists those that there are."""

    code = "tenant.unknown"


class SchoolUnclear(NotFound):
    """None was named, and there are several; `there` lists them."""

    code = "tenant.unclear"


def add_tenant(session: Session, name: str, *, zone: str, language: str, now: datetime) -> Tenant:
    """Add a school.

    Raises:
        UnknownZone: `zone` is not an IANA zone such as America/Los_Angeles.
        NameTaken: another school has this name.
    """
    if zone not in _zones():
        raise UnknownZone(zone=zone)
    tenant = Tenant(name=name, zone=zone, language=language, created_at=now)
    try:
        with session.begin_nested():
            session.add(tenant)
    except IntegrityError:
        raise NameTaken(name=name) from None
    return tenant


def list_tenants(session: Session) -> list[Tenant]:
    """All schools, by name. For the operator only."""
    return list(session.scalars(select(Tenant).order_by(col(Tenant.name))))


def find_tenant(session: Session, name_or_id: str) -> Tenant:
    """The school of that name or id; with an empty string, the only one there is.

    Raises:
        NoSchool, SchoolUnknown, SchoolUnclear: all of them NotFound.
    """
    tenants = list_tenants(session)
    there = ", ".join(tenant.name for tenant in tenants)
    if not tenants:
        raise NoSchool
    if not name_or_id:
        if len(tenants) > 1:
            raise SchoolUnclear(there=there)
        return tenants[0]
    for tenant in tenants:
        if name_or_id in (tenant.name, str(tenant.id)):
            return tenant
    raise SchoolUnknown(name=name_or_id, there=there)


@cache
def _zones() -> frozenset[str]:
    """The names of all zones: read once, for it walks a folder of some hundred files."""
    return frozenset(available_timezones())
