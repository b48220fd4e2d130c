"""Help requests: a student's words, verbatim, to a named adult; open, seen, answered, resolved, each pressed by a person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.people.people import Person

WORDS = "help_request.sealed_words"
ANSWER = "help_answer.sealed_words"


class Kind(StrEnum):
    """Academic help is read by the course's teachers; personal help by nobody but its addressee."""

    ACADEMIC = "academic"
    PERSONAL = "personal"


class HelpState(StrEnum):
    """Each step is pressed by a person and visible to the student."""

    OPEN = "open"
    SEEN = "seen"
    ANSWERED = "answered"
    RESOLVED = "resolved"


class HelpRequest(Table, table=True):
    """One call for help, sealed with the student's key."""

    __tablename__ = "help_request"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_help_request_student", "tenant_id", "person_id"),
        Index("ix_help_request_adult", "tenant_id", "to_person_id", "state"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("person", "to_person_id"),
        within_tenant("course", "course_id"),
        within_tenant("competency", "competency_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID
    to_person_id: UUID
    course_id: UUID
    competency_id: UUID | None = None
    kind: str
    state: str = HelpState.OPEN
    sealed_words: bytes
    asked_at: datetime = Field(sa_type=UTCDateTime)
    seen_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class HelpAnswer(Table, table=True):
    """An adult's words to the student, sealed with the student's key: they are the student's record too."""

    __tablename__ = "help_answer"
    __table_args__ = (
        within_tenant("help_request", "help_request_id", on_delete="CASCADE"),
        within_tenant("person", "answered_by"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    help_request_id: UUID = Field(index=True)
    answered_by: UUID
    sealed_words: bytes
    answered_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True)
class OwnRequest:
    """A help request as its student's page shows it; words are still sealed with the student's key, the name with the adult's."""

    request_id: UUID
    course_id: UUID
    state: HelpState
    asked_at: datetime
    sealed_words: bytes
    to_person_id: UUID
    to_pseudonym: str
    to_sealed_name: bytes | None
    sealed_answer: bytes | None


def own_requests(session: Session, tenant_id: UUID, person_id: UUID, most: int) -> list[OwnRequest]:
    """The newest help requests of a student, newest first, each with its latest answer, in one statement."""
    answer = (
        select(col(HelpAnswer.sealed_words))
        .where(col(HelpAnswer.help_request_id) == col(HelpRequest.id))
        .order_by(col(HelpAnswer.answered_at).desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            col(HelpRequest.id),
            col(HelpRequest.course_id),
            col(HelpRequest.state),
            col(HelpRequest.asked_at),
            col(HelpRequest.sealed_words),
            col(HelpRequest.to_person_id),
            col(Person.pseudonym),
            col(Person.sealed_name),
            answer,
        )
        .join(Person, col(Person.id) == col(HelpRequest.to_person_id))
        .where(col(HelpRequest.tenant_id) == tenant_id, col(HelpRequest.person_id) == person_id)
        .order_by(col(HelpRequest.asked_at).desc())
        .limit(most)
    )
    found = session.execute(query)
    return [OwnRequest(key, course_id, HelpState(state), *rest) for key, course_id, state, *rest in found]


def count_waiting(session: Session, tenant_id: UUID, course_id: UUID, person_ids: Collection[UUID], *, reader: UUID) -> dict[UUID, int]:
    """How many requests of each of some students in a course wait for an answer, in one statement; who has none is absent.

    Personal requests count only for `reader` to whom they were sent: nobody else may know that they exist.
    """
    query = (
        select(col(HelpRequest.person_id), func.count())
        .where(
            col(HelpRequest.tenant_id) == tenant_id,
            col(HelpRequest.course_id) == course_id,
            col(HelpRequest.person_id).in_(person_ids),
            col(HelpRequest.state).in_((HelpState.OPEN, HelpState.SEEN)),
            (col(HelpRequest.kind) == Kind.ACADEMIC) | (col(HelpRequest.to_person_id) == reader),
        )
        .group_by(col(HelpRequest.person_id))
    )
    return dict(session.execute(query).all())
