"""Help requests: a student's words, verbatim, to a named adult; open, seen, answered, resolved, each pressed by a person.

Here are the tables, the student's own verbs and what pages read; `help_answers.py` is the adult's side, `handovers.py`
passes a request on, and `absences.py` says who answers while an adult is away.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.courses.competencies import find_competency
from core.courses.courses import zone_of
from core.data import outbox
from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.errors import CoreError, NotFound
from core.journal.absences import absence_of
from core.journal.adults import NotTheirAdult, demand_adults, teachers_of
from core.journal.digests import next_digest
from core.journal.events import EventKind, event
from core.journal.notices import Notice, To, notice_to, promise_notice
from core.journal.student import Student
from core.journal.words import seal_words
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


WAITING = (HelpState.OPEN, HelpState.SEEN)
"""No adult has answered yet."""


class Helped(StrEnum):
    """Did it help? After *not yet* the request is open again."""

    YES = "yes"
    SOME = "some"
    NOT_YET = "not_yet"


class AnswerForm(StrEnum):
    """An answer in words, or a time and place to meet, in words too."""

    WORDS = "words"
    MEETING = "meeting"


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
    resolved_by: UUID | None = None
    helped: str | None = None


class HelpAnswer(Table, table=True):
    """An adult's words to the student, sealed with the student's key: they are the student's record too.

    `fits` is what the student said to a meeting: yes, or another time; None until they said something.
    """

    __tablename__ = "help_answer"
    __table_args__ = (
        within_tenant("help_request", "help_request_id", on_delete="CASCADE"),
        within_tenant("person", "answered_by"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    help_request_id: UUID = Field(index=True)
    answered_by: UUID
    form: str = Field(default=AnswerForm.WORDS, sa_column_kwargs={"server_default": AnswerForm.WORDS.value})
    sealed_words: bytes
    answered_at: datetime = Field(sa_type=UTCDateTime)
    fits: bool | None = None


class HelpResolved(CoreError):
    """The request is resolved; it can be opened again."""

    code = "help.resolved"


class HelpNotAnswered(CoreError):
    """A request that still waits for an answer need not be opened again."""

    code = "help.not_answered"


class HelpSeen(CoreError):
    """An adult has seen the request: it cannot be taken back any more, but it can be resolved."""

    code = "help.seen"


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


def ask(
    session: Session, student: Student, to_person_id: UUID, kind: Kind, words: str, *, competency_id: UUID | None = None, now: datetime
) -> HelpRequest:
    """Send a call for help, in the student's own words, to a named adult.

    Args:
        to_person_id: for academic help a teacher of the course; for personal help anybody who teaches or advises them.
        competency_id: what it is about, if that is known.

    Raises:
        NotTheirAdult: the adult is not one of those.
        NotFound: no such competency in this school.
        WordsMissing, WordsTooLong: the words cannot be kept.
    """
    if kind is Kind.PERSONAL:
        demand_adults(session, student.tenant_id, student.person_id, [to_person_id])
    elif to_person_id not in teachers_of(session, student.tenant_id, student.course.id):
        raise NotTheirAdult
    if competency_id:
        find_competency(session, student.tenant_id, competency_id)
    made = HelpRequest(
        tenant_id=student.tenant_id,
        person_id=student.person_id,
        to_person_id=to_person_id,
        course_id=student.course.id,
        competency_id=competency_id,
        kind=kind,
        sealed_words=seal_words(student.key, words, WORDS),
        asked_at=now,
    )
    session.add(made)
    session.flush()
    about, adult = {"help_request": made.id}, _who_answers(session, student, made, now) or to_person_id
    due_at = _due(session, made, now, student.zone)
    promises = [notice_to(Notice.HELP_ASKED, To(adult, about, made.id), tenant_id=made.tenant_id, due_at=due_at)]
    if kind is Kind.ACADEMIC:
        promises.append(event(EventKind.HELP_REQUESTED, about, **_ids(made), once=made.id, now=now))
    outbox.promise_all(session, promises)
    return made


def take_back(session: Session, tenant_id: UUID, person_id: UUID, request_id: UUID, *, now: datetime) -> None:
    """Unsend a request that waits unseen and was never answered, as if it had not been sent.

    Raises:
        NotFound: no such request, or somebody else's.
        HelpSeen: an adult has seen or answered it.
    """
    request = own_request(session, tenant_id, person_id, request_id)
    if request.state != HelpState.OPEN or answers_to(session, tenant_id, person_id, request_id):
        raise HelpSeen
    promise_help(session, EventKind.HELP_WITHDRAWN, (request, request.id), now=now)
    session.delete(request)
    session.flush()


def resolve(session: Session, tenant_id: UUID, person_id: UUID, request_id: UUID, helped: Helped, *, now: datetime) -> HelpRequest:
    """Say, as its student, whether it helped. *Yes* and *some* resolve it, answered or not; *not yet* opens it again.

    Raises:
        NotFound: no such request, or somebody else's.
        HelpResolved: it is resolved already.
    """
    request = own_request(session, tenant_id, person_id, request_id)
    waited = request.state in WAITING
    close(session, request, helped, by=person_id, now=now)
    if request.state in WAITING and not waited:
        tell_adult(session, request, f"{request.id}:{now.isoformat()}", due_at=_due(session, request, now))
    return request


def reopen(session: Session, tenant_id: UUID, person_id: UUID, request_id: UUID, *, now: datetime) -> HelpRequest:
    """Open a request again that was answered or resolved: it waits for the same adult as before.

    Raises:
        NotFound: no such request, or somebody else's.
        HelpNotAnswered: it waits anyway.
    """
    request = own_request(session, tenant_id, person_id, request_id)
    if request.state in WAITING:
        raise HelpNotAnswered
    wait_again(session, request, now=now)
    tell_adult(session, request, f"{request.id}:{now.isoformat()}", due_at=_due(session, request, now))
    return request


def say_if_it_fits(session: Session, tenant_id: UUID, person_id: UUID, answer_id: UUID, fits: bool, *, now: datetime) -> HelpAnswer:
    """Say, as its student, whether a proposed meeting fits, or another time is needed. The adult who proposed it is told.

    Raises:
        NotFound: no such answer to a request of this student, or it proposes no meeting.
    """
    query = (
        select(HelpAnswer)
        .join(HelpRequest, col(HelpRequest.id) == col(HelpAnswer.help_request_id))
        .where(
            col(HelpAnswer.tenant_id) == tenant_id,
            col(HelpAnswer.id) == answer_id,
            col(HelpAnswer.form) == AnswerForm.MEETING,
            col(HelpRequest.person_id) == person_id,
        )
    )
    answer = session.scalars(query).one_or_none()
    if answer is None:
        raise NotFound(what="answer")
    if answer.fits is not fits:
        answer.fits = fits
        session.add(answer)
        once = f"{answer.id}:{now.isoformat()}"
        about = {"help_answer": answer.id}
        promise_notice(session, Notice.MEETING_ANSWERED, answer.answered_by, about, tenant_id=tenant_id, once=once, due_at=now)
    return answer


def own_request(session: Session, tenant_id: UUID, person_id: UUID, request_id: UUID) -> HelpRequest:
    """A student's request, locked until the transaction ends.

    Raises:
        NotFound: no such request, or somebody else's.
    """
    query = select(HelpRequest).where(
        col(HelpRequest.tenant_id) == tenant_id, col(HelpRequest.person_id) == person_id, col(HelpRequest.id) == request_id
    )
    request = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if request is None:
        raise NotFound(what="help_request")
    return request


def close(session: Session, request: HelpRequest, helped: Helped, *, by: UUID, now: datetime) -> None:
    """Write down whether it helped, by whichever of the two said so.

    Raises:
        HelpResolved: it is resolved already.
    """
    if request.state == HelpState.RESOLVED:
        raise HelpResolved
    request.helped = helped
    if helped is Helped.NOT_YET:
        wait_again(session, request, now=now)
        return
    request.state, request.resolved_at, request.resolved_by = HelpState.RESOLVED, now, by
    session.add(request)
    promise_help(session, EventKind.HELP_RESOLVED, (request, f"{request.id}:{now.isoformat()}"), now=now)


def wait_again(session: Session, request: HelpRequest, *, now: datetime) -> None:
    """Put a request back to where it was when it was sent; its answers stay. One that waits anyway is left as it is."""
    if request.state in WAITING:
        return
    request.state, request.seen_at, request.answered_at, request.resolved_at, request.resolved_by = HelpState.OPEN, None, None, None, None
    session.add(request)
    promise_help(session, EventKind.HELP_REOPENED, (request, f"{request.id}:{now.isoformat()}"), now=now)


def promise_help(session: Session, kind: EventKind, *requests: tuple[HelpRequest, object], now: datetime) -> None:
    """Promise an event about academic requests, each with what makes it this event. Of a personal one no receiver is told."""
    academic = [(one, once) for one, once in requests if one.kind == Kind.ACADEMIC]
    outbox.promise_all(session, [event(kind, {"help_request": one.id}, **_ids(one), once=once, now=now) for one, once in academic])


def tell_adult(session: Session, request: HelpRequest, once: object, *, to: UUID | None = None, due_at: datetime) -> None:
    """Promise to tell the adult whom a request waits for that it does, or `to` in their place."""
    about = {"help_request": request.id}
    promise_notice(session, Notice.HELP_ASKED, to or request.to_person_id, about, tenant_id=request.tenant_id, once=once, due_at=due_at)


def _due(session: Session, request: HelpRequest, now: datetime, zone: str | None = None) -> datetime:
    """When an adult is told: of schoolwork at the next digest, of anything personal at once."""
    if request.kind == Kind.PERSONAL:
        return now
    return next_digest(now, zone or zone_of(session, request.tenant_id, request.course_id))


def _ids(request: HelpRequest) -> dict[str, Any]:
    return {"tenant_id": request.tenant_id, "person_id": request.person_id, "course_id": request.course_id}


def _who_answers(session: Session, student: Student, request: HelpRequest, now: datetime) -> UUID | None:
    """Whoever stands in for an addressee who is away; personal help waits for its addressee."""
    if request.kind == Kind.PERSONAL:
        return None
    away = absence_of(session, request.tenant_id, request.to_person_id, request.course_id, student.today(now))
    return away.delegate_id if away else None


def answers_to(session: Session, tenant_id: UUID, person_id: UUID, request_id: UUID) -> list[HelpAnswer]:
    """What adults answered to a student's request, oldest first; nothing for somebody else's."""
    query = (
        select(HelpAnswer)
        .join(HelpRequest, col(HelpRequest.id) == col(HelpAnswer.help_request_id))
        .where(col(HelpAnswer.tenant_id) == tenant_id, col(HelpRequest.id) == request_id, col(HelpRequest.person_id) == person_id)
    )
    return list(session.scalars(query.order_by(col(HelpAnswer.answered_at), col(HelpAnswer.id))))


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
            col(HelpRequest.state).in_(WAITING),
            (col(HelpRequest.kind) == Kind.ACADEMIC) | (col(HelpRequest.to_person_id) == reader),
        )
        .group_by(col(HelpRequest.person_id))
    )
    return dict(session.execute(query).all())
