"""The adult's side of help: what waits, the words (every read audited), seen, an answer to one or many, did it help.

Academic help is read and answered by the teachers of its course, and by whom it was passed on to. Personal help is read
and answered by its addressee alone. Whoever neither teaches nor advises the student any more reads nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.courses.calendar import calendar_of
from core.courses.competencies import Competency
from core.courses.courses import zone_of
from core.courses.enrolments import Enrolment
from core.data.clock import local_day
from core.data.vault import DataKey, KeyDestroyed, Vault
from core.errors import NotFound
from core.journal.absences import Absence
from core.journal.adults import looks_after, teaches
from core.journal.events import EventKind
from core.journal.help_requests import (
    ANSWER,
    WAITING,
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
from core.journal.notices import Notice, To, promise_notice, promise_notices
from core.journal.words import check_words
from core.people.access import Role
from core.people.audit import Reader, audit_reads
from core.people.roles import RoleGrant, SchoolRole

RECORD = "help_request"
ASKED_BACK_AT = time(15)
"""When an adult is asked, on the next school day, whether an answer helped; in the zone of the course."""


@dataclass(frozen=True)
class Waiting:
    """A request that waits for a reader, without its words. `delegated`: it was sent to somebody who is away, or has left."""

    request_id: UUID
    person_id: UUID
    course_id: UUID
    competency_id: UUID | None
    kind: Kind
    state: HelpState
    asked_at: datetime
    delegated: bool
    to_person_id: UUID


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
    query = select(HelpRequest).where(*waits_for(reader, today))
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
            col(HelpRequest.state).in_(WAITING),
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
    fresh = [one for one in _readable(session, reader, request_ids) if one.state == HelpState.OPEN]
    for request in fresh:
        request.state, request.seen_at = HelpState.SEEN, now
        session.add(request)
    once = {request.id: f"{request.id}:{now.isoformat()}" for request in fresh}
    promise_help(session, EventKind.HELP_SEEN, *((one, once[one.id]) for one in fresh), now=now)
    told = [To(one.person_id, {"help_request": one.id}, once[one.id]) for one in fresh]
    promise_notices(session, Notice.HELP_SEEN, told, tenant_id=reader.tenant_id, due_at=now)


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

    Requests that were resolved meanwhile get no answer. To answer is to have seen. The same words from the same adult are
    not sent a second time to a request that stands answered with them: a button pressed twice says it once.

    Returns the answers that were given.

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
    said = _said_already(session, reader, found, keys, kept, form)
    given = [
        (
            one,
            HelpAnswer(
                tenant_id=one.tenant_id,
                help_request_id=one.id,
                answered_by=reader.person_id,
                form=form,
                sealed_words=keys[one.person_id].seal(kept, ANSWER),
                answered_at=now,
            ),
        )
        for one in found
        if one.id not in said
    ]
    for request, reply in given:
        request.state, request.seen_at, request.answered_at = HelpState.ANSWERED, request.seen_at or now, now
        session.add_all((request, reply))
    session.flush()
    _tell_answered(session, reader, given, now)
    return [reply for _, reply in given]


def round_of(session: Session, reader: Reader, answer_id: UUID) -> list[UUID]:
    """The requests that an adult answered together with one answer, at the same instant, and that still stand answered.

    Empty for an answer of somebody else.
    """
    given, together = aliased(HelpAnswer), aliased(HelpAnswer)
    query = (
        select(col(HelpRequest.id))
        .join(together, col(together.help_request_id) == col(HelpRequest.id))
        .join(given, and_(col(given.answered_at) == col(together.answered_at), col(given.answered_by) == col(together.answered_by)))
        .where(col(given.id) == answer_id, col(given.answered_by) == reader.person_id, *readable_by(reader))
        .where(col(HelpRequest.state) == HelpState.ANSWERED)
    )
    return list(session.scalars(query.order_by(col(HelpRequest.asked_at), col(HelpRequest.id))))


def answered_with(session: Session, tenant_id: UUID, person_id: UUID, request_id: UUID) -> list[UUID]:
    """The other requests of a student that stand answered by the same words at the same instant: whoever asked twice is told once."""
    given, together = aliased(HelpAnswer), aliased(HelpAnswer)
    query = (
        select(col(HelpRequest.id))
        .join(together, col(together.help_request_id) == col(HelpRequest.id))
        .join(given, and_(col(given.answered_at) == col(together.answered_at), col(given.answered_by) == col(together.answered_by)))
        .where(
            col(given.tenant_id) == tenant_id,
            col(given.help_request_id) == request_id,
            col(HelpRequest.tenant_id) == tenant_id,
            col(HelpRequest.person_id) == person_id,
            col(HelpRequest.id) != request_id,
            col(HelpRequest.state) == HelpState.ANSWERED,
        )
    )
    return list(session.scalars(query.distinct()))


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


def waits_for(reader: Reader, today: date) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a request waits for a reader: as `waiting_for`, and whom nobody is left to answer."""
    to_them = or_(col(HelpRequest.to_person_id) == reader.person_id, _stands_in(reader, today), _is_left_behind(reader))
    return (*readable_by(reader), col(HelpRequest.state).in_(WAITING), to_them)


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


