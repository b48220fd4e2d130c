"""What words mean that answer nothing: the matcher's reading, and what a student's own courses add to it."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from bot import wording
from bot.registry import Registry
from bot.turn import Turn
from core.courses.competencies import Competency
from core.courses.enrolments import Enrolment
from core.courses.guide import GuideItem
from core.message import Message
from core.people.access import Role
from intents.loader import data
from intents.matcher import Match, Zone, match
from intents.names import without
from intents.slots import Mention, find_competencies, guess_language

COMMAND_FROM = 0.85
"""From this confidence words interrupt a question that takes any words."""

COMMANDS = frozenset(
    {
        "undo",
        "help_menu",
        "privacy_question",
        "human_handoff",
        "view_goals",
        "view_pace",
        "view_mastery",
        "export_my_data",
        "delete_my_data",
    }
)
"""What may interrupt a question that takes any words."""

GUESS_FROM = 0.2
"""From this confidence an intent is offered, where the words were not understood."""

PARTING = frozenset({"thanks", "goodbye"})
"""Dialogues that leave an open question only where the words say so plainly: `see you at lunch` is no goodbye."""

NOTHING_ASKED = "nothing_asked"
"""The dialogue that a bare yes or no begins where nothing was asked."""

_TARGET = "competency"
_KNOWN = {"en": "fractions", "es": "fracciones"}
"""A target that the examples of every intent speak of: words about any other target are read as if they were about it."""


def read_words(turn: Turn, words: str) -> Match:
    """How words are read.

    A reading that is unsure is read again with the student's own target, if the words name one, replaced by one that the
    examples know; then it is acted on where it is about a target.
    """
    read = match(words)
    if read.zone is Zone.ACT or turn.speaker.role is not Role.STUDENT:
        return read
    named = _named_targets(turn, words)
    if not named:
        return read
    known = _KNOWN[guess_language(words) or turn.speaker.language]
    again = max(read, match(without(words, named[0].name, known)), key=lambda one: one.confidence)
    about_target = again.zone is Zone.DID_YOU_MEAN and _TARGET in data().intents[again.intent].slots
    return replace(again, zone=Zone.ACT) if about_target else again


def interrupts(turn: Turn, words: str, read: Match, dialogue: str, *, is_open: bool) -> bool:
    """Whether words that answer no open question begin a dialogue; the one that is open only if they say so plainly, or name a target."""
    if dialogue in PARTING:
        return read.confidence >= COMMAND_FROM
    if is_open:
        return read.confidence >= COMMAND_FROM or bool(_named_targets(turn, words))
    return dialogue != NOTHING_ASKED


def did_you_mean(turn: Turn, dialogues: Registry, read: Match, words: str) -> Message | None:
    """The two likeliest dialogues as buttons; None where nothing is likely."""
    t, role = turn.t, turn.speaker.role
    likely = [dialogues.for_intent(guess.intent, role) for guess in read.likeliest if guess.confidence >= GUESS_FROM]
    known = {dialogue.title(turn, {}): dialogue.name for dialogue in reversed(likely) if dialogue and dialogue.has_title}
    if not known:
        return None
    buttons = [wording.begin(title, name, words=words) for title, name in reversed(known.items())][:2]
    return Message(text=t("talk.did_you_mean"), choices=(*buttons, wording.begin(t("talk.something_else"), "menu")))


def is_command(words: str) -> bool:
    """Whether words are unmistakably a command, whatever was asked."""
    read = match(words)
    return read.intent in COMMANDS and read.confidence >= COMMAND_FROM


def _named_targets(turn: Turn, words: str) -> list[Mention[UUID]]:
    """The targets of the student's courses that words name."""
    return find_competencies(words, turn.once("targets", lambda: _targets(turn)))


def _targets(turn: Turn) -> list[tuple[UUID, str]]:
    whose = {"tenant_id": turn.speaker.tenant_id, "person_id": turn.speaker.person_id}
    return [(competency_id, short_name) for competency_id, short_name in turn.session.execute(_of_all_courses, whose)]


_of_all_courses = (
    select(col(Competency.id), col(Competency.short_name))
    .join(GuideItem, col(GuideItem.competency_id) == col(Competency.id))
    .join(Enrolment, col(Enrolment.course_id) == col(GuideItem.course_id))
    .where(
        col(Enrolment.tenant_id) == bindparam("tenant_id"),
        col(Enrolment.person_id) == bindparam("person_id"),
        col(Enrolment.role) == Role.STUDENT,
        col(Enrolment.active),
    )
    .order_by(col(GuideItem.course_id), col(GuideItem.position))
)
