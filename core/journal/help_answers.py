"""The adult's side of help: what waits, the words (every read audited), seen, an answer to one or many, did it help.

Academic help is read and answered by the teachers of its course, and by whom it was passed on to. Personal help is read
and answered by its addressee alone. Whoever neither teaches nor advises the student any more reads nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlmodel import Session, col

from core.courses.competencies import Competency
from core.data.vault import KeyDestroyed, Vault
from core.errors import NotFound
from core.journal.absences import Absence
from core.journal.adults import looks_after, teaches
from core.journal.events import EventKind
from core.journal.help_requests import (
    ANSWER,
    WORDS,
    AnswerForm,
    HelpAnswer,
    Helped,
    HelpRequest,
    HelpResolved,
    HelpState,
    Kind,
    close,
    promise_help,
)
from core.journal.words import check_words
from core.people.audit import Reader, audit_reads

RECORD = "help_request"
_WAITING = (HelpState.OPEN, HelpState.SEEN)


@dataclass(frozen=True)
class Waiting:
    """A request that waits for a reader, without its words. `delegated`: it was sent to somebody who is away."""

    request_id: UUID
    person_id: UUID
    course_id: UUID
    competency_id: UUID | None
    kind: Kind
    state: HelpState
    asked_at: datetime
    delegated: bool


@dataclass(frozen=True)
class Group:
    """The academic requests of a course on one competency that wait, oldest first; None for those on none in particular."""

    competency_id: UUID | None
    short_name: str | None
    requests: tuple[Waiting, ...]


def waiting_for(session: Session, reader: Reader, today: date) -> list[Waiting]:
    """What waits for a reader over all courses, oldest first: sent or passed on to them, or to whom they stand in for.

    Args:
        today: the day on which somebody else may be away.
    """
    query = select(HelpRequest).where(
        *readable_by(reader),
        col(HelpRequest.state).in_(_WAITING),
        or_(col(HelpRequest.to_person_id) == reader.person_id, _stands_in(reader, today)),
    )
    return [_waiting(one, reader) for one in session.scalars(query.order_by(col(HelpRequest.asked_at), col(HelpRequest.id)))]


def groups(session: Session, reader: Reader, course_id: UUID, *, since: datetime) -> list[Group]:
    """The academic requests of a course that wait, by competency, where most ask first.

    Args:
        since: those asked at or after this instant.

    Returns nothing to whoever does not teach the course.
    """
    query = (
        select(HelpRequest, col(Competency.short_name))
        .outerjoin(Competency, col(Competency.id) == col(HelpRequest.competency_id))
        .where(
            col(HelpRequest.tenant_id) == reader.tenant_id,
            col(HelpRequest.course_id) == course_id,
            col(HelpRequest.kind) == Kind.ACADEMIC,
            col(HelpRequest.state).in_(_WAITING),
            col(HelpRequest.asked_at) >= since,
            teaches(reader, col(HelpRequest.course_id)),
        )
        .order_by(col(HelpRequest.asked_at), col(HelpRequest.id))
    )
    found: dict[UUID | None, tuple[str | None, list[Waiting]]] = {}
    for request, short_name in session.execute(query):
        found.setdefault(request.competency_id, (short_name, []))[1].append(_waiting(request, reader))
    made = [Group(competency_id, short_name, tuple(requests)) for competency_id, (short_name, requests) in found.items()]
    return sorted(made, key=lambda group: -len(group.requests))


def read_words(
    session: Session, vault: Vault, reader: Reader, request_ids: Collection[UUID], *, why: str, channel: str = "web", now: datetime
) -> dict[UUID, str]:
    """Open the words of requests for an adult. Each read is audited in the same transaction, and fails without that.

    Args:
        why: a code of the occasion, such as `inbox`.

    Raises:
        NotFound: one of them is not there, or not this reader's to read; then none is opened.
        KeyDestroyed: the student of one was erased.
    """
    found = _readable(session, reader, request_ids)
    audit_reads(session, reader, RECORD, [(one.person_id, one.id) for one in found], why=why, channel=channel, now=now)
    keys = vault.keys_of(one.person_id for one in found)
    if any(one.person_id not in keys for one in found):
        raise KeyDestroyed
    return {one.id: keys[one.person_id].open(one.sealed_words, WORDS) for one in found}


def see(session: Session, reader: Reader, request_ids: Collection[UUID], *, now: datetime) -> None:
    """Press *seen* on one or many; the student is told. What was seen or answered before stays as it is.

    Raises:
        NotFound: one of them is not there, or not this reader's to read; then none is seen.
    """
    for request in _readable(session, reader, request_ids):
        if request.state == HelpState.OPEN:
            request.state, request.seen_at = HelpState.SEEN, now
            session.add(request)
            promise_help(session, EventKind.HELP_SEEN, request, once=f"{request.id}:{now.isoformat()}", now=now)


def answer(
    session: Session,
    vault: Vault,
    reader: Reader,
    request_ids: Collection[UUID],
    words: str,
    *,
    form: AnswerForm = AnswerForm.WORDS,
    now: datetime,
) -> list[HelpAnswer]:
    """Answer one request or many with the same words, each student privately and under their own key.

    Requests that were resolved meanwhile get no answer. To answer is to have seen.

    Args:
        form: a meeting is words too, such as "period 3"; its student can say whether that fits.

    Raises:
        NotFound: one of them is not there, or not this reader's to read; then none is answered.
        HelpResolved: every one of them is resolved.
        WordsMissing, WordsTooLong: the words cannot be kept.
        KeyDestroyed: the student of one was erased.
    """
    kept = check_words(words)
    found = [one for one in _readable(session, reader, request_ids) if one.state != HelpState.RESOLVED]
    if not found:
        raise HelpResolved
    keys = vault.keys_of(one.person_id for one in found)
    if any(one.person_id not in keys for one in found):
        raise KeyDestroyed
    made = [
        HelpAnswer(
            tenant_id=one.tenant_id,
            help_request_id=one.id,
            answered_by=reader.person_id,
            form=form,
            sealed_words=keys[one.person_id].seal(kept, ANSWER),
            answered_at=now,
        )
        for one in found
    ]
    session.add_all(made)
    for request, reply in zip(found, made, strict=True):
        request.state, request.seen_at, request.answered_at = HelpState.ANSWERED, request.seen_at or now, now
        session.add(request)
        promise_help(session, EventKind.HELP_ANSWERED, request, once=reply.id, now=now)
    session.flush()
    return made


def resolve_all(session: Session, reader: Reader, request_ids: Collection[UUID], helped: Helped, *, now: datetime) -> list[UUID]:
    """Say, as the adult, whether it helped, of one request or many. *Not yet* opens them again.

    Returns those that it changed: what a student has resolved meanwhile stays so.

    Raises:
        NotFound: one of them is not there, or not this reader's to read; then none is changed.
    """
    changed = [one for one in _readable(session, reader, request_ids) if one.state != HelpState.RESOLVED]
    for request in changed:
        close(session, request, helped, by=reader.person_id, now=now)
    return [request.id for request in changed]


def readable_by(reader: Reader) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a request is a reader's to read and to answer."""
    addressee = and_(col(HelpRequest.to_person_id) == reader.person_id, looks_after(reader, col(HelpRequest.person_id)))
    in_course = and_(col(HelpRequest.kind) == Kind.ACADEMIC, teaches(reader, col(HelpRequest.course_id)))
    return (col(HelpRequest.tenant_id) == reader.tenant_id, or_(addressee, in_course))


