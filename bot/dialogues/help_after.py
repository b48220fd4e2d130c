"""After a call for help was sent: what became of it, whether the answer helped, a meeting, and being passed on."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bot import wording
from bot.dialogue import Again, Dialogue, Draft, Finish, Opening, Step, Took
from bot.turn import Reply, Turn
from core.data.clock import local_day
from core.errors import InvalidInput, NotFound
from core.journal import handovers, help_answers, help_requests
from core.journal.help_requests import WORDS, Helped, HelpState
from core.message import Card, Choice, Message
from core.people.people import names_of
from intents.answers import Closed

MOST_SHOWN = 4
_YES_NO = {Closed.YES: "yes", Closed.NO: "no"}


def helped_choices(turn: Turn, request_id: UUID) -> tuple[Choice, ...]:
    """Did it help? As buttons for its student."""
    t = turn.t
    labels = ((Helped.YES, t("talk.helped.yes")), (Helped.SOME, t("talk.helped.some")), (Helped.NOT_YET, t("talk.helped.not_yet")))
    return tuple(wording.begin(label, "help_outcome", request=str(request_id), helped=helped.value) for helped, label in labels)


def _view(turn: Turn, _draft: Draft) -> Finish:
    """What was asked lately, and how it stands."""
    t, speaker = turn.t, turn.speaker
    found = help_requests.own_requests(turn.session, speaker.tenant_id, speaker.person_id, MOST_SHOWN)
    if not found:
        return Finish((Message(text=t("talk.requests.none"), choices=(wording.begin(t("talk.menu.ask_help"), "ask_help"),)),))
    names = names_of(turn.session, turn.vault, speaker.tenant_id, {one.to_person_id for one in found})
    cards = []
    for one in found:
        day = t.day(local_day(one.asked_at, speaker.zone))
        title = t("talk.requests.to", name=names[one.to_person_id], day=day)
        cards.append(Card(title=title, lines=((t(f"help.state.{one.state}"), turn.key.open(one.sealed_words, WORDS)),)))
    answered = [one for one in found if one.state is HelpState.ANSWERED]
    choices = helped_choices(turn, answered[0].request_id) if answered else ()
    text = t("talk.requests.did_it_help") if answered else t("talk.requests.these")
    return Finish((Message(text=text, cards=tuple(cards), choices=choices),))


def _outcome(turn: Turn, draft: Draft) -> Finish:
    t, speaker = turn.t, turn.speaker
    helped, request_id = Helped(draft["helped"]), _id(draft["request"])
    requests = [request_id, *help_answers.answered_with(turn.session, speaker.tenant_id, speaker.person_id, request_id)]
    for one in requests:
        help_requests.resolve(turn.session, speaker.tenant_id, speaker.person_id, one, helped, now=turn.now)
    if helped is Helped.NOT_YET:
        return Finish((Message(text=t("talk.helped.said_not_yet")),))
    text = t("talk.helped.said_yes") if helped is Helped.YES else t("talk.helped.said_some")
    return Finish((Message(text=text),), undo={"requests": [str(one) for one in requests]})


def _reopen(turn: Turn, memo: Mapping[str, Any]) -> Message:
    for one in memo.get("requests") or [memo.get("request")]:
        help_requests.reopen(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, _id(one), now=turn.now)
    return Message(text=turn.t("talk.helped.open_again"))


def _meeting(turn: Turn, draft: Draft) -> Finish:
    t, fits = turn.t, draft["fits"] == "yes"
    help_requests.say_if_it_fits(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, _id(draft["answer"]), fits, now=turn.now)
    return Finish((Message(text=t("talk.meeting.fits") if fits else t("talk.meeting.other_time")),))


def _ask_handover(turn: Turn, _draft: Draft) -> Message:
    t = turn.t
    return Message(text=t("talk.handover.agree"), choices=(wording.pick(t("talk.yes"), "yes"), wording.pick(t("talk.no"), "no")))


def _take_yes_no(_turn: Turn, _draft: Draft, reply: Reply) -> Took | Again | None:
    said = reply.value or (_YES_NO.get(reply.closed) if reply.closed else None)
    return Took({"agrees": said}) if said in ("yes", "no") else None


def _decide(turn: Turn, draft: Draft) -> Finish:
    t, agrees = turn.t, draft["agrees"] == "yes"
    handovers.decide(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, _id(draft["handover"]), agrees, now=turn.now)
    return Finish((Message(text=t("talk.handover.passed") if agrees else t("talk.handover.stays")),))


def _id(told: object) -> UUID:
    """An id that a button carried.

    Raises:
        NotFound: it is none.
    """
    try:
        return UUID(str(told))
    except ValueError:
        raise NotFound(what="help_request") from None


def _begin_outcome(_turn: Turn, opening: Opening) -> Draft:
    if opening.seed.get("helped") not in set(Helped):
        raise InvalidInput(field="helped")
    return dict(opening.seed)


DIALOGUES = (
    Dialogue("my_requests", _view),
    Dialogue("help_outcome", _outcome, begin=_begin_outcome, undo=_reopen),
    Dialogue("meeting", _meeting, handed=True),
    Dialogue("handover", _decide, steps=(Step("agrees", _ask_handover, _take_yes_no, skippable=False),), handed=True),
)
