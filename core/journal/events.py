"""Events of the journal: the word that each deed promises to the receivers of its course, in the deed's own transaction.

Receivers take what they know (`core/mastery/receivers.py`). Personal calls for help have no event: nobody but their
addressee may know of them. Neither has a mood.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from core.data import outbox
from core.data.outbox import Promise

RECEIVERS = "receivers"
"""The outbox destination of events; the worker hands each to the receivers that the course switched on."""


class EventKind(StrEnum):
    """What may be told of a student's journal; the names are those of the outbox and of every receiver."""

    GOAL_SET = "goal.set"
    GOAL_UPDATED = "goal.updated"
    GOAL_COMPLETED = "goal.completed"
    """The student says so."""
    GOAL_ACHIEVED = "goal.achieved"
    """The evidence says so."""
    GOAL_DROPPED = "goal.dropped"
    CHECK_IN_MADE = "check_in.made"
    CHECK_IN_UPDATED = "check_in.updated"
    REFLECTION_WRITTEN = "reflection.written"
    REFLECTION_WITHDRAWN = "reflection.withdrawn"
    HELP_REQUESTED = "help.requested"
    HELP_SEEN = "help.seen"
    HELP_ANSWERED = "help.answered"
    HELP_RESOLVED = "help.resolved"
    HELP_REOPENED = "help.reopened"
    HELP_WITHDRAWN = "help.withdrawn"
    MASTERY_SELF_ASSESSED = "mastery.self_assessed"
    MASTERY_ASSERTED = "mastery.asserted"


def promise_event(
    session: Session,
    kind: EventKind,
    about: Mapping[str, UUID],
    *,
    tenant_id: UUID,
    person_id: UUID,
    course_id: UUID,
    once: object,
    now: datetime,
) -> bool:
    """Promise an event about a student; False when the same one was promised before.

    Args:
        about: the ids of what it is about, such as `{"goal": …}`; never words.
        once: what makes this event this one and no other of its kind, such as the id of the row.
    """
    made = event(kind, about, tenant_id=tenant_id, person_id=person_id, course_id=course_id, once=once, now=now)
    return outbox.promise(session, **vars(made))


def event(
    kind: EventKind, about: Mapping[str, UUID], *, tenant_id: UUID, person_id: UUID, course_id: UUID, once: object, now: datetime
) -> Promise:
    """An event about a student, to be promised together with others."""
    ids = {name: str(one) for name, one in about.items()}
    return Promise(
        kind,
        RECEIVERS,
        tenant_id=tenant_id,
        subject_id=person_id,
        payload={**ids, "course": str(course_id), "at": now.isoformat()},
        once_key=f"{kind}:{once}",
        due_at=now,
    )
