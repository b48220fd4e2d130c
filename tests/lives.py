"""A student's life in Paceline, made with the real verbs: one of every record that is kept about a student, and more."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from bot import lines
from core.care import contacts, safety
from core.data import outbox
from core.data.ids import new_id
from core.data.outbox import OutboxEntry
from core.data.vault import Vault
from core.evidence.evidence import Observation, Source, record_evidence
from core.journal import (
    checkins,
    claims,
    feedback,
    goal_setting,
    handovers,
    help_answers,
    help_requests,
    prompts,
    reflections,
    stuck,
    suggestions,
)
from core.journal.checkins import Blocker, Confidence, Progress
from core.journal.goal_setting import Details
from core.journal.help_requests import Kind
from core.journal.prompts import Phase
from core.journal.student import Student, student_of
from core.message import Message
from core.people import addresses, preferences, roles
from core.people.access import Role
from core.people.accounts import LTI, Account
from core.people.people import Person, add_person
from core.people.preferences import Topic
from core.people.releases import log_release
from core.people.roles import SchoolRole
from core.people.viewers import open_viewer
from tests.people_made import School


@dataclass(frozen=True)
class Adult:
    """Somebody who reads and answers, as a door speaks for them."""

    tenant_id: UUID
    person_id: UUID
    role: Role


@dataclass(frozen=True)
class Staff:
    """Whom a student meets: a teacher, and an advisor who is the school's safety contact and admin too."""

    teacher: Adult
    advisor: Adult


@dataclass(frozen=True)
class Life:
    """What one student said, and what adults said to them: all of it sealed with the student's key."""

    person_id: UUID
    words: tuple[str, ...]


def hire(session: Session, vault: Vault, school: School, *, now: datetime) -> Staff:
    """Name Ms Okafor advisor, safety contact and admin, beside the school's teacher."""
    person = add_person(session, vault, school.tenant.id, "Ms Okafor", now=now)
    for role in SchoolRole:
        roles.grant(session, school.tenant.id, person.id, role, by=None, now=now)
    teacher = Adult(school.tenant.id, school.teacher.id, Role.TEACHER)
    return Staff(teacher, Adult(school.tenant.id, person.id, Role.ADVISOR))


def live(session: Session, vault: Vault, school: School, person: Person, staff: Staff, *, now: datetime) -> Life:
    """Let a student do one of everything. Each text begins with their name, so that it can be told from another's."""
    student = student_of(session, vault, school.tenant.id, person.id, school.course.id)
    told = _Told(person.pseudonym)
    _come_in(session, school, person, now)
    _aim(session, vault, student, school, staff, told, now)
    _check_in(session, vault, student, staff, told, now)
    _ask(session, vault, student, school, staff, told, now)
    _talk(session, vault, student, staff, told, now)
    _choose(session, vault, student, staff, told, now)
    _leave(session, student, now)
    session.flush()
    return Life(person.id, tuple(told.words))


class _Told:
    """The words so far; calling it makes another text that nobody else has."""

    def __init__(self, whose: str) -> None:
        self.words: list[str] = []
        self._whose = whose

    def __call__(self, what: str) -> str:
        self.words.append(f"{self._whose}: {what} – ‘ñ’ & <b>")
        return self.words[-1]


def _come_in(session: Session, school: School, person: Person, now: datetime) -> None:
    about: dict[str, Any] = {"tenant_id": school.tenant.id, "person_id": person.id}
    subject = f"lms-{person.pseudonym}"
    session.add(Account(**about, channel=LTI, realm=school.platform.id.hex, subject=subject, created_at=now))
    open_viewer(session, **about, course_id=school.course.id, role=Role.STUDENT, platform_id=school.platform.id, now=now)


def _aim(session: Session, vault: Vault, student: Student, school: School, staff: Staff, say: _Told, now: datetime) -> None:
    day, competency_id = student.today(now) + timedelta(days=10), school.competency.id
    details = Details(words=say("my goal"), plan=say("my plan"), why=say("my why"), steps=[say("step one"), say("step two")])
    goal = goal_setting.set_goal(session, student, day, competency_id=competency_id, details=details, now=now)
    goal_setting.change_goal(session, student, goal.id, target_on=day + timedelta(days=7), details=Details(plan=say("new plan")), now=now)
    larger = goal_setting.set_goal(session, student, day, details=Details(words=say("larger goal")), now=now)
    goal_setting.change_goal(session, student, goal.id, details=Details(parent_id=larger.id), now=now)
    suggestions.comment(session, vault, staff.teacher, goal.id, say("a teacher's comment"), now=now)
    told: dict[str, Any] = {"words": say("finished"), "link": f"https://work.example/{student.person_id}", "confidence": Confidence.OK}
    claim = claims.claim(session, student, competency_id, goal_id=goal.id, now=now, **told)
    claims.decline_claim(session, vault, staff.teacher, claim.id, say("a teacher's reason"), now=now)
    seen: dict[str, Any] = {"competency_id": competency_id, "score_bp": 7000, "observed_at": now, "source": Source.TEACHER}
    record_evidence(session, student.course, Observation(person_id=student.person_id, asserted_by=staff.teacher.person_id, **seen), now=now)


