"""The adult's side of safety concerns: the school's safety contacts see which there are, open the words (every read audited),
press *seen*, and say what came of it. A teacher learns a fact at most; nobody else learns anything.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlmodel import Session, col

from core.care.safety import WORDS, ConcernState, Outcome, Reason, SafetyConcern
from core.courses.enrolments import Enrolment
from core.data.vault import Vault
from core.errors import CoreError, NotFound
from core.journal.adults import teaches
from core.people.access import Action, Role, may
from core.people.audit import Reader, audit_reads
from core.people.roles import SchoolRole, roles_of

RECORD = "safety_concern"
MOST_CLOSED = 50
_WAITING = (ConcernState.OPEN, ConcernState.SEEN)
SHOWN = (*_WAITING, ConcernState.CLOSED)
"""What a contact may know of. A check that waits, or that was answered with *I'm OK*, is nobody's but the student's."""


class ConcernClosed(CoreError):
    """Another contact has said already what came of it."""

    code = "concern.closed"


def is_contact(session: Session, reader: Reader) -> bool:
    """Whether a reader is a safety contact of the school, and looks in a role that may be one."""
    if not may(reader.role, Action.READ_CONCERNS):
        return False
    return SchoolRole.SAFETY_CONTACT in roles_of(session, reader.tenant_id, reader.person_id)


def concerns_for(session: Session, reader: Reader) -> Sequence[SafetyConcern]:
    """The concerns of a contact's school; the words stay sealed. Open ones first, longest waiting first; then what was seen, then
    the fifty closed last.

    Raises:
        NotFound: the reader is no safety contact.
    """
    _demand_contact(session, reader)
    mine = col(SafetyConcern.tenant_id) == reader.tenant_id
    waiting = select(SafetyConcern).where(mine, col(SafetyConcern.state).in_(_WAITING)).order_by(col(SafetyConcern.raised_at))
    closed = select(SafetyConcern).where(mine, col(SafetyConcern.state) == ConcernState.CLOSED)
    newest = closed.order_by(col(SafetyConcern.closed_at).desc()).limit(MOST_CLOSED)
    found = sorted(session.scalars(waiting), key=lambda one: one.state != ConcernState.OPEN)
    return [*found, *session.scalars(newest)]


def find_concern(session: Session, reader: Reader, concern_id: UUID) -> SafetyConcern:
    """One concern; the words stay sealed.

    Raises:
        NotFound: the reader is no safety contact, or it is not theirs to know of.
    """
    _demand_contact(session, reader)
    found = session.scalars(select(SafetyConcern).where(*_shown(reader, concern_id))).one_or_none()
    if found is None:
        raise NotFound(what=RECORD)
    return found


def read_concern(
    session: Session, vault: Vault, reader: Reader, concern_id: UUID, *, why: str, channel: str = "web", now: datetime
) -> str | None:
    """The student's words, None when they pressed a button. The read is audited in the same transaction, and fails without that.

    Args:
        why: a code of the occasion, such as `concern`.

    Raises:
        NotFound: the reader is no safety contact, or it is not theirs to know of.
        KeyDestroyed: the student was erased.
    """
    concern = find_concern(session, reader, concern_id)
    audit_reads(session, reader, RECORD, [(concern.person_id, concern.id)], why=why, channel=channel, now=now)
    key = vault.key_of(concern.person_id)
    return key.open(concern.sealed_words, WORDS) if concern.sealed_words is not None else None


def see(session: Session, reader: Reader, concern_id: UUID, *, now: datetime) -> SafetyConcern:
    """Press *seen*. What was seen or closed before stays as it is.

    Raises:
        NotFound: the reader is no safety contact, or it is not theirs to know of.
    """
    concern = _lock(session, reader, concern_id)
    if concern.state == ConcernState.OPEN:
        concern.state, concern.seen_by, concern.seen_at = ConcernState.SEEN, reader.person_id, now
        session.add(concern)
    return concern


def close(session: Session, reader: Reader, concern_id: UUID, outcome: Outcome, *, now: datetime) -> SafetyConcern:
    """Say what came of a concern. To close it is to have seen it.

    Raises:
        NotFound: the reader is no safety contact, or it is not theirs to know of.
        ConcernClosed: it is closed already.
    """
    concern = _lock(session, reader, concern_id)
    if concern.state == ConcernState.CLOSED:
        raise ConcernClosed
    if concern.state == ConcernState.OPEN:
        concern.seen_by, concern.seen_at = reader.person_id, now
    concern.state, concern.outcome, concern.closed_by, concern.closed_at = ConcernState.CLOSED, outcome, reader.person_id, now
    session.add(concern)
    return concern


def fact_for_teacher(session: Session, reader: Reader, person_id: UUID) -> bool:
    """Whether the school's contacts are looking after a student whom the reader teaches: that fact, and no more.

    Of abuse no teacher learns even the fact: whoever harms a child may be an adult near them.
    """
    if reader.role is not Role.TEACHER:
        return False
    taught = exists().where(
        col(Enrolment.tenant_id) == reader.tenant_id,
        col(Enrolment.person_id) == col(SafetyConcern.person_id),
        col(Enrolment.role) == Role.STUDENT,
        col(Enrolment.active),
        teaches(reader, col(Enrolment.course_id)),
    )
    query = select(col(SafetyConcern.id)).where(
        col(SafetyConcern.tenant_id) == reader.tenant_id,
        col(SafetyConcern.person_id) == person_id,
        col(SafetyConcern.state).in_(_WAITING),
        col(SafetyConcern.reason) != Reason.ABUSE,
        taught,
    )
    return session.scalars(query).first() is not None


def _demand_contact(session: Session, reader: Reader) -> None:
    if not is_contact(session, reader):
        raise NotFound(what=RECORD)


def _lock(session: Session, reader: Reader, concern_id: UUID) -> SafetyConcern:
    _demand_contact(session, reader)
    query = select(SafetyConcern).where(*_shown(reader, concern_id)).with_for_update().execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(what=RECORD)
    return found


def _shown(reader: Reader, concern_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(SafetyConcern.tenant_id) == reader.tenant_id,
        col(SafetyConcern.id) == concern_id,
        col(SafetyConcern.state).in_(SHOWN),
    )
