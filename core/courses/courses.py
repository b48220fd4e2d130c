"""Courses: our record of an LTI context. Two deployments of one course are two courses."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint, func, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.errors import NotFound
from core.people.tenants import Tenant


class Mode(StrEnum):
    """How much of Paceline a teacher has switched on; each includes those before it."""

    GOALS = "goals"
    CHECK_INS = "check_ins"
    NUDGES = "nudges"
    WARNINGS = "warnings"


class Course(Table, table=True):
    """One course. `zone` and `language` override the school's; without dates it has no end (self-paced)."""

    __table_args__ = (
        UniqueConstraint("deployment_id", "context_id"),
        UniqueConstraint("tenant_id", "id"),
        within_tenant("deployment", "deployment_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    deployment_id: UUID
    context_id: str
    title: str
    zone: str | None = None
    language: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    mode: str = Mode.CHECK_INS
    mastery_method: str = "decaying"
    mastery_level_bp: int = 8000
    created_at: datetime = Field(sa_type=UTCDateTime)


def find_course(session: Session, tenant_id: UUID, course_id: UUID) -> Course:
    """A course of this tenant.

    Raises:
        NotFound: none here.
    """
    course = session.get(Course, course_id)
    if course is None or course.tenant_id != tenant_id:
        raise NotFound(what="course")
    return course


def zone_of(session: Session, tenant_id: UUID, course_id: UUID) -> str:
    """The IANA zone of a course's days: its own, else the school's.

    Raises:
        NotFound: no such course here.
    """
    query = (
        select(func.coalesce(col(Course.zone), col(Tenant.zone)))
        .join(Tenant, col(Tenant.id) == col(Course.tenant_id))
        .where(col(Course.tenant_id) == tenant_id, col(Course.id) == course_id)
    )
    zone: str | None = session.scalars(query).one_or_none()
    if zone is None:
        raise NotFound(what="course")
    return zone