def _check_in(session: Session, vault: Vault, student: Student, staff: Staff, say: _Told, now: datetime) -> None:
    told = Progress(
        steps_done=1,
        steps_planned=2,
        blocker=Blocker.NOT_UNDERSTOOD,
        blocker_words=say("in the way"),
        confidence=Confidence.SHAKY,
    )
    checkins.record_check_in(session, student, told, now=now)
    checkins.say_mood(session, student.tenant_id, student.person_id, 4, zone=student.zone, now=now)
    asked = prompts.ask_prompt(session, student.tenant_id, student.person_id, Phase.FORETHOUGHT, seed=1, now=now)
    assert asked is not None
    readers = [staff.teacher.person_id]
    reflection = reflections.write_reflection(session, student, asked.key, say("a reflection"), readers=readers, now=now)
    reflections.read_reflection(session, vault, staff.teacher, reflection.id, why="inbox", now=now)
    reflections.reply(session, vault, staff.teacher, reflection.id, say("a teacher's reply"), now=now)
    stuck.say_if_strategy_helped(session, student, "draw_it", True, now=now)


def _ask(session: Session, vault: Vault, student: Student, school: School, staff: Staff, say: _Told, now: datetime) -> None:
    to, about = staff.teacher.person_id, school.competency.id
    request = help_requests.ask(session, student, to, Kind.ACADEMIC, say("help me"), competency_id=about, now=now)
    help_answers.answer(session, vault, staff.teacher, [request.id], say("a teacher's answer"), now=now)
    personal = help_requests.ask(session, student, to, Kind.PERSONAL, say("it is personal"), now=now)
    handovers.pass_on(session, staff.teacher, personal.id, staff.advisor.person_id, now=now)
    about_harm: dict[str, Any] = {"tier": "acute", "reason": "self_harm", "rule": "en.test", "channel": "web", "zone": student.zone}
    who: dict[str, Any] = {"tenant_id": student.tenant_id, "person_id": student.person_id}
    concern = safety.raise_concern(session, student.key, words=say("something acute"), now=now, **who, **about_harm)
    contacts.close(session, staff.advisor, concern.id, safety.Outcome.TALKED, now=now)


def _talk(session: Session, vault: Vault, student: Student, staff: Staff, say: _Told, now: datetime) -> None:
    who = (student.tenant_id, student.person_id)
    lines.lock_state(session, *who, now=now)
    lines.keep_state(session, student.key, student.person_id, {"draft": say("a draft")}, now=now)
    heard_id = lines.hear(session, student.key, *who, "web", f"event-{student.person_id}", say("hello"), now=now)
    lines.hear(session, student.key, *who, "web", f"later-{student.person_id}", say("and now"), waits='{"seed": {}}', now=now)
    answer = [Message(text="Hi.", quote=say("quoted back"))]
    lines.say(session, student.key, *who, answer, heard_id=heard_id, now=now)
    given = feedback.give_feedback(session, student.key, *who, say("I like it"), course_id=student.course.id, now=now)
    feedback.answer_feedback(session, vault, staff.advisor, given.id, say("an admin's thanks"), now=now)


def _choose(session: Session, vault: Vault, student: Student, staff: Staff, say: _Told, now: datetime) -> None:
    who = (student.tenant_id, student.person_id)
    preferences.set_quiet_hours(session, *who, time(20), time(7, 30), now=now)
    preferences.mute_topic(session, *who, Topic.GOALS, now=now)
    address = f"{student.person_id.hex}@home.example"
    code = addresses.enter_address(session, student.key, *who, address, now=now)
    addresses.confirm_address(session, *who, code, now=now)
    say.words.append(address)


def _leave(session: Session, student: Student, now: datetime) -> None:
    """One event has left for the gradebook, and another is on its way there."""
    kept, going = f"gradebook:check_in.made:{new_id()}", f"gradebook:check_in.made:{new_id()}"
    log_release(session, student.tenant_id, student.person_id, "gradebook", "check_in.made", kept, now=now)
    payload = {"course": str(student.course.id), "at": now.isoformat()}
    about: dict[str, Any] = {"tenant_id": student.tenant_id, "subject_id": student.person_id, "payload": payload}
    outbox.promise(session, "check_in.made", "gradebook", once_key=going, due_at=now, **about)
    session.execute(update(OutboxEntry).where(col(OutboxEntry.once_key) == going).values(attempts=1))
