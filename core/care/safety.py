"""Safety concerns: words of a student that suggest harm, and the people who look after them. A person decides; nothing here does.

An acute concern is told to the school's safety contacts at once. An ambiguous one first asks the student, with care; a
check that nobody answers reaches a contact in school hours. Here are the tables, the student's verbs and the clock's;
`contacts.py` is the adult's side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Index, Select, UniqueConstraint, delete, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.care.school_hours import next_school_moment
from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.data.vault import DataKey
from core.errors import NotFound
from core.journal.notices import Notice, promise_notice
from core.people.roles import SchoolRole, holders_of

WORDS = "safety_concern.sealed_words"
KEPT = timedelta(days=365)
"""How long a concern is kept after it was closed or answered."""

CHECK_WAITS = timedelta(minutes=15)
"""How long a student has, at least, to answer the caring question before a person is told."""


class Tier(StrEnum):
    """How plainly the words suggest harm: `acute` calls a person at once, `ambiguous` asks with care first."""

    ACUTE = "acute"
    AMBIGUOUS = "ambiguous"


class Reason(StrEnum):
    """What kind of harm. `unreadable`: the check itself broke. `asked`: the student asked for a person."""

    SELF_HARM = "self_harm"
    ABUSE = "abuse"
    VIOLENCE = "violence"
    DANGER = "danger"
    UNREADABLE = "unreadable"
    ASKED = "asked"


class ConcernState(StrEnum):
    """Where a concern stands. What is `checking` or `answered` is between the student and the program: no adult sees it."""

    CHECKING = "checking"
    """The student was asked how they are, and has not answered."""
    ANSWERED = "answered"
    """The student said that they are OK."""
    OPEN = "open"
    """A contact must look."""
    SEEN = "seen"
    """A contact pressed *seen*."""
    CLOSED = "closed"
    """A contact said what came of it."""


class Outcome(StrEnum):
    """What came of a concern, in a contact's word."""

    TALKED = "talked"
    REFERRED = "referred"
    MISTAKEN = "mistaken"
    OTHER = "other"


