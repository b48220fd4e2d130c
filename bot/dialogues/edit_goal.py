"""Changing a goal, and answering a teacher's suggestion. What the first words told is done at once, with undo."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from bot import goals, wording
from bot.adults import reads_teacher
from bot.dialogue import Again, Dialogue, Draft, Finish, Opening, Step, Took
from bot.goals import Aim, enter, find_aim, goal_step, know_goal, memo_of, name_steps, no_goal
from bot.turn import Reply, Turn
from core.courses.competencies import find_competency
from core.journal import suggestions
from core.journal.goal_setting import MOST_STEPS, Details, TooManySteps, change_goal
from core.journal.goals import WORDS, GoalState, own_goal
from core.journal.words import check_words
from core.message import Message
from intents.answers import Closed
from intents.goal_words import find_parts
from intents.normalise import plain
from intents.slots import find_count, find_day

EDIT, SUGGESTED = "edit_goal", "suggested_goal"
DAY, WORDS_, STEPS, WHY = "day", "words", "steps", "why"
_SPAN = re.compile(r"\b(\w+) (?:more |mas )?(days?|weeks?|months?|dias?|semanas?|mes(?:es)?)(?: mas)?\b")
_APART = re.compile(r"\s*(?:\n|;|,)\s*")


def _begin(turn: Turn, opening: Opening) -> Draft:
    """The goal, and the change where the words tell it."""
    draft = know_goal(turn, opening)
    words = opening.words
    if words and draft.get("goal", "") is not None:
        draft |= _told(turn, words)
    return draft


def _told(turn: Turn, words: str) -> Draft:
    """What words change: the day, by so much time, or the number of steps."""
    if day := goals.day_in(turn, words, turn.today):
        return {"what": DAY, DAY: day}
    if span := _SPAN.search(plain(words)):
        return {"what": DAY, "span": f"{span[1]} {span[2]}"}
    parts = find_parts(words)
    return {"what": STEPS, STEPS: str(parts.count), "one": parts.one} if parts else {}


def _ask_what(turn: Turn, draft: Draft) -> Message | None:
    if draft["goal"] is None:
        return None
    t = turn.t
    labels = ((DAY, t("talk.edit.day")), (STEPS, t("talk.edit.steps")), (WORDS_, t("talk.edit.words")), (WHY, t("talk.edit.why")))
    text = t("talk.edit.what", name=goals.called_in(draft))
    return Message(text=text, choices=tuple(wording.pick(label, value) for value, label in labels))


def _take_what(turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    if reply.value is not None:
        return Took({"what": reply.value})
    told = _told(turn, reply.text)
    if not told and reply.number is not None:
        return Took({"what": STEPS, STEPS: str(reply.number)})
    return Took(told) if told else None


def _ask_day(turn: Turn, draft: Draft) -> Message | None:
    if draft.get("what") != DAY or draft.get("span"):
        return None
    enter(turn, draft)
    text = turn.t("talk.edit.by_when", name=goals.called_in(draft, opens=True))
    return goals.ask_day(turn, text, turn.student.today(turn.now))


def _take_day(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    enter(turn, draft)
    return goals.take_day(turn, reply, turn.student.today(turn.now))


def _ask_words(turn: Turn, draft: Draft) -> Message | None:
    if draft.get("what") != WORDS_:
        return None
    enter(turn, draft)
    return Message(text=turn.t("talk.edit.new_words", name=goals.called_in(draft)), reads=reads_teacher(turn))


def _take_words(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({WORDS_: check_words(reply.text)}) if reply.text.strip() else None


def _ask_steps(turn: Turn, draft: Draft) -> Message | None:
    if draft.get("what") != STEPS:
        return None
    enter(turn, draft)
    return Message(text=turn.t("talk.edit.new_steps"), reads=reads_teacher(turn))


def _take_steps(turn: Turn, _draft: Draft, reply: Reply) -> Took | Again | None:
    """A number of steps, or the steps themselves with a comma or a line between them."""
    if not reply.text.strip():
        return None
    steps = [one for one in _APART.split(reply.text.strip()) if one]
    counted = find_count(reply.text)
    number = reply.number if reply.number is not None else counted.number if counted and len(steps) == 1 else None
    if (number if number is not None else len(steps)) > MOST_STEPS:
        return Again((wording.refused(turn.t, TooManySteps(most=MOST_STEPS)),))
    return Took({STEPS: str(number) if number else steps})


def _edit(turn: Turn, draft: Draft) -> Finish:
    if draft["goal"] is None:
        return Finish((no_goal(turn),))
    if draft["what"] == WHY:
        return Finish(then=("goal_why", {"goal": draft["goal"]}))
    enter(turn, draft)
    aim = find_aim(turn, draft["goal"])
    if draft["what"] == STEPS and isinstance(draft[STEPS], str):
        goal = goals.lighten(turn, aim.goal_id, int(draft[STEPS]), None, one=draft.get("one"))
    else:
        details = Details(words=draft.get(WORDS_), steps=draft.get(STEPS))
        goal = change_goal(turn.session, turn.student, aim.goal_id, target_on=_new_day(turn, draft, aim), details=details, now=turn.now)
    changed = find_aim(turn, aim.goal_id)
    return Finish((_said(turn, changed, draft["what"]),), undo=memo_of(turn, [goal]))


def _new_day(turn: Turn, draft: Draft, aim: Aim) -> date | None:
    """The day that was told; `one more week` is counted from the goal's day, or from today where that has passed."""
    if day := draft.get(DAY):
        return date.fromisoformat(day)
    if span := draft.get("span"):
        start = max(aim.target_on, turn.student.today(turn.now))
        found = find_day(f"in {span}", start) or find_day(f"en {span}", start, language="es")
        return found.day if found else None
    return None


