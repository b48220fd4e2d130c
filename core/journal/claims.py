"""Claims: "I finished it", said by a student about work that no program saw. A claim counts once a teacher confirms it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, select, text
from sqlmodel import Field, Session, UTCDateTime, col

from core.courses.competencies import find_competency
from core.courses.courses import find_course
from core.data.db import Table, insert_into, within_tenant
from core.data.ids import new_id
from core.data.vault import Vault
from core.errors import CoreError, NotFound
from core.evidence.evidence import Observation, Source, record_evidence
from core.journal.adults import teachers_of, teaches
from core.journal.checkins import Confidence
from core.journal.events import EventKind, promise_event
from core.journal.goal_ends import advance_with_evidence
from core.journal.goals import own_goal
from core.journal.links import check_link
from core.journal.notices import Notice, To, promise_notice, promise_notices
from core.journal.student import Student
from core.journal.words import seal_words
from core.people.audit import Reader, audit_reads

WORDS, LINK, REASON = "claim.sealed_words", "claim.sealed_link", "claim.sealed_reason"
RECORD = "claim"
FULL = 10_000
_ONE_OPEN = text("state = 'open'")


class ClaimState(StrEnum):
    """A claim waits for a teacher, and is then confirmed or declined, unless its student takes it back."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"


class Claim(Table, table=True):
    """One claim on one competency; a student has one open at a time. Words, link and the teacher's reason are sealed."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_claim_course", "tenant_id", "course_id", "state"),
        Index(
            "uq_claim_one_open", "course_id", "person_id", "competency_id", unique=True, sqlite_where=_ONE_OPEN, postgresql_where=_ONE_OPEN
        ),
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("course", "course_id"),
        within_tenant("competency", "competency_id"),
        within_tenant("goal", "goal_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID
    course_id: UUID
    competency_id: UUID
    goal_id: UUID | None = None
    state: str = ClaimState.OPEN
    confidence: str | None = None
    sealed_words: bytes | None = None
    sealed_link: bytes | None = None
    sealed_reason: bytes | None = None
    claimed_at: datetime = Field(sa_type=UTCDateTime)
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ClaimDecided(CoreError):
    """The claim was confirmed, declined or taken back already."""

    code = "claim.decided"


def claim(
    session: Session,
    student: Student,
    competency_id: UUID,
    *,
    words: str | None = None,
    link: str | None = None,
    confidence: Confidence | None = None,
    goal_id: UUID | None = None,
    now: datetime,
) -> Claim:
    """Say "I finished it". While a claim on this competency waits, saying it again adds to that one.

    Args:
        link: where the work can be seen, https only.

    Raises:
        NotFound: no such competency in this school, or the goal is not the student's.
        LinkUnusable: not a plain https address.
        WordsMissing, WordsTooLong: the words cannot be kept.
    """
    find_competency(session, student.tenant_id, competency_id)
    if goal_id:
        own_goal(session, student.tenant_id, student.person_id, goal_id)
    told = {
        "sealed_words": seal_words(student.key, words, WORDS) if words else None,
        "sealed_link": student.key.seal(check_link(link), LINK) if link else None,
        "confidence": confidence,
        "goal_id": goal_id,
    }
    said: dict[str, Any] = {column: value for column, value in told.items() if value is not None}
    keys = {"course_id": student.course.id, "person_id": student.person_id, "competency_id": competency_id}
    row = {"id": new_id(), "tenant_id": student.tenant_id, **keys, "claimed_at": now, "state": ClaimState.OPEN}
    insert = insert_into(session, Claim).values(**row, **said)
    added = insert.on_conflict_do_update(index_elements=list(keys), index_where=_ONE_OPEN, set_=said or {"state": ClaimState.OPEN})
    claim_id = session.execute(added.returning(col(Claim.id))).scalar_one()
    made = session.get_one(Claim, claim_id, populate_existing=True)
    _promise(session, EventKind.MASTERY_SELF_ASSESSED, made, f"{made.id}:{confidence or 'finished'}", now)
    teachers = [To(one, {"claim": made.id}, made.id) for one in teachers_of(session, made.tenant_id, made.course_id)]
    promise_notices(session, Notice.CLAIM_MADE, teachers, tenant_id=made.tenant_id, due_at=now)
    return made


def take_back_claim(session: Session, tenant_id: UUID, person_id: UUID, claim_id: UUID, *, now: datetime) -> Claim:
    """Take back, as its student, a claim that waits.

    Raises:
        NotFound: no such claim, or somebody else's.
        ClaimDecided: it does not wait any more.
    """
    query = select(Claim).where(col(Claim.tenant_id) == tenant_id, col(Claim.person_id) == person_id, col(Claim.id) == claim_id)
    found = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    return _decide(session, found, ClaimState.TAKEN_BACK, by=person_id, now=now)


def confirm(session: Session, teacher: Reader, claim_id: UUID, *, score_bp: int = FULL, now: datetime) -> Claim:
    """Confirm a claim: it becomes evidence, asserted by the teacher, and may reach the student's goal.

    Args:
        score_bp: how well, in basis points; full marks unless the teacher says otherwise.

    Raises:
        NotFound: no such claim in a course that the teacher teaches.
        ClaimDecided: it does not wait any more.
        ScoreOutOfRange: not within 0 to 10,000; nothing is changed.
    """
    found = _for_teacher(session, teacher, claim_id)
    course = find_course(session, teacher.tenant_id, found.course_id)
    told = Observation(
        person_id=found.person_id,
        competency_id=found.competency_id,
        score_bp=score_bp,
        observed_at=now,
        source=Source.TEACHER,
        asserted_by=teacher.person_id,
        once_key=f"claim:{found.id}",
    )
    if found.state == ClaimState.OPEN:
        record_evidence(session, course, told, now=now)
    _decide(session, found, ClaimState.CONFIRMED, by=teacher.person_id, now=now)
    _promise(session, EventKind.MASTERY_ASSERTED, found, found.id, now)
    advance_with_evidence(session, course, told, now=now)
    _tell_decided(session, found, now)
    return found


def decline_claim(session: Session, vault: Vault, teacher: Reader, claim_id: UUID, reason: str, *, now: datetime) -> Claim:
    """Decline a claim, with a reason that its student reads: what is missing yet.

    Raises:
        NotFound: no such claim in a course that the teacher teaches.
        ClaimDecided: it does not wait any more.
        WordsMissing, WordsTooLong: the reason cannot be kept.
        KeyDestroyed: the student was erased.
    """
    found = _for_teacher(session, teacher, claim_id)
    sealed = seal_words(vault.key_of(found.person_id), reason, REASON)
    _decide(session, found, ClaimState.DECLINED, by=teacher.person_id, now=now)
    found.sealed_reason = sealed
    _tell_decided(session, found, now)
    return found


def waiting_claims(session: Session, teacher: Reader, course_id: UUID | None = None) -> list[Claim]:
    """The claims that wait for a teacher, oldest first, of one course or of all that they teach. Words are read apart, and audited."""
    query = select(Claim).where(*waits_for(teacher))
    if course_id:
        query = query.where(col(Claim.course_id) == course_id)
    return list(session.scalars(query.order_by(col(Claim.claimed_at), col(Claim.id))))


def own_claims(session: Session, tenant_id: UUID, person_id: UUID, most: int) -> list[Claim]:
    """A student's claims over all courses, newest first."""
    query = select(Claim).where(col(Claim.tenant_id) == tenant_id, col(Claim.person_id) == person_id)
    return list(session.scalars(query.order_by(col(Claim.claimed_at).desc(), col(Claim.id).desc()).limit(most)))