def _readable(session: Session, reader: Reader, request_ids: Collection[UUID]) -> Sequence[HelpRequest]:
    wanted = set(request_ids)
    query = select(HelpRequest).where(col(HelpRequest.id).in_(wanted), *readable_by(reader)).order_by(col(HelpRequest.id))
    found = session.scalars(query.with_for_update(of=HelpRequest).execution_options(populate_existing=True)).all()
    if len(found) != len(wanted):
        raise NotFound(what="help_request")
    return found


def _stands_in(reader: Reader, today: date) -> ColumnElement[bool]:
    return and_(
        col(HelpRequest.kind) == Kind.ACADEMIC,
        exists().where(
            col(Absence.tenant_id) == reader.tenant_id,
            col(Absence.course_id) == col(HelpRequest.course_id),
            col(Absence.person_id) == col(HelpRequest.to_person_id),
            col(Absence.delegate_id) == reader.person_id,
            col(Absence.until_on) >= today,
        ),
    )


def _waiting(request: HelpRequest, reader: Reader) -> Waiting:
    return Waiting(
        request_id=request.id,
        person_id=request.person_id,
        course_id=request.course_id,
        competency_id=request.competency_id,
        kind=Kind(request.kind),
        state=HelpState(request.state),
        asked_at=request.asked_at,
        delegated=request.to_person_id != reader.person_id,
    )