def _said_already(
    session: Session, reader: Reader, found: Sequence[HelpRequest], keys: Mapping[UUID, DataKey], words: str, form: AnswerForm
) -> set[UUID]:
    """The requests that stand answered by this adult with these very words."""
    standing = {one.id: one for one in found if one.state == HelpState.ANSWERED}
    if not standing:
        return set()
    query = select(HelpAnswer).where(
        col(HelpAnswer.tenant_id) == reader.tenant_id,
        col(HelpAnswer.help_request_id).in_(standing),
        col(HelpAnswer.answered_by) == reader.person_id,
        col(HelpAnswer.form) == form,
    )
    given = ((standing[one.help_request_id], one) for one in session.scalars(query))
    return {
        request.id
        for request, one in given
        if one.answered_at == request.answered_at and keys[request.person_id].open(one.sealed_words, ANSWER) == words
    }


def _tell_answered(session: Session, reader: Reader, given: Sequence[tuple[HelpRequest, HelpAnswer]], now: datetime) -> None:
    """Tell each student once, however often they asked, and on the next school day ask the adult, once, whether it helped."""
    if not given:
        return
    promise_help(session, EventKind.HELP_ANSWERED, *((request, reply.id) for request, reply in given), now=now)
    newest = {request.person_id: (request, reply) for request, reply in sorted(given, key=lambda pair: pair[0].asked_at)}
    told = [To(request.person_id, {"help_answer": reply.id, "help_request": request.id}, reply.id) for request, reply in newest.values()]
    promise_notices(session, Notice.HELP_ANSWERED, told, tenant_id=reader.tenant_id, due_at=now)
    request, reply = given[0]
    zone = zone_of(session, request.tenant_id, request.course_id)
    next_day = calendar_of(session, request.tenant_id, request.course_id).after(local_day(now, zone), 1)
    due_at = datetime.combine(next_day, ASKED_BACK_AT, ZoneInfo(zone)).astimezone(UTC)
    about = {"help_answer": reply.id}
    promise_notice(session, Notice.HELP_DID_IT, reader.person_id, about, tenant_id=reader.tenant_id, once=reply.id, due_at=due_at)


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


def _is_left_behind(reader: Reader) -> ColumnElement[bool]:
    """Its addressee neither teaches the course any more nor advises: it waits for every teacher who is left."""
    there, grant = aliased(Enrolment), aliased(RoleGrant)
    teaching = exists().where(
        col(there.course_id) == col(HelpRequest.course_id),
        col(there.person_id) == col(HelpRequest.to_person_id),
        col(there.role) == Role.TEACHER,
        col(there.active),
    )
    advising = exists().where(
        col(grant.tenant_id) == reader.tenant_id,
        col(grant.person_id) == col(HelpRequest.to_person_id),
        col(grant.role) == SchoolRole.ADVISOR,
    )
    return and_(col(HelpRequest.kind) == Kind.ACADEMIC, ~teaching, ~advising)


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
        to_person_id=request.to_person_id,
    )
