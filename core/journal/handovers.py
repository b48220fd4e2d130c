"""Passing a request for help on to an advisor. The student is asked first, except for personal or urgent requests."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.errors import NotFound
from core.journal.adults import NotTheirAdult
from core.journal.help_answers import readable_by
from core.journal.help_requests import HelpRequest, HelpResolved, HelpState, Kind, own_request, tell_adult
from core.journal.notices import Notice, promise_notice
from core.people.audit import Reader
from core.people.roles import SchoolRole, holders_of


class HandoverState(StrEnum):
    """A handover waits for the student's word, or is done, or the student said no."""

    PROPOSED = "proposed"
    DONE = "done"
    DECLINED = "declined"


class Handover(Table, table=True):
    """One request passed on, or to be: by whom, to whom, and what the student said. Its student can see it."""

    __tablename__ = "handover"
    __table_args__ = (
        within_tenant("help_request", "help_request_id", on_delete="CASCADE"),
        within_tenant("person", "from_person_id"),
        within_tenant("person", "to_person_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    help_request_id: UUID = Field(index=True)
    from_person_id: UUID
    to_person_id: UUID
    state: str
    urgent: bool
    proposed_at: datetime = Field(sa_type=UTCDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


def pass_on(session: Session, reader: Reader, request_id: UUID, advisor_id: UUID, *, urgent: bool = False, now: datetime) -> Handover:
    """Pass a request on to an advisor of the school: at once when it is personal or urgent, else when the student agrees.

    From then on it waits for the advisor, who is told. A proposal that the student has not decided is replaced; the same one
    made twice asks the student once.

    Raises:
        NotFound: no such request, or not this reader's to read.
        HelpResolved: it is resolved.
        NotTheirAdult: not an advisor of the school, or the one whom it waits for already.
    """
    query = select(HelpRequest).where(col(HelpRequest.id) == request_id, *readable_by(reader))
    locked = query.with_for_update(of=HelpRequest).execution_options(populate_existing=True)
    request = session.scalars(locked).one_or_none()
    if request is None:
        raise NotFound(what="help_request")
    if request.state == HelpState.RESOLVED:
        raise HelpResolved
    if advisor_id == request.to_person_id or advisor_id not in holders_of(session, reader.tenant_id, SchoolRole.ADVISOR):
        raise NotTheirAdult
    at_once = urgent or request.kind == Kind.PERSONAL
    for undecided in _proposed(session, request):
        if (undecided.from_person_id, undecided.to_person_id) == (reader.person_id, advisor_id) and not at_once:
            return undecided
        session.delete(undecided)
    made = Handover(
        tenant_id=request.tenant_id,
        help_request_id=request.id,
        from_person_id=reader.person_id,
        to_person_id=advisor_id,
        state=HandoverState.PROPOSED,
        urgent=urgent,
        proposed_at=now,
    )
    session.add(made)
    if at_once:
        _hand_over(session, request, made, now)
    else:
        about = {"handover": made.id}
        promise_notice(session, Notice.HANDOVER_PROPOSED, request.person_id, about, tenant_id=made.tenant_id, once=made.id, due_at=now)
    session.flush()
    return made


def decide(session: Session, tenant_id: UUID, person_id: UUID, handover_id: UUID, agrees: bool, *, now: datetime) -> Handover:
    """Say, as the student, whether a request may be passed on. After a no it stays where it is.

    Raises:
        NotFound: no such proposal about a request of this student, or it is decided.
        HelpResolved: the request is resolved meanwhile.
    """
    made = session.get(Handover, handover_id)
    if made is None or made.tenant_id != tenant_id:
        raise NotFound(what="handover")
    request = own_request(session, tenant_id, person_id, made.help_request_id)
    session.refresh(made)
    if made.state != HandoverState.PROPOSED:
        raise NotFound(what="handover")
    if request.state == HelpState.RESOLVED:
        raise HelpResolved
    if agrees:
        _hand_over(session, request, made, now)
    else:
        made.state, made.decided_at = HandoverState.DECLINED, now
        session.add(made)
    session.flush()
    return made


def handovers_of(session: Session, tenant_id: UUID, person_id: UUID) -> Sequence[Handover]:
    """The handovers of a student's requests, newest first: those that wait for their word, and those that were made."""
    query = (
        select(Handover)
        .join(HelpRequest, col(HelpRequest.id) == col(Handover.help_request_id))
        .where(col(Handover.tenant_id) == tenant_id, col(HelpRequest.person_id) == person_id)
    )
    return session.scalars(query.order_by(col(Handover.proposed_at).desc(), col(Handover.id).desc())).all()


def proposals_about(session: Session, tenant_id: UUID, request_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """To whom some requests would be passed on, as soon as their students say yes; those without a proposal are absent."""
    query = select(col(Handover.help_request_id), col(Handover.to_person_id)).where(
        col(Handover.tenant_id) == tenant_id, col(Handover.help_request_id).in_(request_ids), col(Handover.state) == HandoverState.PROPOSED
    )
    return dict(session.execute(query).all())


def _hand_over(session: Session, request: HelpRequest, made: Handover, now: datetime) -> None:
    """The advisor has seen nothing yet: the request is open again, for them."""
    made.state, made.decided_at = HandoverState.DONE, now
    request.to_person_id, request.state, request.seen_at, request.answered_at = made.to_person_id, HelpState.OPEN, None, None
    session.add_all((made, request))
    tell_adult(session, request, made.id, due_at=now)


def _proposed(session: Session, request: HelpRequest) -> Sequence[Handover]:
    query = select(Handover).where(
        col(Handover.tenant_id) == request.tenant_id,
        col(Handover.help_request_id) == request.id,
        col(Handover.state) == HandoverState.PROPOSED,
    )
    return session.scalars(query).all()
