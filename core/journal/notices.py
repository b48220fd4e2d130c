"""Notices: what a person must be told because somebody else, or the clock, did something. Promised in the deed's own
transaction; `bot/deliver.py` reads the words at the last moment and says them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from core.data import outbox
from core.data.outbox import Promise

TALK = "talk"
"""The outbox destination of everything that is said to a person unasked."""


class Notice(StrEnum):
    """What can be told; the ids that each carries stand beside it."""

    HELP_ASKED = "notice.help_asked"
    """To the adult whom it waits for, when it is sent, opened again by its student, or passed on to them: `help_request`."""
    HELP_SEEN = "notice.help_seen"
    """To the student: `help_request`."""
    HELP_ANSWERED = "notice.help_answered"
    """To the student: `help_answer`, `help_request`."""
    HELP_DID_IT = "notice.help_did_it"
    """To the adult, the next school day: did it help? `help_answer`, one of those that were given at one instant."""
    MEETING_ANSWERED = "notice.meeting_answered"
    """To the adult: `help_answer`."""
    HANDOVER_PROPOSED = "notice.handover_proposed"
    """To the student: `handover`."""
    GOAL_SUGGESTED = "notice.goal_suggested"
    """To the student: `goal`."""
    GOAL_COMMENTED = "notice.goal_commented"
    """To the student: `goal_comment`."""
    GOAL_ACHIEVED = "notice.goal_achieved"
    """To the student: `goal`."""
    CLAIM_MADE = "notice.claim_made"
    """To the teachers: `claim`."""
    CLAIM_DECIDED = "notice.claim_decided"
    """To the student: `claim`."""
    REFLECTION_ANSWERED = "notice.reflection_answered"
    """To the student: `reflection_reply`."""
    REFLECTION_SHARED = "notice.reflection_shared"
    """To the adult: `reflection`."""
    REMINDER = "notice.reminder"
    """To the student, at the hour they chose: `goal`."""
    CONCERN_RAISED = "notice.concern_raised"
    """To a safety contact: `concern`."""
    FEEDBACK_ANSWERED = "notice.feedback_answered"
    """To its author: `feedback`."""


_AT_AN_HOUR = (Notice.HELP_ASKED, Notice.HELP_DID_IT, Notice.REMINDER)
"""What waits for its hour keeps out of the queue of its person: everything behind it would wait too."""


@dataclass(frozen=True)
class To:
    """Who is told, the ids of what it is about, and what makes this notice this one, such as the id of the row."""

    person_id: UUID
    about: Mapping[str, UUID]
    once: object


def promise_notice(
    session: Session,
    notice: Notice,
    to_person_id: UUID,
    about: Mapping[str, UUID],
    *,
    tenant_id: UUID,
    once: object,
    due_at: datetime,
) -> bool:
    """Promise to tell a person something; False when the same was promised before.

    Args:
        about: the ids of what it is about, such as `{"goal": …}`; never words.
        once: what makes this notice this one, such as the id of the row.
        due_at: not before this instant.
    """
    return outbox.promise(session, **vars(notice_to(notice, To(to_person_id, about, once), tenant_id=tenant_id, due_at=due_at)))


def promise_notices(session: Session, notice: Notice, to: Iterable[To], *, tenant_id: UUID, due_at: datetime) -> None:
    """Promise to tell many people of one school something, in one statement; what was promised before stays as it is."""
    outbox.promise_all(session, [notice_to(notice, one, tenant_id=tenant_id, due_at=due_at) for one in to])


def notice_to(notice: Notice, to: To, *, tenant_id: UUID, due_at: datetime) -> Promise:
    """A notice, to be promised together with others."""
    return Promise(
        notice,
        TALK,
        tenant_id=tenant_id,
        subject_id=to.person_id,
        payload={**{name: str(one) for name, one in to.about.items()}, "at": due_at.isoformat()},
        once_key=f"{notice}:{to.person_id}:{to.once}",
        order_key=None if notice in _AT_AN_HOUR else f"{TALK}:{to.person_id}",
        due_at=due_at,
    )
