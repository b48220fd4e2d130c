"""Adults: who teaches or advises a student. Only they may be named, read what is theirs to read, and answer.

A teacher teaches a student while both are active in one course. Advisors are those whom the school named
(`core/people/roles.py`); until caseloads are kept, each of them advises every student of the school.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, or_, select, union
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import Session, col

from core.courses.enrolments import Enrolment
from core.data.vault import Vault
from core.errors import CoreError, NotFound
from core.people.access import Role
from core.people.audit import Reader
from core.people.people import NAME, Person
from core.people.roles import RoleGrant, SchoolRole


class NotTheirAdult(CoreError):
    """The person neither teaches nor advises this student."""

    code = "adult.not_theirs"


def teachers_of(session: Session, tenant_id: UUID, course_id: UUID) -> Sequence[UUID]:
    """The teachers of a course, longest there first."""
    return session.scalars(_teachers, {"tenant_id": tenant_id, "course_id": course_id}).all()


_teachers = (
    select(col(Enrolment.person_id))
    .where(
        col(Enrolment.tenant_id) == bindparam("tenant_id"),
        col(Enrolment.course_id) == bindparam("course_id"),
        col(Enrolment.role) == Role.TEACHER,
        col(Enrolment.active),
    )
    .order_by(col(Enrolment.joined_at), col(Enrolment.id))
)


def teacher_names(session: Session, vault: Vault, tenant_id: UUID, course_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """The teachers of some courses with their display names, longest there first, in one statement and one look into the vault.

    A nameless teacher appears by their pseudonym; a course without a teacher is absent.
    """
    rows = session.execute(_named, {"tenant_id": tenant_id, "course_ids": list(course_ids)}).all()
    keys = vault.keys_of(person_id for _, person_id, _, sealed in rows if sealed)
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for course_id, person_id, pseudonym, sealed in rows:
        name = keys[person_id].open(sealed, NAME) if sealed and person_id in keys else pseudonym
        found.setdefault(course_id, []).append((person_id, name))
    return found


_named = (
    select(col(Enrolment.course_id), col(Person.id), col(Person.pseudonym), col(Person.sealed_name))
    .join(Person, col(Person.id) == col(Enrolment.person_id))
    .where(
        col(Enrolment.tenant_id) == bindparam("tenant_id"),
        col(Enrolment.course_id).in_(bindparam("course_ids", expanding=True)),
        col(Enrolment.role) == Role.TEACHER,
        col(Enrolment.active),
    )
    .order_by(col(Enrolment.joined_at), col(Enrolment.id))
)


def adults_of(session: Session, tenant_id: UUID, student_id: UUID) -> set[UUID]:
    """Everybody who teaches or advises a student, the student never."""
    teacher, student = aliased(Enrolment), aliased(Enrolment)
    teachers = (
        select(col(teacher.person_id))
        .join(student, col(student.course_id) == col(teacher.course_id))
        .where(col(teacher.tenant_id) == tenant_id, *_taught(teacher, student), col(student.person_id) == student_id)
    )
    advisors = select(col(RoleGrant.person_id)).where(col(RoleGrant.tenant_id) == tenant_id, col(RoleGrant.role) == SchoolRole.ADVISOR)
    return set(session.scalars(union(teachers, advisors))) - {student_id}


def demand_adults(session: Session, tenant_id: UUID, student_id: UUID, adults: Collection[UUID]) -> None:
    """Refuse to name anybody who is not one of the student's adults.

    Raises:
        NotTheirAdult: one of them neither teaches nor advises the student.
    """
    if adults and not set(adults) <= adults_of(session, tenant_id, student_id):
        raise NotTheirAdult


def demand_teacher(session: Session, reader: Reader, course_id: UUID) -> None:
    """Refuse whoever does not teach a course.

    Raises:
        NotFound: they do not; another's course looks like none.
    """
    if reader.person_id not in teachers_of(session, reader.tenant_id, course_id):
        raise NotFound(what="course")


def teaches(reader: Reader, course_id: Mapped[UUID]) -> ColumnElement[bool]:
    """The condition that a reader teaches the course of a row."""
    mine = aliased(Enrolment)
    return exists().where(
        col(mine.tenant_id) == reader.tenant_id,
        col(mine.course_id) == course_id,
        col(mine.person_id) == reader.person_id,
        col(mine.role) == Role.TEACHER,
        col(mine.active),
    )


def looks_after(reader: Reader, student_id: Mapped[UUID]) -> ColumnElement[bool]:
    """The condition that a reader teaches or advises the student of a row."""
    teacher, student, grant = aliased(Enrolment), aliased(Enrolment), aliased(RoleGrant)
    return or_(
        exists().where(
            col(teacher.tenant_id) == reader.tenant_id,
            col(teacher.person_id) == reader.person_id,
            col(student.course_id) == col(teacher.course_id),
            col(student.person_id) == student_id,
            *_taught(teacher, student),
        ),
        exists().where(
            col(grant.tenant_id) == reader.tenant_id,
            col(grant.person_id) == reader.person_id,
            col(grant.role) == SchoolRole.ADVISOR,
        ),
    )


def _taught(teacher: type[Enrolment], student: type[Enrolment]) -> tuple[ColumnElement[bool], ...]:
    return (
        col(teacher.role) == Role.TEACHER,
        col(teacher.active).is_(True),
        col(student.role) == Role.STUDENT,
        col(student.active).is_(True),
    )
