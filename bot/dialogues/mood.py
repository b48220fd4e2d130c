"""How a student is: five faces, once a day over all courses, for the student alone. Nothing is guessed from words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot import wording
from bot.dialogue import Again, Dialogue, Draft, Finish, Opening, Step, Took
from bot.phrases import find_mood
from bot.turn import Reply, Turn
from core.journal.checkins import say_mood, take_back_mood
from core.message import Choice, Message

FACES = {5: "😄", 4: "🙂", 3: "😐", 2: "🙁", 1: "😢"}
"""From the happiest to the saddest, as they are shown."""

LOW = 2
"""From here down, somebody to talk to is offered."""

NAME = "log_mood"


def ask_mood(turn: Turn) -> Message:
    """The question, with its five faces and a way past it."""
    return Message(text=turn.t("talk.mood.ask"), **_faces(turn))


def take_mood(turn: Turn, reply: Reply) -> Took | Again | None:
    """A face, or the usual word for one. A number means too many things."""
    value = int(reply.value) if reply.value else find_mood(reply.text)
    if value is not None:
        return Took({"mood": value})
    return Again((Message(text=turn.t("talk.mood.which"), **_faces(turn)),), ask=False) if reply.number is not None else None


def keep_mood(turn: Turn, value: int) -> Message:
    """Keep the mood of today, and say who sees it; the lower two are offered somebody to talk to."""
    t, speaker = turn.t, turn.speaker
    say_mood(turn.session, speaker.tenant_id, speaker.person_id, value, zone=speaker.zone, now=turn.now)
    if value > LOW:
        return Message(text=t("talk.mood.kept", face=FACES[value]))
    talk = wording.begin(t("talk.mood.talk"), "ask_help", personal=True)
    return Message(text=t("talk.mood.kept_low", face=FACES[value]), choices=(talk,))


def forget_mood(turn: Turn, day: str) -> Message:
    """Take the mood of a day back."""
    take_back_mood(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, date.fromisoformat(day))
    return Message(text=turn.t("talk.mood.taken_back"))


def _faces(turn: Turn) -> dict[str, Any]:
    t = turn.t
    choices = tuple(Choice(label=face, value=str(value), spoken=t(f"talk.mood.face.{value}")) for value, face in FACES.items())
    return {"choices": choices, "scale": True, "extras": (wording.skip(t),), "reads": t("talk.reads.only_mood")}


def _begin(_turn: Turn, opening: Opening) -> Draft:
    value = find_mood(opening.words or "")
    return {} if value is None else {"mood": value}


def _finish(turn: Turn, draft: Draft) -> Finish:
    if draft["mood"] is None:
        return Finish((Message(text=turn.t("talk.mood.skipped")),))
    return Finish((keep_mood(turn, draft["mood"]),), undo={"day": turn.today.isoformat()})


def _undo(turn: Turn, memo: Mapping[str, Any]) -> Message:
    return forget_mood(turn, memo["day"])


def _title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.mood.title")


DIALOGUES = (
    Dialogue(
        NAME,
        _finish,
        steps=(Step("mood", lambda turn, _draft: ask_mood(turn), lambda turn, _draft, reply: take_mood(turn, reply)),),
        intents=(NAME,),
        begin=_begin,
        undo=_undo,
        title=_title,
    ),
)
