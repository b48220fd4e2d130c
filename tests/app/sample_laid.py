"""A sample school that was laid and committed, and what tests ask of it."""

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from app.sample import content
from app.sample.school import SampleSchool, lay_school
from bot import lines
from bot.lines import Heard, Line
from core.care import safety
from core.care.safety import SafetyConcern
from core.courses.calendar import Calendar, calendar_of
from core.courses.courses import Course
from core.courses.guide import guide_of
from core.data.db import Database
from core.data.vault import Vault
from core.evidence.evidence import Evidence, estimates_of
from core.journal import checkins, claims, feedback, goals, help_requests, reflections
from core.journal.checkins import CheckIn
from core.journal.claims import Claim
from core.journal.feedback import Feedback
from core.journal.goals import Goal, GoalStep
from core.journal.help_requests import HelpAnswer, HelpRequest
from core.journal.reflections import Reflection
from core.message import Message
from core.people.accounts import Account
from core.people.people import NAME, Person
from core.people.platforms import Platform, add_platform

P3, P5, SCIENCE = "math8-p3", "math8-p5", "science8"
ISSUER = "http://localhost:8000/practice"
ZONE = "America/Los_Angeles"


@dataclass(frozen=True)
class Laid:
    """A school that was laid and committed."""

    database: Database
    file: Path
    vault: Vault
    school: SampleSchool
    now: datetime
    told: list[tuple[str, int, int]]


def lay(folder: Path, now: datetime) -> Laid:
    database = Database(f"sqlite:///{folder / 'school.db'}")
    SQLModel.metadata.create_all(database.engine)
    vault = Vault(Database(f"sqlite:///{folder / 'vault.db'}"), [base64.urlsafe_b64encode(os.urandom(32)).decode()])
    vault.create_tables()
    told: list[tuple[str, int, int]] = []
    with database.session() as session:
        platform = practice_platform(session, now)
        school = lay_school(session, vault, platform, "demo-1", now=now, progress=lambda *part: told.append(part))
        session.commit()
    return Laid(database, folder / "school.db", vault, school, now, told)


def practice_platform(session: Session, now: datetime) -> Platform:
    addresses = {name: f"{ISSUER}/{name}" for name in ("auth_login_url", "auth_token_url", "key_set_url")}
    return add_platform(session, now=now, name="Practice LMS", issuer=ISSUER, client_id="paceline", **addresses)


def person_of(session: Session, subject: str) -> UUID:
    return session.scalars(select(col(Account.person_id)).where(col(Account.subject) == subject)).one()


def course(session: Session, laid: Laid, context: str) -> Course:
    found = session.get(Course, laid.school.course_ids[context])
    assert found is not None
    return found


def school_days(session: Session, laid: Laid) -> Calendar:
    return calendar_of(session, laid.school.tenant_id, laid.school.course_ids[P3])


def pupils_of(story: str) -> list[tuple[str, str]]:
    return [(context, one.subject) for context, told in content.people().students.items() for one in told.get(story, ())]


def work_of(session: Session, laid: Laid, context: str, subject: str) -> list[Evidence]:
    mine = (col(Evidence.course_id) == laid.school.course_ids[context], col(Evidence.person_id) == person_of(session, subject))
    return list(session.scalars(select(Evidence).where(*mine).order_by(col(Evidence.observed_at))))


def due_days(session: Session, laid: Laid) -> dict[UUID, date]:
    found = guide_of(session, laid.school.tenant_id, laid.school.course_ids[P3])
    return {target.competency_id: target.due_on for target in found if target.due_on}


def mastered(session: Session, laid: Laid, context: str, subject: str) -> set[UUID]:
    found = estimates_of(session, laid.school.tenant_id, laid.school.course_ids[context], person_of(session, subject))
    return {target for target, one in found.items() if one.value_bp >= 8000}


def heard_in(session: Session, vault: Vault) -> set[str]:
    """Every sealed text of the school, opened."""
    keys = vault.keys_of(session.scalars(select(col(Person.id))))
    by_goal = {goal.id: goal.person_id for goal in session.scalars(select(Goal))}
    by_request = {one.id: one.person_id for one in session.scalars(select(HelpRequest))}
    sealed: list[tuple[UUID, bytes | None, str]] = [(one.id, one.sealed_name, NAME) for one in session.scalars(select(Person))]
    for goal in session.scalars(select(Goal)):
        told = ((goal.sealed_words, goals.WORDS), (goal.sealed_plan, goals.PLAN), (goal.sealed_why, goals.WHY))
        sealed += [(goal.person_id, words, purpose) for words, purpose in told]
    sealed += [(by_goal[one.goal_id], one.sealed_words, goals.STEP) for one in session.scalars(select(GoalStep))]
    sealed += [(one.person_id, one.sealed_blocker, checkins.BLOCKER) for one in session.scalars(select(CheckIn))]
    sealed += [(one.person_id, one.sealed_words, reflections.WORDS) for one in session.scalars(select(Reflection))]
    sealed += [(one.person_id, one.sealed_words, help_requests.WORDS) for one in session.scalars(select(HelpRequest))]
    sealed += [(by_request[one.help_request_id], one.sealed_words, help_requests.ANSWER) for one in session.scalars(select(HelpAnswer))]
    sealed += [(one.person_id, one.sealed_words, claims.WORDS) for one in session.scalars(select(Claim))]
    sealed += [(one.person_id, one.sealed_words, feedback.WORDS) for one in session.scalars(select(Feedback))]
    sealed += [(one.person_id, one.sealed_words, safety.WORDS) for one in session.scalars(select(SafetyConcern))]
    sealed += [(one.person_id, one.sealed_words, lines.WORDS) for one in session.scalars(select(Heard))]
    return {keys[owner].open(words, purpose) for owner, words, purpose in sealed if words}


def conversation(session: Session, laid: Laid, subject: str) -> list[Line]:
    """Everything that somebody heard and was told, oldest first."""
    person_id = person_of(session, subject)
    return lines.lines_of(session, laid.vault.key_of(person_id), laid.school.tenant_id, person_id, most=200)


def said_to(session: Session, laid: Laid, subject: str) -> list[Message]:
    """Every message that somebody was told, oldest first."""
    return [message for line in conversation(session, laid, subject) for message in line.messages]


def phrases(told: Any) -> Iterator[str]:
    """Every text in a parsed file that has more than one word."""
    if isinstance(told, str):
        if " " in told:
            yield told
    elif isinstance(told, dict | list):
        for one in told.values() if isinstance(told, dict) else told:
            yield from phrases(one)


def summary(laid: Laid) -> dict[str, Any]:
    """What can be compared of two lays: counts of all tables, the work, and the words."""
    with laid.database.session(writes=False) as session:
        counts = {table.name: session.scalar(select(func.count()).select_from(table)) for table in SQLModel.metadata.sorted_tables}
        work = select(col(Evidence.observed_at), col(Evidence.score_bp), col(Evidence.source)).order_by(col(Evidence.id))
        return {"counts": counts, "work": session.execute(work).all(), "words": heard_in(session, laid.vault)}