def _said(turn: Turn, aim: Aim, what: str) -> Message:
    """The change said back, with what stands now."""
    t, name = turn.t, goals.called(aim, opens=True)
    if what == DAY:
        return Message(text=t("talk.edit.moved", name=name, day=t.day(aim.target_on)))
    if what == STEPS:
        steps = name_steps(t, [words for words, _ in aim.steps], len(aim.steps))
        return Message(text=t("talk.edit.resized", name=name, steps=steps, day=t.day(aim.target_on)))
    return Message(text=t("talk.edit.reworded", day=t.day(aim.target_on)))


def _restored(turn: Turn, memo: Mapping[str, Any]) -> Message:
    goals.take_back(turn, memo)
    return Message(text=turn.t("talk.goal.restored"))


# A teacher's suggestion


def _begin_suggested(turn: Turn, opening: Opening) -> Draft:
    """The suggestion, and what a button says to it. One whose day has passed is asked for another.

    Raises:
        NotFound: no such goal of theirs.
        GoalNotOpen: it was answered already.
    """
    goal = own_goal(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, UUID(opening.seed["goal"]), state=GoalState.SUGGESTED)
    if goal.competency_id:
        name = find_competency(turn.session, goal.tenant_id, goal.competency_id).short_name
    else:
        name = turn.key.open(goal.sealed_words or b"", WORDS)
    draft: Draft = {"goal": str(goal.id), "course": str(goal.course_id), "name": name, "own": goal.competency_id is None}
    answer = opening.seed.get("answer")
    if answer == "accept" and goal.target_on < turn.student_in(goal.course_id).today(turn.now):
        answer = "edit"
    return draft | ({"answer": answer} if answer in ("accept", "edit", "decline") else {})


def _ask_answer(turn: Turn, draft: Draft) -> Message:
    t = turn.t
    labels = (("accept", t("talk.told.accept")), ("edit", t("talk.told.edit")), ("decline", t("talk.told.decline")))
    choices = tuple(wording.pick(label, value) for value, label in labels)
    return Message(text=t("talk.suggested.what", name=goals.called_in(draft)), choices=choices)


def _take_answer(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    said = reply.value or {Closed.YES: "accept", Closed.NO: "decline"}.get(reply.closed or Closed.SKIP)
    return Took({"answer": said}) if said else None


def _ask_other_day(turn: Turn, draft: Draft) -> Message | None:
    if draft["answer"] != "edit":
        return None
    return _ask_day(turn, {**draft, "what": DAY})


def _answer(turn: Turn, draft: Draft) -> Finish:
    enter(turn, draft)
    goal_id = UUID(draft["goal"])
    if draft["answer"] == "decline":
        goal = suggestions.decline(turn.session, turn.student, goal_id, now=turn.now)
        return Finish((Message(text=turn.t("talk.suggested.declined")),), undo=memo_of(turn, [goal]))
    day = date.fromisoformat(draft[DAY]) if draft.get(DAY) else None
    goal = suggestions.accept(turn.session, turn.student, goal_id, target_on=day, now=turn.now)
    return Finish(undo=memo_of(turn, [goal]), then=("start_plan", {"goal": draft["goal"], "accepted": True}))


def _suggested_again(turn: Turn, memo: Mapping[str, Any]) -> Message:
    goals.take_back(turn, memo)
    return Message(text=turn.t("talk.suggested.again"))


DIALOGUES = (
    Dialogue(
        EDIT,
        _edit,
        steps=(
            goal_step,
            Step("what", _ask_what, _take_what, skippable=False),
            Step(DAY, _ask_day, _take_day, skippable=False),
            Step(WORDS_, _ask_words, _take_words, free=True, skippable=False),
            Step(STEPS, _ask_steps, _take_steps, free=True, skippable=False),
        ),
        intents=(EDIT,),
        begin=_begin,
        undo=_restored,
        title=goals.titled(lambda t: t("talk.title.edit")),
    ),
    Dialogue(
        SUGGESTED,
        _answer,
        steps=(Step("answer", _ask_answer, _take_answer, skippable=False), Step(DAY, _ask_other_day, _take_day, skippable=False)),
        handed=True,
        begin=_begin_suggested,
        undo=_suggested_again,
        title=goals.title,
    ),
)
