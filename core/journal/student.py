"""A student in one course, as the verbs of the journal need them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlmodel import Session, col

from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.data.clock import local_day
from core.data.vault import DataKey, Vault
from core.errors import NotFound
from core.people.access import Role
from core.people.tenants import Tenant


@dataclass(frozen=True)
class Student:
    """Who, in which course, in which IANA zone its days are, and the key that seals their words."""

    person_id: UUID
    course: Course
    zone: str
    key: DataKey

    @property
    def tenant_id(self) -> UUID:
        """The school."""
        return self.course.tenant_id

    def today(self, now: datetime) -> date:
        """The day that an instant is in the course."""
        return local_day(now, self.zone)


def student_of(session: Session, vault: Vault, tenant_id: UUID, person_id: UUID, course_id: UUID) -> Student:
    """A student of a course of this tenant.

    Raises:
        NotFound: no such course here, or the person is no student in it (any more).
        KeyDestroyed: the student was erased.
    """
    course, zone = _course_of(session, tenant_id, person_id, course_id)
    return Student(person_id, course, zone, vault.key_of(person_id))


def student_in(session: Session, key: DataKey, tenant_id: UUID, person_id: UUID, course_id: UUID) -> Student:
    """As `student_of`, for a caller that holds the student's key already.

    Raises:
        NotFound: no such course here, or the person is no student in it (any more).
    """
    course, zone = _course_of(session, tenant_id, person_id, course_id)
    return Student(person_id, course, zone, key)


def _course_of(session: Session, tenant_id: UUID, person_id: UUID, course_id: UUID) -> tuple[Course, str]:
    found = session.execute(_in_course, {"tenant_id": tenant_id, "course_id": course_id, "person_id": person_id}).one_or_none()
    if found is None:
        raise NotFound(what="student")
    course, zone = found
    return course, zone


_in_course = (
    select(Course, func.coalesce(col(Course.zone), col(Tenant.zone)))
    .join(Tenant, col(Tenant.id) == col(Course.tenant_id))
    .join(Enrolment, col(Enrolment.course_id) == col(Course.id))
    .where(
        col(Course.tenant_id) == bindparam("tenant_id"),
        col(Course.id) == bindparam("course_id"),
        col(Enrolment.person_id) == bindparam("person_id"),
        col(Enrolment.role) == Role.STUDENT,
        col(Enrolment.active),
    )
)
