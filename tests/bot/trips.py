"""A dialogue for tests of the engine: where a class trip should go. What it does is real: it sends a suggestion to the school."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from bot import wording
from bot.dialogue import Again, Dialogue, Draft, Finish, Step, Took
from bot.turn import Reply, Turn
from core.errors import NotFound
from core.journal.feedback import WORDS, Feedback, give_feedback, take_back_feedback
from core.message import Message
from intents.answers import Closed
from tests.bot.talking import Talker

MOST_FRIENDS = 3
_SURE = {Closed.YES: "yes", Closed.NO: "no"}


def _ask_place(_turn: Turn, _draft: Draft) -> Message:
    return Message(text="Where shall we go?", choices=(wording.pick("Museum", "museum"), wording.pick("Lake", "lake")))


def _take_place(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({"place": reply.value}) if reply.value in ("museum", "lake") else None


def _ask_swim(_turn: Turn, draft: Draft) -> Message | None:
    """Only a lake is for swimming."""
    if draft["place"] != "lake":
        return None
    return Message(text="Can you swim?", choices=(wording.pick("Yes", "yes"), wording.pick("No", "no")))


def _take_swim(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    said = reply.value or _SURE.get(reply.closed or Closed.SKIP)
    return Took({"swim": said}) if said else None


def _ask_reason(turn: Turn, _draft: Draft) -> Message:
    return Message(text="Why there?", extras=(wording.skip(turn.t),))


def _take_reason(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({"reason": reply.text}) if reply.text.strip() else None


def _ask_friends(_turn: Turn, _draft: Draft) -> Message:
    return Message(text="How many friends come along?")


def _take_friends(_turn: Turn, _draft: Draft, reply: Reply) -> Took | Again | None:
    if reply.number is None:
        return None
    if reply.number > MOST_FRIENDS:
        return Again((Message(text="Three fit in."),))
    if reply.number == 0:
        raise NotFound(what="friends")
    return Took({"friends": reply.number})


def _ask_sure(_turn: Turn, draft: Draft) -> Message:
    choices = (wording.pick("Send it", "yes"), wording.pick("Leave it", "no"))
    return Message(text="Send this?", quote=told(draft), choices=choices)


def _take_sure(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    said = reply.value or _SURE.get(reply.closed or Closed.SKIP)
    return Took({"sure": said}) if said in ("yes", "no") else None


def told(draft: Draft) -> str:
    """What is sent."""
    return f"{draft['place']}, {draft.get('reason') or 'no reason'}, {draft.get('friends')} friends"


def _finish(turn: Turn, draft: Draft) -> Finish:
    if draft["sure"] == "no":
        return Finish((Message(text="Not sent."),))
    made = give_feedback(turn.session, turn.key, turn.speaker.tenant_id, turn.speaker.person_id, told(draft), now=turn.now)
    return Finish((Message(text="Sent."),), undo={"feedback": str(made.id)})


def _undo(turn: Turn, memo: Mapping[str, Any]) -> Message:
    take_back_feedback(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, UUID(memo["feedback"]))
    return Message(text="Taken back.")


PLACE = Step("place", _ask_place, _take_place, skippable=False)
SWIM = Step("swim", _ask_swim, _take_swim)
REASON = Step("reason", _ask_reason, _take_reason, free=True)
FRIENDS = Step("friends", _ask_friends, _take_friends, skippable=False)
SURE = Step("sure", _ask_sure, _take_sure, skippable=False)
TRIP = Dialogue("trip", _finish, steps=(PLACE, SWIM, REASON, FRIENDS, SURE), undo=_undo, title=lambda _turn, _draft: "your trip")


def later(**changes: Any) -> Dialogue:
    """The next version of the dialogue."""
    return replace(TRIP, version=TRIP.version + 1, **changes)


def sent(talker: Talker) -> list[str]:
    """What was sent to the school, oldest first."""
    key = talker.talk._vault.key_of(talker.speaker.person_id)
    talker.session.flush()
    kept = select(col(Feedback.sealed_words)).where(col(Feedback.person_id) == talker.speaker.person_id).order_by(col(Feedback.id))
    return [key.open(one, WORDS) for one in talker.session.scalars(kept)]
