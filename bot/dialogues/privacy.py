"""Privacy: who reads what, a copy of everything, erasing, and telling the school what one thinks of Paceline."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bot import wording
from bot.dialogue import ANYBODY, Dialogue, Draft, Finish, Opening, Step, Took
from bot.turn import Reply, Turn
from core.journal.feedback import give_feedback, take_back_feedback
from core.message import Card, Choice, Message
from core.people.access import Role
from intents.answers import Closed
from intents.matcher import match

RECORDS = "home.records"
READ = ("goals", "check_ins", "help", "reflections", "mood")
"""What there is to read; each has a sentence that says who may."""

_SURE = {Closed.YES: "send", Closed.NO: "leave"}


def _who_reads(turn: Turn, _draft: Draft) -> Finish:
    """The same table as on the home page, and what can be done."""
    t = turn.t
    if turn.speaker.role is not Role.STUDENT:
        return Finish((Message(text=t("talk.privacy.adult"), choices=(Choice(label=t("talk.privacy.records"), opens=RECORDS),)),))
    lines = tuple((t(f"reads.{what}"), t(f"reads.{what}.who")) for what in READ)
    choices = (
        Choice(label=t("talk.privacy.records"), opens=RECORDS),
        wording.begin(t("talk.privacy.withdraw"), "withdraw_reflection"),
        wording.begin(t("talk.privacy.export"), "export_mine"),
        wording.begin(t("talk.privacy.erase"), "erase_mine"),
    )
    return Finish((Message(text=t("talk.privacy.who"), cards=(Card(title=t("reads.title"), lines=lines),), choices=choices),))


def _export(turn: Turn, _draft: Draft) -> Finish:
    """The copy is made where it is downloaded, so that it passes through nobody's hands."""
    t = turn.t
    choices = (
        Choice(label=t("talk.privacy.export_html"), opens="records.export_html"),
        Choice(label=t("talk.privacy.export_json"), opens="records.export_json"),
    )
    return Finish((Message(text=t("talk.privacy.export_here"), choices=choices),))


def _erase(turn: Turn, _draft: Draft) -> Finish:
    """What goes and what stays is on a page, and so is the button: it cannot be taken back."""
    t = turn.t
    choices = (
        wording.begin(t("talk.privacy.export_first"), "export_mine"),
        Choice(label=t("talk.privacy.erase_page"), opens="records.ask"),
    )
    return Finish((Message(text=t("talk.privacy.erase_here"), choices=choices),))


def _begin_feedback(_turn: Turn, opening: Opening) -> Draft:
    """Words that only announce feedback are not it."""
    words = opening.words
    return {"words": words} if words and match(words).confidence < 1.0 else {}


def _ask_feedback(turn: Turn, _draft: Draft) -> Message:
    t = turn.t
    return Message(text=t("talk.feedback.say"), reads=t("talk.feedback.reads"))


def _take_feedback(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({"words": reply.text}) if reply.text.strip() else None


def _ask_sure(turn: Turn, draft: Draft) -> Message:
    t = turn.t
    choices = (wording.pick(t("talk.help.send_it"), "send"), wording.pick(t("talk.help.leave"), "leave"))
    return Message(text=t("talk.feedback.send"), quote=draft["words"], choices=choices, reads=t("talk.feedback.reads"))


def _take_sure(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    said = reply.value or (_SURE.get(reply.closed) if reply.closed else None)
    return Took({"sure": said}) if said in ("send", "leave") else None


def _send_feedback(turn: Turn, draft: Draft) -> Finish:
    t, speaker = turn.t, turn.speaker
    if draft["sure"] == "leave":
        return Finish((Message(text=t("talk.help.not_sent")),))
    made = give_feedback(
        turn.session, turn.key, speaker.tenant_id, speaker.person_id, draft["words"], course_id=speaker.course_id, now=turn.now
    )
    return Finish((Message(text=t("talk.feedback.sent")),), undo={"feedback": str(made.id)})


def _take_back(turn: Turn, memo: Mapping[str, Any]) -> Message:
    take_back_feedback(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, UUID(memo["feedback"]))
    return Message(text=turn.t("talk.feedback.taken_back"))


def _title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.privacy.title")


def _feedback_title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.feedback.title")


def _export_title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.privacy.export")


def _erase_title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.privacy.erase")


DIALOGUES = (
    Dialogue("who_reads", _who_reads, intents=("privacy_question",), roles=ANYBODY, title=_title),
    Dialogue("export_mine", _export, intents=("export_my_data",), roles=ANYBODY, title=_export_title),
    Dialogue("erase_mine", _erase, intents=("delete_my_data",), title=_erase_title),
    Dialogue(
        "feedback",
        _send_feedback,
        steps=(
            Step("words", _ask_feedback, _take_feedback, free=True, skippable=False),
            Step("sure", _ask_sure, _take_sure, skippable=False),
        ),
        intents=("feedback",),
        roles=ANYBODY,
        begin=_begin_feedback,
        undo=_take_back,
        title=_feedback_title,
    ),
)
