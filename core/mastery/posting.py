"""Posting: from a promised event to the receivers of its course, and from there out of the house."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.courses.courses import Course
from core.data import outbox
from core.data.outbox import Claim, Delivered, Result
from core.mastery.receivers import Event, Receiver, receivers_of
from core.people.platforms import Deployment
from core.people.releases import log_release


def hand_on(session: Session, receivers: Mapping[str, Receiver], claimed: Claim, *, now: datetime) -> Result:
    """Promise an event to each receiver that its course switched on and that takes its kind.

    Done twice it changes nothing: the keys are the same. One that this house does not know is promised to as well: its
    dead letters say that something is missing.
    """
    course_id = UUID(claimed.payload["course"])
    for receiver in receivers_of(session, claimed.tenant_id, course_id):
        if receiver in receivers and claimed.kind not in receivers[receiver].takes:
            continue
        outbox.promise(
            session,
            claimed.kind,
            receiver,
            tenant_id=claimed.tenant_id,
            subject_id=claimed.subject_id,
            payload=claimed.payload,
            once_key=f"{receiver}:{claimed.once_key}",
            order_key=f"{receiver}:{course_id}:{claimed.subject_id}",
            due_at=now,
        )
    return Delivered()


def post(receivers: Mapping[str, Receiver], claimed: Claim) -> Result:
    """Send one claimed event to its receiver. Runs outside any transaction.

    Raises:
        DestinationDown: the receiver could not judge it.
    """
    assert claimed.subject_id is not None
    event = Event(
        id=claimed.once_key,
        kind=claimed.kind,
        tenant_id=claimed.tenant_id,
        person_id=claimed.subject_id,
        course_id=UUID(claimed.payload["course"]),
        at=datetime.fromisoformat(claimed.payload["at"]),
    )
    return receivers[claimed.destination].send([event])[0]


def why_unwanted(session: Session, claimed: Claim) -> str | None:
    """Why an event must not leave any more, though it was promised: to be asked at the last moment before it is sent."""
    course = session.get(Course, UUID(claimed.payload["course"]))
    if course is None or course.tenant_id != claimed.tenant_id:
        return "the course is gone"
    if session.get_one(Deployment, course.deployment_id).removed_at:
        return "the deployment was removed"
    if claimed.destination not in receivers_of(session, claimed.tenant_id, course.id):
        return "the course switched the receiver off"
    return None


def log_posted(session: Session, claimed: Claim, *, now: datetime) -> None:
    """Log the data release of an event that a receiver has kept."""
    assert claimed.subject_id is not None
    log_release(session, claimed.tenant_id, claimed.subject_id, claimed.destination, claimed.kind, claimed.once_key, now=now)
