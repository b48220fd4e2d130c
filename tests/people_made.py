"""People and places for tests: made with the domain's own verbs where there are any, and with plain rows where not."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlmodel import Session

from core.courses.competencies import Competency, Framework
from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.data.vault import Vault
from core.people.access import Role
from core.people.people import Person, add_person
from core.people.platforms import AgeBand, Deployment, Platform, add_platform, approve_deployment
from core.people.tenants import Tenant, add_tenant
from core.people.viewers import Me, find_viewer, open_viewer


@dataclass(frozen=True)
class School:
    """A school with one of everything: Ms Rivera teaches Ada in Algebra, where slope is to be learnt."""

    tenant: Tenant
    platform: Platform
    deployment: Deployment
    course: Course
    framework: Framework
    competency: Competency
    teacher: Person
    student: Person


def make_school(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    name: str = "Riverside High",
    issuer: str = "https://lms.riverside.example",
    zone: str = "America/Los_Angeles",
) -> School:
    """Add a school whose one deployment is approved. The caller commits."""
    tenant = add_tenant(session, name, zone=zone, language="en", now=now)
    platform = add_platform(
        session,
        now=now,
        name=f"{name} LMS",
        issuer=issuer,
        client_id="client-1",
        auth_login_url=f"{issuer}/auth",
        auth_token_url=f"{issuer}/token",
        key_set_url=f"{issuer}/jwks",
    )
    deployment = approve_deployment(session, platform, "1", tenant.id, AgeBand.TEENS, by="operator", now=now)
    course = add_course(session, deployment, "Algebra 1", now=now)
    framework = Framework(tenant_id=tenant.id, case_id=uuid4(), title="Mathematics", imported_at=now)
    session.add(framework)
    session.flush()
    competency = add_competency(session, framework, "Slope")
    teacher = join(session, vault, course, "Ms Rivera", Role.TEACHER, now=now)
    student = join(session, vault, course, "Ada", Role.STUDENT, now=now)
    return School(tenant, platform, deployment, course, framework, competency, teacher, student)


def add_course(session: Session, deployment: Deployment, title: str, *, now: datetime, zone: str | None = None) -> Course:
    """Add a course to an approved deployment."""
    assert deployment.tenant_id is not None
    course = Course(
        tenant_id=deployment.tenant_id, deployment_id=deployment.id, context_id=uuid4().hex, title=title, zone=zone, created_at=now
    )
    session.add(course)
    session.flush()
    return course


def add_competency(session: Session, framework: Framework, short_name: str, *, position: int = 0) -> Competency:
    """Add a competency to a framework."""
    competency = Competency(
        tenant_id=framework.tenant_id,
        framework_id=framework.id,
        case_id=uuid4(),
        statement=f"Understand {short_name.lower()}.",
        short_name=short_name,
        position=position,
    )
    session.add(competency)
    session.flush()
    return competency


def join(session: Session, vault: Vault, course: Course, name: str | None, role: Role, *, now: datetime) -> Person:
    """Add a person and enrol them in a course."""
    person = add_person(session, vault, course.tenant_id, name, now=now)
    enrol(session, course, person, role, now=now)
    return person


def enrol(session: Session, course: Course, person: Person, role: Role, *, now: datetime, active: bool = True) -> Enrolment:
    """Enrol a person in a course."""
    enrolment = Enrolment(tenant_id=course.tenant_id, course_id=course.id, person_id=person.id, role=role, active=active, joined_at=now)
    session.add(enrolment)
    session.flush()
    return enrolment


def look_as(session: Session, school: School, person: Person, role: Role, *, now: datetime) -> Me:
    """Launch a person into the school's course, and see who they are there."""
    opened = open_viewer(
        session,
        tenant_id=school.tenant.id,
        person_id=person.id,
        course_id=school.course.id,
        role=role,
        platform_id=school.platform.id,
        now=now,
    )
    return find_viewer(session, opened.handle, None, now=now)