def read_claim(
    session: Session, vault: Vault, teacher: Reader, claim_id: UUID, *, why: str, channel: str = "web", now: datetime
) -> tuple[str | None, str | None]:
    """Open the words and the link of a claim for a teacher. The read is audited in the same transaction, and fails without.

    Raises:
        NotFound: no such claim in a course that the teacher teaches.
        KeyDestroyed: the student was erased.
    """
    found = _for_teacher(session, teacher, claim_id)
    audit_reads(session, teacher, RECORD, [(found.person_id, found.id)], why=why, channel=channel, now=now)
    key = vault.key_of(found.person_id)
    words = key.open(found.sealed_words, WORDS) if found.sealed_words else None
    return words, key.open(found.sealed_link, LINK) if found.sealed_link else None


def waits_for(teacher: Reader) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a claim waits for a teacher."""
    return (col(Claim.tenant_id) == teacher.tenant_id, col(Claim.state) == ClaimState.OPEN, teaches(teacher, col(Claim.course_id)))


def _tell_decided(session: Session, found: Claim, now: datetime) -> None:
    about = {"claim": found.id}
    promise_notice(session, Notice.CLAIM_DECIDED, found.person_id, about, tenant_id=found.tenant_id, once=found.id, due_at=now)


def _for_teacher(session: Session, teacher: Reader, claim_id: UUID) -> Claim:
    query = select(Claim).where(
        col(Claim.tenant_id) == teacher.tenant_id, col(Claim.id) == claim_id, teaches(teacher, col(Claim.course_id))
    )
    found = session.scalars(query.with_for_update(of=Claim).execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(what="claim")
    return found


def _decide(session: Session, found: Claim | None, state: ClaimState, *, by: UUID, now: datetime) -> Claim:
    if found is None:
        raise NotFound(what="claim")
    if found.state != ClaimState.OPEN:
        raise ClaimDecided
    found.state, found.decided_by, found.decided_at = state, by, now
    session.add(found)
    session.flush()
    return found


def _promise(session: Session, kind: EventKind, found: Claim, once: object, now: datetime) -> None:
    about = {"tenant_id": found.tenant_id, "person_id": found.person_id, "course_id": found.course_id}
    promise_event(session, kind, {"claim": found.id, "competency": found.competency_id}, **about, once=once, now=now)
