"""Care: what is said when words suggest harm, and to *I need help now*. Who helps at once comes first; then who was told.

`core/care/safety.py` keeps the concern and tells the contacts; a person decides. Nobody watches day and night, and it is said.
"""

from uuid import UUID

from sqlmodel import Session

from bot import wording
from bot.dialogue import Again, Dialogue, Draft, Finish, Step, Took
from bot.phrases import is_fine
from bot.turn import Reply, Turn
from core.care import safety
from core.care.resources import resources_of
from core.care.safety import Tier
from core.i18n import Translator
from core.message import Card, Choice, Message
from core.people.people import names_of
from intents.answers import Closed
from intents.safety import Concern

OK, HELP = "ok", "help"


def resources_message(session: Session, t: Translator, tenant_id: UUID) -> Message:
    """Who helps now: each line to read, and to press where a telephone is at hand."""
    lines = resources_of(session, tenant_id, t.language)
    calls = tuple(Choice(label=t(f"talk.care.{one.kind}", reach=one.reach), opens=one.address, spoken=one.name) for one in lines)
    ways: dict[str, list[str]] = {}
    for one, call in zip(lines, calls, strict=True):
        ways.setdefault(one.name, []).append(call.label)
    card = Card(title=t("talk.care.now"), lines=tuple((name, " · ".join(labels)) for name, labels in ways.items()))
    return Message(text=t("talk.care.reach_out"), cards=(card,), choices=calls, care=True)


def keep_concern(turn: Turn, concern: Concern, words: str) -> UUID:
    """Keep a student's words for whoever must look."""
    speaker = turn.speaker
    raised = safety.raise_concern(
        turn.session,
        turn.key,
        tenant_id=speaker.tenant_id,
        person_id=speaker.person_id,
        tier=concern.tier,
        reason=concern.reason,
        rule=concern.rule,
        words=words,
        channel=speaker.channel,
        zone=speaker.zone,
        now=turn.now,
    )
    return raised.id


def _told(turn: Turn, concern_id: str) -> Message:
    """Who was told, by name; where nobody could be, that is said."""
    t, speaker = turn.t, turn.speaker
    told = next(
        (one.told for one in safety.told_of(turn.session, speaker.tenant_id, speaker.person_id) if str(one.concern_id) == concern_id), ()
    )
    if not told:
        return Message(text=t("talk.care.nobody_told"), care=True)
    names = names_of(turn.session, turn.vault, speaker.tenant_id, told)
    return Message(text=t("talk.care.told", names=t.listed(list(names.values()))), care=True)


def _check(turn: Turn, draft: Draft) -> Message:
    """An acute concern has been told already; of any other it is asked first, with care."""
    t = turn.t
    choices = (wording.pick(t("talk.care.i_am_ok"), OK), wording.pick(t("talk.care.want_help"), HELP))
    if draft["tier"] == Tier.ACUTE:
        return Message(text=t("talk.care.heard_you"), choices=choices, care=True)
    return Message(text=t("talk.care.are_you_safe"), choices=choices, reads=t("talk.care.reads"), care=True)


def _take_check(turn: Turn, _draft: Draft, reply: Reply) -> Took | Again:
    meant = reply.value or {Closed.YES: OK, Closed.NO: HELP}.get(reply.closed or Closed.SKIP) or (OK if is_fine(reply.text) else None)
    if meant in (OK, HELP):
        return Took({"check": meant})
    return Again((Message(text=turn.t("talk.care.please_press"), care=True),))


def _finish(turn: Turn, draft: Draft) -> Finish:
    """*I'm OK* to a question goes on where they were; nothing that they said before is lost."""
    t, speaker, wants_help = turn.t, turn.speaker, draft["check"] == HELP
    concern = safety.answer_check(turn.session, speaker.tenant_id, speaker.person_id, UUID(draft["concern"]), wants_help, now=turn.now)
    if wants_help:
        return Finish((resources_message(turn.session, t, speaker.tenant_id), _told(turn, str(concern.id))), rests=True)
    if draft["tier"] == Tier.ACUTE:
        return Finish((Message(text=t("talk.care.still_told"), care=True),), rests=True)
    return Finish((Message(text=t("talk.care.glad")),), replay=draft.get("held"))


def _help_now(turn: Turn, _draft: Draft) -> Finish:
    speaker = turn.speaker
    concern = safety.ask_for_help_now(
        turn.session, tenant_id=speaker.tenant_id, person_id=speaker.person_id, channel=speaker.channel, now=turn.now
    )
    said = (resources_message(turn.session, turn.t, speaker.tenant_id), _told(turn, str(concern.id)))
    return Finish(said, rests=True)


def _title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.care.title")


DIALOGUES = (
    Dialogue("care", _finish, steps=(Step("check", _check, _take_check, free=True, skippable=False),), handed=True, title=_title),
    Dialogue("help_now", _help_now, title=_title),
)