class SafetyConcern(Table, table=True):
    """One concern about one student, the words sealed with the student's key; none when they pressed a button.

    `wants_help` is what the student said to the caring question; None until they said something, and where none was asked.
    """

    __tablename__ = "safety_concern"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_safety_concern_person", "tenant_id", "person_id"),
        Index("ix_safety_concern_state", "state", "check_due_at"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID
    tier: str
    reason: str
    rule: str
    channel: str
    sealed_words: bytes | None = None
    state: str
    raised_at: datetime = Field(sa_type=UTCDateTime)
    check_due_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    wants_help: bool | None = None
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    seen_by: UUID | None = None
    seen_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    closed_by: UUID | None = None
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    outcome: str | None = None


class ConcernTold(Table, table=True):
    """Who was told of a concern, and when. Its student can see it."""

    __tablename__ = "concern_told"
    __table_args__ = (
        within_tenant("safety_concern", "concern_id", on_delete="CASCADE"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
    )
    concern_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    told_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True)
class OwnConcern:
    """A concern as its student may know of it: that there is one, since when, how it stands, and who was told."""

    concern_id: UUID
    raised_at: datetime
    state: ConcernState
    told: tuple[UUID, ...]
    seen_by: UUID | None


def raise_concern(
    session: Session,
    key: DataKey,
    *,
    tenant_id: UUID,
    person_id: UUID,
    tier: str,
    reason: str,
    rule: str,
    words: str,
    channel: str,
    zone: str,
    now: datetime,
) -> SafetyConcern:
    """Keep a concern about a student's words. An acute one is told to the contacts at once; of another the student is asked first.

    Args:
        key: the student's.
        tier: a value of `Tier`.
        reason: a value of `Reason`.
        rule: what found it, such as `en.hurt_myself`; never the words.
        words: verbatim, and kept whole however long they are.
        channel: the door through which they came.
        zone: the IANA zone in which the school's hours are counted.
    """
    concern = SafetyConcern(
        tenant_id=tenant_id,
        person_id=person_id,
        tier=Tier(tier),
        reason=Reason(reason),
        rule=rule,
        channel=channel,
        sealed_words=key.seal(words.encode(errors="replace").decode(), WORDS),
        state=ConcernState.CHECKING,
        raised_at=now,
    )
    if concern.tier == Tier.AMBIGUOUS:
        concern.check_due_at = next_school_moment(now, zone, not_before=CHECK_WAITS)
        session.add(concern)
        session.flush()
    else:
        _open(session, concern, now=now)
    return concern


def ask_for_help_now(session: Session, *, tenant_id: UUID, person_id: UUID, channel: str, now: datetime) -> SafetyConcern:
    """Tell the contacts that a student pressed *I need help now*. Pressed again before anybody looked, it is the same concern."""
    query = select(SafetyConcern).where(
        *_of(tenant_id, person_id), col(SafetyConcern.reason) == Reason.ASKED, col(SafetyConcern.state) == ConcernState.OPEN
    )
    concern = session.scalars(query.order_by(col(SafetyConcern.raised_at).desc())).first()
    if concern is None:
        concern = SafetyConcern(
            tenant_id=tenant_id,
            person_id=person_id,
            tier=Tier.ACUTE,
            reason=Reason.ASKED,
            rule=Reason.ASKED,
            channel=channel,
            state=ConcernState.OPEN,
            raised_at=now,
        )
        _open(session, concern, now=now)
    return concern


def answer_check(session: Session, tenant_id: UUID, person_id: UUID, concern_id: UUID, wants_help: bool, *, now: datetime) -> SafetyConcern:
    """Keep what a student said to the caring question, for this concern and for earlier ones that wait for the same answer.

    *I'm OK* ends a check, unless a contact is looking already. *I want help* tells the contacts at once; when one has looked
    already, it is a new concern, and that is returned.

    Raises:
        NotFound: no such concern, or it is not about this student.
    """
    concern = session.scalars(_locked(*_of(tenant_id, person_id), col(SafetyConcern.id) == concern_id)).one_or_none()
    if concern is None:
        raise NotFound(what="safety_concern")
    earlier = session.scalars(
        _locked(
            *_of(tenant_id, person_id),
            col(SafetyConcern.state) == ConcernState.CHECKING,
            col(SafetyConcern.raised_at) <= concern.raised_at,
            col(SafetyConcern.id) != concern.id,
        )
    ).all()
    for one in (concern, *earlier):
        _keep_answer(session, one, wants_help, now=now)
    if wants_help and concern.state in (ConcernState.SEEN, ConcernState.CLOSED):
        return ask_for_help_now(session, tenant_id=tenant_id, person_id=person_id, channel=concern.channel, now=now)
    return concern


def escalate_unanswered(session: Session, *, now: datetime) -> int:
    """Tell the contacts of every check that was not answered in time; how many. Run twice it does no harm."""
    due = session.scalars(
        _locked(col(SafetyConcern.state) == ConcernState.CHECKING, col(SafetyConcern.check_due_at) <= now, skip=True)
    ).all()
    for concern in due:
        _open(session, concern, now=now)
    return len(due)


def tell_newly_named(session: Session, *, now: datetime) -> int:
    """Tell contacts who were named since of the concerns that still wait for somebody to look; how many notices. Twice does no harm."""
    waiting = session.scalars(_locked(col(SafetyConcern.state) == ConcernState.OPEN, skip=True)).all()
    contacts = {tenant_id: contacts_of(session, tenant_id) for tenant_id in {one.tenant_id for one in waiting}}
    return sum(_tell(session, one, contacts[one.tenant_id], now=now) for one in waiting)


def told_of(session: Session, tenant_id: UUID, person_id: UUID) -> list[OwnConcern]:
    """The concerns about a student as that student may know of them, newest first."""
    concerns = session.scalars(select(SafetyConcern).where(*_of(tenant_id, person_id)).order_by(col(SafetyConcern.raised_at).desc())).all()
    query = (
        select(col(ConcernTold.concern_id), col(ConcernTold.person_id))
        .where(col(ConcernTold.tenant_id) == tenant_id, col(ConcernTold.concern_id).in_([one.id for one in concerns]))
        .order_by(col(ConcernTold.told_at), col(ConcernTold.person_id))
    )
    told: dict[UUID, list[UUID]] = {}
    for concern_id, contact in session.execute(query):
        told.setdefault(concern_id, []).append(contact)
    return [OwnConcern(one.id, one.raised_at, ConcernState(one.state), tuple(told.get(one.id, ())), one.seen_by) for one in concerns]


def contacts_of(session: Session, tenant_id: UUID) -> Sequence[UUID]:
    """Who is told of a school's concerns: its safety contacts; while it has named none, its admins, who name one then."""
    return holders_of(session, tenant_id, SchoolRole.SAFETY_CONTACT) or holders_of(session, tenant_id, SchoolRole.TENANT_ADMIN)


def forget_concerns(session: Session, *, before: datetime) -> None:
    """Delete concerns that were closed, or answered with *I'm OK*, before an instant. What waits for a person stays."""
    session.execute(delete(SafetyConcern).where(col(SafetyConcern.closed_at) < before))
    answered = col(SafetyConcern.state) == ConcernState.ANSWERED
    session.execute(delete(SafetyConcern).where(answered, col(SafetyConcern.answered_at) < before))


def _keep_answer(session: Session, concern: SafetyConcern, wants_help: bool, *, now: datetime) -> None:
    if concern.state in (ConcernState.SEEN, ConcernState.CLOSED):
        return
    concern.wants_help, concern.answered_at = wants_help, now
    session.add(concern)
    if wants_help and concern.state != ConcernState.OPEN:
        _open(session, concern, now=now)
    elif concern.state == ConcernState.CHECKING:
        concern.state, concern.check_due_at = ConcernState.ANSWERED, None


def _open(session: Session, concern: SafetyConcern, *, now: datetime) -> None:
    concern.state, concern.check_due_at = ConcernState.OPEN, None
    session.add(concern)
    session.flush()
    _tell(session, concern, contacts_of(session, concern.tenant_id), now=now)


def _tell(session: Session, concern: SafetyConcern, contacts: Sequence[UUID], *, now: datetime) -> int:
    """Promise a notice to each contact who was not told yet; how many."""
    before = set(session.scalars(select(col(ConcernTold.person_id)).where(col(ConcernTold.concern_id) == concern.id)))
    untold = [contact for contact in contacts if contact not in before and contact != concern.person_id]
    for contact in untold:
        session.add(ConcernTold(concern_id=concern.id, person_id=contact, tenant_id=concern.tenant_id, told_at=now))
        about = {"concern": concern.id}
        promise_notice(session, Notice.CONCERN_RAISED, contact, about, tenant_id=concern.tenant_id, once=concern.id, due_at=now)
    session.flush()
    return len(untold)


def _of(tenant_id: UUID, person_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (col(SafetyConcern.tenant_id) == tenant_id, col(SafetyConcern.person_id) == person_id)


def _locked(*where: ColumnElement[bool], skip: bool = False) -> Select[SafetyConcern]:
    """Concerns, locked until the transaction ends; with `skip` without those that somebody else has locked."""
    return select(SafetyConcern).where(*where).with_for_update(skip_locked=skip).execution_options(populate_existing=True)
