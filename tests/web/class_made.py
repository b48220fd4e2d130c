"""A class for the pages of an adult: Ada, Ben, Mia and Tom ask Ms Rivera about slope; Mr Bell teaches beside her; Ms Okafor advises."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session

from core.courses.guide import set_guide
from core.data.db import Database
from core.data.vault import Vault
from core.journal.help_requests import HelpRequest, Kind, ask
from core.journal.student import Student, student_of
from core.people.access import Role
from core.people.people import Person, add_person
from core.people.roles import SchoolRole, grant
from tests.people_made import School, join

NAMES = ("Ada", "Ben", "Mia", "Tom")
SAID = {"Ada": "im so lost on negative slope", "Ben": "why is it minus", "Mia": "i dont get it", "Tom": "slope??"}


@dataclass(frozen=True)
class Class:
    """The people of the class, and what they have asked."""

    school: School
    vault: Vault
    people: dict[str, Person]
    requests: dict[str, UUID]
    bell: Person
    okafor: Person
    sam: Person
    """An assistant."""
    now: datetime

    def student(self, session: Session, name: str) -> Student:
        return student_of(session, self.vault, self.school.tenant.id, self.people[name].id, self.school.course.id)

    def ask(self, session: Session, name: str, words: str, kind: Kind = Kind.ACADEMIC, *, to: Person | None = None) -> HelpRequest:
        return ask(session, self.student(session, name), (to or self.school.teacher).id, kind, words, now=self.now)

    @property
    def asked(self) -> list[str]:
        """The requests as a form sends them."""
        return [str(self.requests[name]) for name in NAMES]


@pytest.fixture
def class_(database: Database, vault: Vault, kept_school: School, now: datetime) -> Class:
    """Four students asked about slope since yesterday; nobody has looked yet."""
    school = kept_school
    with database.aside() as session:
        people = {"Ada": school.student}
        people |= {name: join(session, vault, school.course, name, Role.STUDENT, now=now) for name in NAMES[1:]}
        bell, sam = (
            join(session, vault, school.course, name, role, now=now) for name, role in (("Mr Bell", Role.TEACHER), ("Sam", Role.ASSISTANT))
        )
        okafor = add_person(session, vault, school.tenant.id, "Ms Okafor", now=now)
        grant(session, school.tenant.id, okafor.id, SchoolRole.ADVISOR, by=None, now=now)
        set_guide(session, school.tenant.id, school.course.id, [(school.competency.id, now.date() + timedelta(days=5), 1)])
        made = Class(school, vault, people, {}, bell, okafor, sam, now)
        for name in NAMES:
            asked = ask(
                session,
                made.student(session, name),
                school.teacher.id,
                Kind.ACADEMIC,
                SAID[name],
                competency_id=school.competency.id,
                now=now - timedelta(days=1),
            )
            made.requests[name] = asked.id
    return made
