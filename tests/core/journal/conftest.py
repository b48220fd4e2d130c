"""The journal's cast: Ada and Ben learn algebra with Ms Rivera and Mr Bell; Ms Okafor advises; Mr Lane teaches elsewhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from core.data.outbox import OutboxEntry
from core.data.vault import Vault
from core.journal.events import RECEIVERS
from core.journal.notices import TALK, Notice
from core.journal.student import Student, student_of
from core.people import roles
from core.people.access import Role
from core.people.people import Person, add_person
from core.people.roles import SchoolRole
from tests.people_made import School, add_course, join


@dataclass(frozen=True)
class Adult:
    """Somebody who reads and answers, as a door speaks for them."""

    tenant_id: UUID
    person_id: UUID
    role: Role


@dataclass
class Later:
    """A clock that goes on by a minute each time it is read."""

    now: datetime

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def later(now: datetime) -> Later:
    return Later(now)


def adult(person: Person, role: Role = Role.TEACHER) -> Adult:
    return Adult(person.tenant_id, person.id, role)


@pytest.fixture
def ada(session: Session, vault: Vault, school: School) -> Student:
    return student_of(session, vault, school.tenant.id, school.student.id, school.course.id)


@pytest.fixture
def ben(session: Session, vault: Vault, school: School, now: datetime) -> Student:
    person = join(session, vault, school.course, "Ben", Role.STUDENT, now=now)
    return student_of(session, vault, school.tenant.id, person.id, school.course.id)


@pytest.fixture
def rivera(school: School) -> Adult:
    return adult(school.teacher)


@pytest.fixture
def bell(session: Session, vault: Vault, school: School, now: datetime) -> Adult:
    return adult(join(session, vault, school.course, "Mr Bell", Role.TEACHER, now=now))


@pytest.fixture
def okafor(session: Session, vault: Vault, school: School, now: datetime) -> Adult:
    person = add_person(session, vault, school.tenant.id, "Ms Okafor", now=now)
    roles.grant(session, school.tenant.id, person.id, SchoolRole.ADVISOR, by=None, now=now)
    return adult(person, Role.ADVISOR)


@pytest.fixture
def lane(session: Session, vault: Vault, school: School, now: datetime) -> Adult:
    """A teacher of the same school who has neither Ada nor Ben."""
    biology = add_course(session, school.deployment, "Biology", now=now)
    return adult(join(session, vault, biology, "Mr Lane", Role.TEACHER, now=now))


@pytest.fixture
def stranger(neighbours: School) -> Adult:
    """A teacher of another school."""
    return adult(neighbours.teacher)


@pytest.fixture
def told(session: Session) -> Callable[[], list[str]]:
    """The kinds of events promised so far, in order."""

    def kinds() -> list[str]:
        session.flush()
        events = select(col(OutboxEntry.kind)).where(col(OutboxEntry.destination) == RECEIVERS)
        return list(session.scalars(events.order_by(col(OutboxEntry.seq))))

    return kinds


@pytest.fixture
def noticed(session: Session) -> Callable[..., list[OutboxEntry]]:
    """The notices promised so far, in order; of one kind if one is asked for."""

    def entries(notice: Notice | None = None) -> list[OutboxEntry]:
        session.flush()
        query = select(OutboxEntry).where(col(OutboxEntry.destination) == TALK)
        query = query.where(col(OutboxEntry.kind) == notice) if notice else query
        return list(session.scalars(query.order_by(col(OutboxEntry.seq))))

    return entries


@pytest.fixture(autouse=True)
def _payloads_hold_ids(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does: events and notices hold an instant and ids only, and an event names its course."""
    session: Session | None = request.getfixturevalue("session") if "session" in request.fixturenames else None
    yield
    if session is not None and session.is_active:
        for destination, payload in session.execute(select(col(OutboxEntry.destination), col(OutboxEntry.payload))):
            assert datetime.fromisoformat(payload["at"])
            assert all(UUID(value) for name, value in payload.items() if name != "at")
            assert destination == TALK or "course" in payload
