"""The talk's cast: Ada learns algebra with Ms Rivera, whose course has a guide; it is Monday, 30 November 2026, in California."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from bot import deliver
from bot.conversation import Talk
from bot.turn import Speaker
from core.courses.competencies import Competency
from core.courses.guide import set_guide
from core.data.outbox import Claim, Delivered, OutboxEntry, Result, State
from core.data.vault import Vault
from core.evidence.evidence import Observation, Source, record_evidence
from core.journal.notices import TALK
from core.people.access import Role
from core.people.people import Person
from tests.bot.talking import Clock, Talker
from tests.people_made import School, add_competency, join

MONDAY = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
"""Ten in the morning in California."""

UNIT_4 = ("Slope", "Intercepts", "Parallel lines", "Systems by graphing", "Systems by substitution")
EARLIER = tuple(f"Warm-up {number}" for number in range(1, 9))


@dataclass
class Classroom:
    """Ms Rivera's algebra: unit 4 with five targets, eight targets before it that Ada reached in four weeks, and *Negative slope*."""

    school: School
    unit: Competency
    targets: dict[str, Competency]
    session: Session
    vault: Vault
    clock: Clock
    talk: Talk

    def talker(self, person: Person, role: Role = Role.STUDENT, *, language: str = "en", channel: str = "web") -> Talker:
        """Somebody who talks, come from this course."""
        speaker = Speaker(self.school.tenant.id, person.id, role, language, "America/Los_Angeles", self.school.course.id, channel)
        return Talker(self.session, self.talk, speaker, self.clock)

    def tell(self, talker: Talker) -> Sequence[Result]:
        """Deliver what is due to one person, as the worker does, and let them read it, each line of it; what became of each."""
        due = select(OutboxEntry).where(
            col(OutboxEntry.destination) == TALK,
            col(OutboxEntry.subject_id) == talker.speaker.person_id,
            col(OutboxEntry.state) == State.WAITING,
            col(OutboxEntry.due_at) <= self.clock.now,
        )
        results = []
        for entry in self.session.scalars(due.order_by(col(OutboxEntry.seq))).all():
            assert entry.seq is not None
            claimed = Claim(entry.seq, entry.tenant_id, entry.kind, TALK, entry.once_key, entry.subject_id, entry.payload, 1)
            results.append(deliver.tell(self.session, self.vault, self.talk, claimed, now=self.clock.now))
            if isinstance(results[-1], Delivered):
                talker.look()
            entry.state = State.DONE
            self.session.flush()
        return results

    def join(self, name: str, role: Role = Role.STUDENT) -> Person:
        """Somebody joins the course."""
        return join(self.session, self.vault, self.school.course, name, role, now=self.clock.now - timedelta(days=60))


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY)


@pytest.fixture
def classroom(session: Session, vault: Vault, school: School, clock: Clock) -> Classroom:
    return furnish(session, vault, school, clock)


def furnish(session: Session, vault: Vault, school: School, clock: Clock) -> Classroom:
    """Make a classroom of a school."""
    targets = {name: add_competency(session, school.framework, name) for name in (*EARLIER, *UNIT_4[1:], "Negative slope")}
    targets["Slope"] = school.competency
    unit = add_competency(session, school.framework, "Unit 4")
    for name in UNIT_4:
        targets[name].parent_id = unit.id
    session.flush()
    due = {name: date(2026, 12, 4) + timedelta(weeks=place) for place, name in enumerate(UNIT_4)}
    guide = [*((name, date(2026, 11, 2)) for name in EARLIER), *due.items(), ("Negative slope", date(2027, 1, 15))]
    set_guide(session, school.tenant.id, school.course.id, [(targets[name].id, day, 10_000) for name, day in guide])
    reach(session, school, [targets[name] for name in EARLIER], clock.now)
    return Classroom(school, unit, targets, session, vault, clock, Talk(vault))


def reach(session: Session, school: School, competencies: list[Competency], now: datetime) -> None:
    """Ada reached these in the last four school weeks, two a week."""
    for place, competency in enumerate(competencies):
        at = now - timedelta(days=25 - 3 * place)
        record_evidence(session, school.course, Observation(school.student.id, competency.id, 10_000, at, Source.TEACHER), now=now)


@pytest.fixture
def ada(classroom: Classroom) -> Talker:
    return classroom.talker(classroom.school.student)


@pytest.fixture
def rivera(classroom: Classroom) -> Talker:
    return classroom.talker(classroom.school.teacher, Role.TEACHER)


@pytest.fixture
def luis(classroom: Classroom) -> Talker:
    return classroom.talker(classroom.join("Luis"), language="es")
