"""Feedback: what a person says about Paceline itself. It reaches a list that the school's admins read and answer.

The words are sealed with their author's key, and so is the answer. Each read by an admin is audited.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.courses.courses import Course
from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.data.vault import DataKey, Vault
from core.errors import CoreError, NotFound
from core.journal.notices import Notice, promise_notice
from core.journal.words import check_words, seal_words
from core.people.audit import Reader, audit_reads
from core.people.roles import SchoolRole, roles_of

WORDS = "feedback.sealed_words"
ANSWER = "feedback.sealed_answer"
RECORD = "feedback"


class Feedback(Table, table=True):
    """What one person said, in which course if in any, and the answer if there is one."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_feedback_open", "tenant_id", "answered_at", "given_at"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("course", "course_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID = Field(index=True)
    course_id: UUID | None = None
    sealed_words: bytes
    given_at: datetime = Field(sa_type=UTCDateTime)
    answered_by: UUID | None = None
    sealed_answer: bytes | None = None
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class FeedbackAnswered(CoreError):
    """Somebody answered it before."""

    code = "feedback.answered"


@dataclass(frozen=True)
class Given:
    """What its author said and, if anybody did, what was answered, as the author reads it."""

    feedback_id: UUID
    words: str
    given_at: datetime
    answer: str | None
    answered_by: UUID | None
    answered_at: datetime | None


@dataclass(frozen=True)
class Open:
    """What waits for an answer, as an admin reads it: the words, when, and in which course; not by whom."""

    feedback_id: UUID
    words: str
    course: str | None
    given_at: datetime


def give_feedback(
    session: Session, key: DataKey, tenant_id: UUID, person_id: UUID, words: str, *, course_id: UUID | None = None, now: datetime
) -> Feedback:
    """Keep what a person says about Paceline. The admins of the school read it.

    Args:
        key: the person's own.
        course_id: where they were; one of this school.

    Raises:
        WordsMissing, WordsTooLong: the words cannot be kept.
    """
    sealed = seal_words(key, words, WORDS)
    made = Feedback(tenant_id=tenant_id, person_id=person_id, course_id=course_id, sealed_words=sealed, given_at=now)
    session.add(made)
    session.flush()
    return made


def take_back_feedback(session: Session, tenant_id: UUID, person_id: UUID, feedback_id: UUID) -> None:
    """Delete what one said, as long as nobody answered it.

    Raises:
        NotFound: no such feedback, or somebody else's.
        FeedbackAnswered: it has its answer.
    """
    found = _locked(session, tenant_id, feedback_id)
    if found.person_id != person_id:
        raise NotFound(what="feedback")
    if found.answered_at:
        raise FeedbackAnswered
    session.delete(found)
    session.flush()


def own_feedback(session: Session, key: DataKey, tenant_id: UUID, person_id: UUID, most: int) -> list[Given]:
    """What a person said, newest first, with the answers."""
    query = select(Feedback).where(col(Feedback.tenant_id) == tenant_id, col(Feedback.person_id) == person_id)
    return [_given(one, key) for one in session.scalars(query.order_by(col(Feedback.given_at).desc(), col(Feedback.id).desc()).limit(most))]


def find_feedback(session: Session, key: DataKey, tenant_id: UUID, person_id: UUID, feedback_id: UUID) -> Given:
    """One thing that a person said, with its answer if there is one.

    Raises:
        NotFound: no such feedback, or somebody else's.
    """
    query = select(Feedback).where(
        col(Feedback.tenant_id) == tenant_id, col(Feedback.person_id) == person_id, col(Feedback.id) == feedback_id
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(what="feedback")
    return _given(found, key)


def count_open_feedback(session: Session, tenant_id: UUID) -> int:
    """How much waits for an answer in a school."""
    query = select(func.count()).where(col(Feedback.tenant_id) == tenant_id, col(Feedback.answered_at).is_(None))
    waiting: int = session.execute(query).scalar_one()
    return waiting


def open_feedback(session: Session, vault: Vault, reader: Reader, most: int = 50, *, channel: str = "web", now: datetime) -> list[Open]:
    """What waits for an answer, oldest first. Each read is audited in the same transaction, and fails without that.

    Raises:
        NotFound: the reader does not administer this school.
    """
    _demand_admin(session, reader)
    waiting = _waiting(session, reader.tenant_id, most)
    keys = vault.keys_of({one.person_id for one, _ in waiting})
    readable = [(one, course, keys[one.person_id]) for one, course in waiting if one.person_id in keys]
    audit_reads(session, reader, RECORD, [(one.person_id, one.id) for one, _, _ in readable], why="answering", channel=channel, now=now)
    return [Open(one.id, key.open(one.sealed_words, WORDS), course, one.given_at) for one, course, key in readable]


def answer_feedback(session: Session, vault: Vault, reader: Reader, feedback_id: UUID, words: str, *, now: datetime) -> Feedback:
    """Answer what somebody said, once; they are told.

    Raises:
        NotFound: the reader does not administer this school, or it has no such feedback.
        FeedbackAnswered: somebody was faster.
        WordsMissing, WordsTooLong: the answer cannot be kept.
        KeyDestroyed: the author was erased.
    """
    _demand_admin(session, reader)
    kept = check_words(words)
    found = _locked(session, reader.tenant_id, feedback_id)
    if found.answered_at:
        raise FeedbackAnswered
    found.sealed_answer = vault.key_of(found.person_id).seal(kept, ANSWER)
    found.answered_by, found.answered_at = reader.person_id, now
    session.add(found)
    session.flush()
    about = {"feedback": found.id}
    promise_notice(session, Notice.FEEDBACK_ANSWERED, found.person_id, about, tenant_id=found.tenant_id, once=found.id, due_at=now)
    return found


def _waiting(session: Session, tenant_id: UUID, most: int) -> Sequence[tuple[Feedback, str | None]]:
    query = (
        select(Feedback, col(Course.title))
        .outerjoin(Course, col(Course.id) == col(Feedback.course_id))
        .where(col(Feedback.tenant_id) == tenant_id, col(Feedback.answered_at).is_(None))
        .order_by(col(Feedback.given_at), col(Feedback.id))
        .limit(most)
    )
    return [(one, course) for one, course in session.execute(query)]


def _demand_admin(session: Session, reader: Reader) -> None:
    if SchoolRole.TENANT_ADMIN not in roles_of(session, reader.tenant_id, reader.person_id):
        raise NotFound(what="feedback")


def _locked(session: Session, tenant_id: UUID, feedback_id: UUID) -> Feedback:
    query = select(Feedback).where(col(Feedback.tenant_id) == tenant_id, col(Feedback.id) == feedback_id)
    found = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(what="feedback")
    return found


def _given(one: Feedback, key: DataKey) -> Given:
    answer = key.open(one.sealed_answer, ANSWER) if one.sealed_answer else None
    return Given(one.id, key.open(one.sealed_words, WORDS), one.given_at, answer, one.answered_by, one.answered_at)
