"""Asking for help: the student's words first, verbatim; kind, course and person are inferred; one card to confirm; sent.

Then it is open until a person presses *seen*, answers, and it is resolved; `help_after.py` has what comes after.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from bot import wording
from bot.adults import Teacher, answers_soon, present_teacher, teachers, usually_answers
from bot.dialogue import Again, CourseNeed, Dialogue, Draft, Finish, Opening, Step, Took
from bot.phrases import chooses
from bot.turn import Reply, Turn
from core.courses.guide import guide_of
from core.errors import NotFound
from core.journal import help_requests
from core.journal.absences import absence_of
from core.journal.goals import STEP, open_goals, steps_of
from core.journal.help_requests import Kind
from core.journal.stuck import own_counts
from core.journal.words import LONGEST_WORDS, check_words
from core.message import Choice, Message
from intents.answers import Closed
from intents.lexicon import lexicon
from intents.loader import data
from intents.matcher import match
from intents.names import content
from intents.slots import find_competencies

NAME = "ask_help"
PERSONAL = "request_help_personal"
_LONGEST_TITLE = 40
_MEANT = {Closed.YES: "send", Closed.NO: "leave"}


def _begin(turn: Turn, opening: Opening) -> Draft:
    """Words that only say that help is wanted, as a button does, are not yet what the adult should read."""
    draft: Draft = {"personal": bool(opening.seed.get("personal"))}
    words = opening.words
    if words and match(words).intent == PERSONAL:
        draft["personal"] = True
    competency = opening.seed.get("competency") or _competency(turn, words)
    if competency:
        draft["competency"] = competency
    if words and (competency or not _says_only_that(words)):
        draft["edits" if len(words) > LONGEST_WORDS else "words"] = words
    return draft


def _says_only_that(words: str) -> bool:
    """Whether words are an everyday way to ask for help, and say nothing about what."""
    read = match(words)
    said = set(content(lexicon().normalised(words, None).split()))
    courtesies = {word for language in data().languages.values() for phrase in language.lists.courtesies for word in phrase.split()}
    return read.intent in NAMES and (read.confidence == 1.0 or said <= courtesies)


def _competency(turn: Turn, words: str | None) -> str | None:
    """What the words are about, if the course has such a target."""
    if not words:
        return None
    student = turn.student
    targets = guide_of(turn.session, student.tenant_id, student.course.id)
    found = find_competencies(words, [(str(target.competency_id), target.short_name) for target in targets])
    return found[0].id if found else None


def _ask_words(turn: Turn, draft: Draft) -> Message:
    t, adult = turn.t, _adult(turn, draft)
    reads = t("talk.reads.named", name=adult.name)
    if old := draft.get("edits"):
        return Message(text=t("talk.help.edit"), quote=old, reads=reads)
    return Message(text=t("talk.help.words", name=adult.name), reads=reads)


def _take_words(turn: Turn, draft: Draft, reply: Reply) -> Took | None:
    if not reply.text.strip():
        return None
    about = {"words": check_words(reply.text)}
    if competency := draft.get("competency") or _competency(turn, reply.text):
        about["competency"] = competency
    return Took(about)


def _adult(turn: Turn, draft: Draft) -> Teacher:
    """Whom it goes to: whoever was chosen, else the teacher of the course who is there.

    Raises:
        NotFound: nobody teaches the course.
    """
    chosen = next((one for one in teachers(turn) if str(one.person_id) == draft.get("to")), None)
    adult = chosen or present_teacher(turn)
    if adult is None:
        raise NotFound(what="teacher")
    return adult


def _confirm(turn: Turn, draft: Draft) -> Message:
    t, adult = turn.t, _adult(turn, draft)
    _foresee(turn, adult, draft.get("competency"))
    if draft["personal"]:
        text = t("talk.help.send_personal", name=adult.name)
        hint = wording.pick(t("talk.help.someone_else"), "other")
    else:
        text = t("talk.help.send", name=adult.name, course=turn.student.course.title[:_LONGEST_TITLE])
        hint = wording.pick(t("talk.help.hint"), "hint")
    send, edit = wording.pick(t("talk.help.send_it"), "send"), wording.pick(t("talk.help.edit_it"), "edit")
    return Message(text=text, quote=draft["words"], choices=(send, edit, hint, wording.pick(t("talk.something_else"), "else")))


def _take_confirmation(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    meant = reply.value or (_MEANT.get(reply.closed) if reply.closed else None)
    if meant in ("send", "hint", "leave"):
        return Took({"confirm": meant})
    if meant == "edit":
        draft["edits"] = draft.pop("words")
        return Again()
    if meant in ("else", "other"):
        return Again((_otherwise(turn, draft),), ask=False)
    if meant == "personal":
        draft["personal"] = not draft["personal"]
        return Again()
    return _take_name(turn, draft, meant or reply.text)


def _take_name(turn: Turn, draft: Draft, said: str) -> Again | None:
    """Another teacher, by button or by name."""
    for one in teachers(turn):
        if said == str(one.person_id) or chooses(said, one.name):
            draft["to"] = str(one.person_id)
            return Again()
    return None


def _otherwise(turn: Turn, draft: Draft) -> Message:
    """What else can be done with it: another teacher, for that person only or for all teachers of the course, or nothing."""
    t, adult = turn.t, _adult(turn, draft)
    others = [one for one in teachers(turn) if one.person_id != adult.person_id][:2]
    kind = t("talk.help.make_academic") if draft["personal"] else t("talk.help.make_personal", name=adult.name)
    choices = [wording.pick(t("talk.help.to", name=one.name), str(one.person_id)) for one in others]
    choices += [wording.pick(kind, "personal"), wording.pick(t("talk.help.leave"), "leave")]
    return Message(text=t("talk.help.otherwise"), choices=tuple(choices))


def _finish(turn: Turn, draft: Draft) -> Finish:
    t, competency = turn.t, draft.get("competency")
    if draft["confirm"] == "leave":
        return Finish((Message(text=t("talk.help.not_sent")),))
    if draft["confirm"] == "hint":
        return Finish(then=("stuck", {"competency": competency, "words": draft["words"], "course": str(turn.course_id)}))
    adult, kind = _adult(turn, draft), Kind.PERSONAL if draft["personal"] else Kind.ACADEMIC
    made = help_requests.ask(
        turn.session,
        turn.student,
        adult.person_id,
        kind,
        draft["words"],
        competency_id=UUID(competency) if competency else None,
        now=turn.now,
    )
    opens, (text, sentences) = _meanwhile(turn, competency), _sent(turn, adult)
    if opens is None:
        said: tuple[Message, ...] = (Message(text=text),)
    elif sentences == 1:
        said = (Message(text=f"{text} {opens[0]}", choices=(opens[1],)),)
    else:
        said = Message(text=text), Message(text=opens[0], choices=(opens[1],))
    return Finish(said, undo={"request": str(made.id)}, shows_undo=opens is None)


def _sent(turn: Turn, adult: Teacher) -> tuple[str, int]:
    """When it was sent, and when an answer can be expected: by a date where they are away, else by what is usual.

    Returns how many sentences that is as well: a message has two at most.
    """
    t, at = turn.t, turn.t.clock(turn.now, turn.student.zone)
    away = _back_on(turn, adult)
    if away:
        return t("talk.help.sent_away", clock=at, name=adult.name, day=t.day(date.fromisoformat(away))), 2
    soon = answers_soon(t, adult.name, _usually(turn, adult))
    return (t("talk.help.sent_soon", clock=at, soon=soon), 1) if soon else (t("talk.help.sent", clock=at), 2)


def _foresee(turn: Turn, adult: Teacher, competency: str | None) -> None:
    """Read with the question what is said once it is sent: the turn that sends has enough to do."""
    _back_on(turn, adult)
    _usually(turn, adult)
    _helped(turn, competency)


def _usually(turn: Turn, adult: Teacher) -> int | None:
    days: int | None = turn.recall(f"usually.{adult.person_id}", lambda: usually_answers(turn, adult.person_id))
    return days


def _back_on(turn: Turn, adult: Teacher) -> str | None:
    """Until which day an adult is away; None when they are there."""

    def read() -> str | None:
        away = absence_of(turn.session, turn.speaker.tenant_id, adult.person_id, turn.student.course.id, turn.student.today(turn.now))
        return away.until_on.isoformat() if away else None

    day: str | None = turn.recall(f"away.{adult.person_id}", read)
    return day


def _helped(turn: Turn, competency: str | None) -> list[str] | None:
    """What helped this student before, the goal of theirs that is nearest, and its next step; None where nothing is known."""

    def read() -> list[str] | None:
        student = turn.student
        helped = [key for key, count in own_counts(turn.session, student).items() if count.helped > count.did_not]
        if not helped:
            return None
        goals = open_goals(turn.session, student.tenant_id, student.person_id, student.course.id)
        goals = sorted(goals, key=lambda goal: str(goal.competency_id) != competency)[:1]
        waiting = [step for step in steps_of(turn.session, student.tenant_id, [goal.id for goal in goals]) if step.done_at is None]
        return [helped[0], str(goals[0].id), student.key.open(waiting[0].sealed_words, STEP)] if waiting else None

    found: list[str] | None = turn.recall("helped", read)
    return found


def _meanwhile(turn: Turn, competency: str | None) -> tuple[str, Choice] | None:
    """What to do while they wait, by what helped them before."""
    t, found = turn.t, _helped(turn, competency)
    if found is None:
        return None
    trick, goal, step = found
    text = t("talk.help.meanwhile", trick=t(f"talk.trick.{trick}"), step=step[:1].lower() + step[1:])
    return text, wording.begin(t("talk.open"), "start_step", goal=goal, course=str(turn.course_id))


def _undo(turn: Turn, memo: Mapping[str, Any]) -> Message:
    help_requests.take_back(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, UUID(memo["request"]), now=turn.now)
    return Message(text=turn.t("talk.help.taken_back"))


def _title(turn: Turn, draft: Draft) -> str:
    t = turn.t
    return t("talk.help.title_to", name=_adult(turn, draft).name) if draft else t("talk.help.title")


NAMES = ("request_help_academic", PERSONAL, "request_teacher_talk")
DIALOGUES = (
    Dialogue(
        NAME,
        _finish,
        steps=(
            Step("words", _ask_words, _take_words, free=True, skippable=False),
            Step("confirm", _confirm, _take_confirmation, skippable=False),
        ),
        intents=NAMES,
        course=CourseNeed.ONE,
        begin=_begin,
        undo=_undo,
        title=_title,
    ),
)
