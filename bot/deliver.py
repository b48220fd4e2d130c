"""Delivering: what was promised to be told is said in the person's conversation, and a note of it goes out by their channel.

Saying is a row of our own database, so it happens in the transaction that records it, exactly once. A note by another
channel is an entry of its own: it holds no word of a student, and leaves outside any transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Talk
from bot.email import note
from bot.notices import TO_ADULTS, compose, once_of
from bot.turn import Speaker, Turn
from core.courses.enrolments import places_of
from core.data import outbox
from core.data.outbox import Claim, Delivered, Dropped, Refused, Result, TryLater
from core.data.vault import KeyDestroyed, Vault
from core.errors import NotFound
from core.i18n import translator
from core.journal.notices import Notice
from core.message import Channel, Delivery
from core.people.access import Role
from core.people.addresses import EMAIL, address_of
from core.people.people import find_person
from core.people.preferences import Topic, Way, may_tell, preferences_of
from core.people.tenants import Tenant

TOPICS: Mapping[Notice, Topic] = {
    Notice.HELP_SEEN: Topic.HELP,
    Notice.HELP_ANSWERED: Topic.HELP,
    Notice.HELP_ASKED: Topic.HELP,
    Notice.HELP_DID_IT: Topic.HELP,
    Notice.MEETING_ANSWERED: Topic.HELP,
    Notice.HANDOVER_PROPOSED: Topic.HELP,
    Notice.GOAL_SUGGESTED: Topic.GOALS,
    Notice.GOAL_COMMENTED: Topic.GOALS,
    Notice.GOAL_ACHIEVED: Topic.GOALS,
    Notice.CLAIM_MADE: Topic.GOALS,
    Notice.CLAIM_DECIDED: Topic.GOALS,
    Notice.REMINDER: Topic.GOALS,
    Notice.REFLECTION_ANSWERED: Topic.REFLECTIONS,
    Notice.REFLECTION_SHARED: Topic.REFLECTIONS,
}
"""What each is about, for those who muted a topic; what is absent cannot be muted."""

_SAYS: Mapping[Delivery, Result] = {
    Delivery.DELIVERED: Delivered(),
    Delivery.UNKNOWN: Delivered(),  # it may have arrived: a second letter would be worse than none
    Delivery.UNDELIVERABLE: Refused("the address takes nothing"),
    Delivery.BLOCKED: Refused("the address does not want it"),
    Delivery.TRY_LATER: TryLater("the channel is down"),
}


def tell(session: Session, vault: Vault, talk: Talk, claimed: Claim, *, now: datetime) -> Result:
    """Say what was promised, in the caller's transaction, and promise the note of it, if the person wants one."""
    assert claimed.subject_id is not None
    notice = Notice(claimed.kind)
    try:
        speaker = speaker_of(session, claimed.tenant_id, claimed.subject_id, adult=notice in TO_ADULTS)
        turn = Turn(session, vault, speaker, vault.key_of(claimed.subject_id), now)
    except (NotFound, KeyDestroyed):
        return Dropped("the person is gone")
    messages = compose(turn, notice, claimed.payload)
    if not messages:
        return Dropped("there is nothing to say any more")
    once_key = once_of(turn, notice, claimed.payload, claimed.once_key)
    if talk.tell(session, speaker, messages, once_key=once_key, now=now) is not None:
        _promise_note(session, claimed, notice, speaker, now)
    return Delivered()


def send_note(channel: Channel, claimed: Claim, address: str, language: str, opens: str) -> Result:
    """Send the note of something that was said. Runs outside any transaction."""
    message = note(translator(language), Notice(claimed.payload["notice"]), opens=opens)
    return _SAYS[channel.deliver(message, address, once=claimed.once_key)]


def speaker_of(session: Session, tenant_id: UUID, person_id: UUID, *, adult: bool | None = None, channel: str = "web") -> Speaker:
    """A person as their conversation knows them, when nobody is at a door.

    Args:
        adult: they are spoken to as a teacher or as a student; None for whatever they are in their courses.

    Raises:
        NotFound: nobody of that id in this school.
    """
    person, tenant = find_person(session, tenant_id, person_id), session.get_one(Tenant, tenant_id)
    if adult is None:
        adult = not any(place.role is Role.STUDENT for place in places_of(session, tenant_id, person_id))
    role = Role.TEACHER if adult else Role.STUDENT
    return Speaker(tenant_id, person_id, role, person.language or tenant.language, person.zone or tenant.zone, channel=channel)


def address_for_note(session: Session, vault: Vault, claimed: Claim) -> tuple[str, str] | None:
    """The address that a note goes to, and its owner's language: asked at the last moment. None when it must not go."""
    assert claimed.subject_id is not None
    try:
        speaker = speaker_of(session, claimed.tenant_id, claimed.subject_id, adult=True)
        address = address_of(session, vault, claimed.tenant_id, claimed.subject_id)
    except (NotFound, KeyDestroyed):
        return None
    return (address, speaker.language) if address else None


def _promise_note(session: Session, claimed: Claim, notice: Notice, speaker: Speaker, now: datetime) -> None:
    """An alert about somebody's safety goes at once; anything else when its reader wants to hear of it."""
    due_at: datetime | None = now
    if notice is not Notice.CONCERN_RAISED:
        preferences = preferences_of(session, speaker.tenant_id, speaker.person_id)
        due_at = may_tell(preferences, TOPICS.get(notice), speaker.zone, now) if preferences.channel is Way.EMAIL else None
    if due_at is None:
        return
    outbox.promise(
        session,
        "note",
        EMAIL,
        tenant_id=claimed.tenant_id,
        subject_id=claimed.subject_id,
        payload={"notice": notice.value, "at": now.isoformat()},
        once_key=f"{EMAIL}:{claimed.once_key}",
        due_at=due_at,
    )
