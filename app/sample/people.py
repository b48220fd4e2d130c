"""Who is at the sample school: people, their accounts, enrolments and roles; and the cast that a practice LMS launches."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from sqlmodel import Session

from app.sample import content
from app.sample.content import Adult, Section, Story, Student
from app.sample.term import Term
from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.data.vault import DataKey, Vault
from core.people import roles
from core.people.access import Role
from core.people.accounts import LTI, Account
from core.people.people import Person, new_pseudonym, seal_name
from core.people.tenants import Tenant

_SEED = "Lincoln"
_IN_COURSE = (Role.TEACHER, Role.ASSISTANT)


@dataclass(frozen=True)
class CastMember:
    """Somebody whom an LMS can launch: once for each of their courses, or once from outside any (`context_id` None)."""

    subject: str
    name: str
    role: Role
    context_id: str | None
    language: str | None = None


@dataclass(frozen=True)
class Pupil:
    """A student in one course, with the story that their work tells there."""

    student: Student
    section: Section
    story: Story
    course: Course
    person: Person
    key: DataKey
    enrolment: Enrolment

    def chance(self, subject: str) -> random.Random:
        """The same dice on every lay: of this student, course and subject matter only."""
        return random.Random(f"{_SEED}:{self.student.subject}:{self.section.context}:{subject}")


@dataclass(frozen=True)
class Roll:
    """Everybody: the staff by subject, and each student once for each course."""

    staff: Mapping[str, Person]
    pupils: Sequence[Pupil]

    def teacher_of(self, context: str) -> Person:
        """Whom the students of a section write to."""
        return self.staff[self.teacher_subject(context)]

    def teacher_subject(self, context: str) -> str:
        """The LTI subject of the teacher of a section."""
        return next(one.subject for one in content.people().staff if one.role is Role.TEACHER and context in one.contexts)

    def find(self, subject: str, context: str | None) -> Pupil:
        """A student in a course; without a context in the first of theirs."""
        return next(one for one in self.pupils if one.student.subject == subject and context in (None, one.section.context))


def cast() -> tuple[CastMember, ...]:
    """Everybody who can be launched, staff first. It is read from the data alone: a practice LMS needs no database."""
    told = content.people()
    staff = [CastMember(adult.subject, adult.name, adult.role, context) for adult in told.staff for context in (adult.contexts or (None,))]
    students = [CastMember(one.subject, one.name, Role.STUDENT, context, one.language) for context, _, one in _placements()]
    return (*staff, *students)


def lay_people(
    session: Session, vault: Vault, tenant: Tenant, realm: str, courses: Mapping[str, Course], term: Term, *, opened: datetime
) -> Roll:
    """Lay people, accounts, enrolments and roles.

    Args:
        realm: that of their LTI accounts, the platform's id in hex.
        courses: by context id.
        opened: when the staff came, before the term.
    """
    told = content.people()
    students = {one.subject: one for _, _, one in _placements()}
    everybody: dict[str, Adult | Student] = {adult.subject: adult for adult in told.staff} | students
    joined = dict.fromkeys(everybody, opened) | _first_days(term)
    persons = {
        subject: Person(
            tenant_id=tenant.id,
            pseudonym=new_pseudonym(),
            language=who.language if isinstance(who, Student) else None,
            created_at=joined[subject],
        )
        for subject, who in everybody.items()
    }
    keys = vault.make_keys([person.id for person in persons.values()])
    for subject, person in persons.items():
        person.sealed_name = seal_name(keys[person.id], everybody[subject].name)
    session.add_all(persons.values())
    session.flush()
    session.add_all(_account(person, realm, subject) for subject, person in persons.items())
    _lay_staff(session, told.staff, persons, courses, opened=opened)
    pupils = [_pupil(context, story, one, courses, persons, keys, term) for context, story, one in _placements()]
    session.add_all(pupil.enrolment for pupil in pupils)
    session.flush()
    return Roll({adult.subject: persons[adult.subject] for adult in told.staff}, pupils)


def _placements() -> list[tuple[str, str, Student]]:
    """Each student in each course: the context, the name of the story, the student."""
    told = content.people().students
    return [(context, story, one) for context, by_story in told.items() for story, listed in by_story.items() for one in listed]


def _first_day(story: Story, term: Term) -> datetime:
    return term.at(-(story.joined or term.past), time(8))


def _first_days(term: Term) -> dict[str, datetime]:
    """When each student came to the school: the first day of their first course."""
    days: dict[str, datetime] = {}
    for _, name, one in _placements():
        day = _first_day(content.stories()[name], term)
        days[one.subject] = min(day, days.get(one.subject, day))
    return days


def _account(person: Person, realm: str, subject: str) -> Account:
    return Account(tenant_id=person.tenant_id, person_id=person.id, channel=LTI, realm=realm, subject=subject, created_at=person.created_at)


def _lay_staff(
    session: Session, staff: Sequence[Adult], persons: Mapping[str, Person], courses: Mapping[str, Course], *, opened: datetime
) -> None:
    """Enrol teachers and assistants, and grant the roles of the school; the admin names the others."""
    for adult in staff:
        for context in adult.contexts if adult.role in _IN_COURSE else ():
            session.add(_enrolment(courses[context], persons[adult.subject].id, adult.role, opened))
    admin = next(persons[adult.subject].id for adult in staff if adult.role is Role.TENANT_ADMIN)
    for adult in staff:
        for role in adult.grants:
            person = persons[adult.subject]
            roles.grant(session, person.tenant_id, person.id, role, by=None if person.id == admin else admin, now=opened)


def _pupil(
    context: str,
    story_name: str,
    student: Student,
    courses: Mapping[str, Course],
    persons: Mapping[str, Person],
    keys: Mapping[UUID, DataKey],
    term: Term,
) -> Pupil:
    section = next(one for one in content.course_plan().sections if one.context == context)
    story, person, course = content.stories()[story_name], persons[student.subject], courses[context]
    enrolment = _enrolment(course, person.id, Role.STUDENT, _first_day(story, term))
    return Pupil(student, section, story, course, person, keys[person.id], enrolment)


def _enrolment(course: Course, person_id: UUID, role: Role, joined_at: datetime) -> Enrolment:
    return Enrolment(tenant_id=course.tenant_id, course_id=course.id, person_id=person_id, role=role, joined_at=joined_at)
