"""Arrivals: what a launch makes of people, accounts, courses and enrolments. Every later launch finds the same ones.

A launch is the most frequent thing that happens here, so one statement finds all that an earlier one has made.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Row, and_, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.data.vault import Vault
from core.people.access import Role
from core.people.accounts import LTI, Account
from core.people.people import LONGEST_NAME, NAME, Person, add_person, seal_name
from core.people.platforms import Deployment
from core.people.roles import SchoolRole, roles_of
from core.people.tenants import Tenant

MOST_TRIES = 4


@dataclass(frozen=True)
class Arriving:
    """Who comes, from where, into which course, as what; plain facts of a verified launch."""

    platform_id: UUID
    deployment_id: str
    subject: str
    name: str | None
    language: str | None
    role: Role
    is_family: bool
    context_id: str | None
    context_title: str | None


@dataclass(frozen=True)
class Arrived:
    """Whom and what the launch found or made; `course_id` None: there is no course, or no role in it."""

    tenant_id: UUID
    person_id: UUID
    course_id: UUID | None
    role: Role


_find: Executable = (
    select(
        col(Deployment.id).label("deployment_row"),
        col(Deployment.approved_at).is_not(None).label("was_approved"),
        col(Deployment.removed_at).is_not(None).label("was_removed"),
        col(Tenant.id).label("tenant_id"),
        col(Tenant.keeps_names),
        col(Tenant.language).label("tenant_language"),
        col(Person.id).label("person_id"),
        col(Person.sealed_name),
        col(Account.id).label("account_id"),
        col(Account.is_family),
        col(Course.id).label("course_id"),
        col(Course.title),
        col(Enrolment.id).label("enrolment_id"),
        col(Enrolment.role).label("enrolled_as"),
        col(Enrolment.active),
    )
    .select_from(Deployment)
    .outerjoin(Tenant, col(Tenant.id) == col(Deployment.tenant_id))
    .outerjoin(
        Account,
        and_(
            col(Account.tenant_id) == col(Tenant.id),
            col(Account.channel) == LTI,
            col(Account.realm) == bindparam("realm"),
            col(Account.subject) == bindparam("subject"),
        ),
    )
    .outerjoin(Person, col(Person.id) == col(Account.person_id))
    .outerjoin(Course, and_(col(Course.deployment_id) == col(Deployment.id), col(Course.context_id) == bindparam("context_id")))
    .outerjoin(Enrolment, and_(col(Enrolment.course_id) == col(Course.id), col(Enrolment.person_id) == col(Person.id)))
    .where(col(Deployment.platform_id) == bindparam("platform_id"), col(Deployment.deployment_id) == bindparam("deployment_id"))
)
_confirm = update(Enrolment).where(col(Enrolment.id) == bindparam("enrolment")).values(role=bindparam("as_role"), active=bindparam("here"))


def look(session: Session, arriving: Arriving) -> Row[Any] | None:
    """What is known of a deployment, and of whoever comes through it: one row, or None for an unheard-of deployment.

    Only a row that `was_approved`, and not `was_removed`, may be handed on to `arrive`.
    """
    facts = {
        "platform_id": arriving.platform_id,
        "deployment_id": arriving.deployment_id,
        "realm": arriving.platform_id.hex,
        "subject": arriving.subject,
        "context_id": arriving.context_id,
    }
    return session.connection().execute(_find, facts).one_or_none()


def arrive(session: Session, vault: Vault, arriving: Arriving, found: Row[Any], *, now: datetime) -> Arrived:
    """Find or make the person, the course and the enrolment of a launch through an approved deployment.

    Without a context, or without a role in it, nothing of the course is made; whoever administers the school then
    arrives as its admin, and anybody else as a visitor.
    """
    if found.person_id is None or _misses_place(found, arriving):
        found = _make(session, vault, arriving, found, now=now)
    else:
        _keep_name(session, vault, arriving, found)
        _keep_title(session, arriving, found)
        _keep_role(session, arriving, found)
        if found.is_family != arriving.is_family:
            session.execute(update(Account).where(col(Account.id) == found.account_id).values(is_family=arriving.is_family))
    if found.course_id is None or arriving.role is Role.VISITOR:
        admin = SchoolRole.TENANT_ADMIN in roles_of(session, found.tenant_id, found.person_id)
        return Arrived(found.tenant_id, found.person_id, None, Role.TENANT_ADMIN if admin else Role.VISITOR)
    return Arrived(found.tenant_id, found.person_id, found.course_id, arriving.role)


def _misses_place(found: Row[Any], arriving: Arriving) -> bool:
    wanted = arriving.context_id is not None and arriving.role is not Role.VISITOR
    return wanted and found.enrolment_id is None


def _make(session: Session, vault: Vault, arriving: Arriving, found: Row[Any], *, now: datetime) -> Row[Any]:
    """Make what is missing.

    Where another launch was faster to make the same person or the same course, its is taken, and only the rest is made:
    each try that fails has found one thing more, so that three are enough for person, course and enrolment.
    """
    for attempt in range(1, MOST_TRIES + 1):
        try:
            with session.begin_nested():
                person_id = found.person_id or _add_person(session, vault, arriving, found, now=now)
                if _misses_place(found, arriving):
                    _add_place(session, arriving, found, person_id, now=now)
        except IntegrityError:
            if attempt == MOST_TRIES:
                raise
            found = look(session, arriving) or found
        else:
            break
    return look(session, arriving) or found


def _add_person(session: Session, vault: Vault, arriving: Arriving, found: Row[Any], *, now: datetime) -> UUID:
    person = add_person(session, vault, found.tenant_id, arriving.name if found.keeps_names else None, now=now)
    if arriving.language != found.tenant_language:
        person.language = arriving.language
    session.add(
        Account(
            tenant_id=found.tenant_id,
            person_id=person.id,
            channel=LTI,
            realm=arriving.platform_id.hex,
            subject=arriving.subject,
            is_family=arriving.is_family,
            created_at=now,
        )
    )
    session.flush()
    return person.id


def _add_place(session: Session, arriving: Arriving, found: Row[Any], person_id: UUID, *, now: datetime) -> None:
    course_id = found.course_id
    if course_id is None:
        assert arriving.context_id is not None
        course = Course(
            tenant_id=found.tenant_id,
            deployment_id=found.deployment_row,
            context_id=arriving.context_id,
            title=arriving.context_title or arriving.context_id,
            created_at=now,
        )
        session.add(course)
        session.flush()
        course_id = course.id
    session.add(Enrolment(tenant_id=found.tenant_id, course_id=course_id, person_id=person_id, role=arriving.role, joined_at=now))
    session.flush()


def _keep_name(session: Session, vault: Vault, arriving: Arriving, found: Row[Any]) -> None:
    """Follow a name that changed in the LMS, and drop it when the school no longer keeps names."""
    name = arriving.name[:LONGEST_NAME] if arriving.name and found.keeps_names else None
    if name is None and (found.sealed_name is None or found.keeps_names):
        return
    if name and found.sealed_name and vault.matches(found.person_id, found.sealed_name, NAME, name):
        return
    sealed = seal_name(vault.key_of(found.person_id), name)
    session.execute(update(Person).where(col(Person.id) == found.person_id).values(sealed_name=sealed))


def _keep_role(session: Session, arriving: Arriving, found: Row[Any]) -> None:
    """Follow a role that changed in the LMS: whoever had left, and launches, is back; whoever has none any more has left."""
    here = arriving.role is not Role.VISITOR
    if found.enrolment_id is None or (found.active == here and (found.enrolled_as == arriving.role or not here)):
        return
    as_role = arriving.role if here else found.enrolled_as
    session.connection().execute(_confirm, {"enrolment": found.enrolment_id, "as_role": as_role, "here": here})


def _keep_title(session: Session, arriving: Arriving, found: Row[Any]) -> None:
    """Follow a course's title that changed in the LMS."""
    if found.course_id is not None and arriving.context_title and arriving.context_title != found.title:
        session.execute(update(Course).where(col(Course.id) == found.course_id).values(title=arriving.context_title))
