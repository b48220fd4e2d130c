"""Enrolments: who is in which course, in which role. Each launch confirms its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import Index, Select, UniqueConstraint, bindparam, func, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.courses.courses import Course
from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.people.access import Role
from core.people.accounts import Account
from core.people.people import Person
from core.people.tenants import Tenant


class Enrolment(Table, table=True):
    """A person in a course. `active` is false once the LMS says that they have left."""

    __table_args__ = (
        UniqueConstraint("course_id", "person_id"),
        Index("ix_enrolment_person", "tenant_id", "person_id"),
        within_tenant("course", "course_id", on_delete="CASCADE"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    course_id: UUID
    person_id: UUID
    role: str
    active: bool = True
    joined_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True)
class Place:
    """One course of a person, what they are in it, and the IANA zone of its days: its own, else the school's."""

    course_id: UUID
    title: str
    role: Role
    zone: str


def places_of(session: Session, tenant_id: UUID, person_id: UUID) -> list[Place]:
    """The courses of a person, by title."""
    rows = session.execute(places_query(), {"tenant_id": tenant_id, "person_id": person_id})
    return [Place(course_id, title, Role(role), zone) for course_id, title, role, zone in rows]


@cache
def places_query() -> Select[UUID, str, str, str]:
    """The columns of a `Place` of `:person_id` in `:tenant_id`, for those who read more of each course in the same statement."""
    return (
        select(col(Course.id), col(Course.title), col(Enrolment.role), func.coalesce(col(Course.zone), col(Tenant.zone)))
        .join(Enrolment, col(Enrolment.course_id) == col(Course.id))
        .join(Tenant, col(Tenant.id) == col(Course.tenant_id))
        .where(
            col(Enrolment.tenant_id) == bindparam("tenant_id"), col(Enrolment.person_id) == bindparam("person_id"), col(Enrolment.active)
        )
        .order_by(col(Course.title), col(Course.id))
    )


def students_of(session: Session, tenant_id: UUID, course_id: UUID) -> Sequence[UUID]:
    """The students of a course, in no particular order."""
    query = select(col(Enrolment.person_id)).where(
        col(Enrolment.tenant_id) == tenant_id,
        col(Enrolment.course_id) == course_id,
        col(Enrolment.role) == Role.STUDENT,
        col(Enrolment.active),
    )
    return session.scalars(query).all()


def staff_of(session: Session, tenant_id: UUID) -> Sequence[UUID]:
    """Whom a school may name to a role: people whom no course and no LMS knows as a student or guardian. In no particular order."""
    families = select(col(Enrolment.person_id)).where(
        col(Enrolment.tenant_id) == tenant_id, col(Enrolment.role).in_((Role.STUDENT, Role.GUARDIAN)), col(Enrolment.active)
    )
    told = select(col(Account.person_id)).where(col(Account.tenant_id) == tenant_id, col(Account.is_family))
    query = select(col(Person.id)).where(col(Person.tenant_id) == tenant_id, col(Person.id).not_in(families), col(Person.id).not_in(told))
    return session.scalars(query).all()
