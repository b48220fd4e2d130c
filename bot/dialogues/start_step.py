"""Starting the next step of a goal: one sentence, and a button for when it is done."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bot import wording
from bot.dialogue import CourseNeed, Dialogue, Draft, Finish, Opening, Step, Took
from bot.goals import find_aim, no_goal, own_aims
from bot.phrases import Short, is_short
from bot.turn import Reply, Turn
from bot.work import Work, called, step_label, steps_called, work_of
from core.journal.goal_steps import step_done, step_undone
from core.message import Message
from intents.answers import Closed

NAME = "start_step"
DONE, STUCK = "done", "stuck"


def _begin(turn: Turn, opening: Opening) -> Draft:
    """The goal that was handed over, else the next one due in the course, and its first step that is left.

    Raises:
        NotFound: what was handed over is no open goal of theirs.
    """
    handed = opening.seed.get("goal")
    aim = find_aim(turn, handed) if handed else next((one for one in own_aims(turn) if one.course_id == turn.course_id), None)
    if aim is None:
        return {"goal": None}
    position = next((place for place, (_, done) in enumerate(aim.steps) if not done), None)
    return {"goal": str(aim.goal_id), "position": position, "work": work_of(aim)}


def _label(draft: Draft) -> str:
    """The step within a sentence; the goal where no step is left."""
    work, position = Work(**draft["work"]), draft["position"]
    return called(work) if position is None else step_label(str(work.steps[position][0]))


def _ask(turn: Turn, draft: Draft) -> Message | None:
    if draft["goal"] is None:
        return None
    t = turn.t
    choices = (wording.pick(t("talk.step.done"), DONE), wording.pick(t("talk.step.stuck"), STUCK))
    return Message(text=t("talk.step.go", step=_label(draft)), choices=choices)


def _take(turn: Turn, draft: Draft, reply: Reply) -> Took | None:
    if reply.value == STUCK or is_short(reply.text, Short.STUCK):
        return Took({"how": STUCK})
    if reply.value == DONE or reply.closed is Closed.YES or is_short(reply.text, Short.DONE):
        if draft["position"] is not None:
            step_done(turn.session, turn.student, UUID(draft["goal"]), draft["position"], now=turn.now)
        return Took({"how": DONE})
    return Took({"how": None}) if reply.closed is Closed.NO else None


def _finish(turn: Turn, draft: Draft) -> Finish:
    t = turn.t
    if draft["goal"] is None:
        return Finish((no_goal(turn),))
    work, course = Work(**draft["work"]), str(turn.course_id)
    if draft["how"] == STUCK:
        about = {"competency": work.competency} if work.competency else {}
        return Finish(then=("stuck", {**about, "goal": draft["goal"], "course": course}))
    if draft["how"] is None:
        return Finish((Message(text=t("talk.step.later", step=_label(draft))),))
    if draft["position"] is None:
        check_in = wording.begin(t("talk.menu.check_in"), "check_in", goal=draft["goal"], course=course)
        return Finish((Message(text=t("talk.step.worked", goal=called(work)), choices=(check_in,)),))
    done, seed = work.done + 1, {"goal": draft["goal"], "course": course}
    memo = {"goal": draft["goal"], "course": course, "position": draft["position"]}
    if done == work.planned:
        text = t("talk.check_in.if_reached", steps=steps_called(t, work, done), goal=called(work))
        return Finish((Message(text=text, choices=(wording.begin(t("talk.check_in.reached"), "complete_goal", **seed),)),), undo=memo)
    text = t("talk.step.counted", done=t.number(done), planned=t.number(work.planned), day=t.day(turn.student.today(turn.now)))
    return Finish((Message(text=text, choices=(wording.begin(t("talk.step.next"), NAME, **seed),)),), undo=memo)


def _undo(turn: Turn, memo: Mapping[str, Any]) -> Message:
    step_undone(turn.session, turn.student_in(UUID(memo["course"])), UUID(memo["goal"]), memo["position"], now=turn.now)
    return Message(text=turn.t("talk.step.undone"))


def _title(turn: Turn, draft: Draft) -> str:
    return _label(draft) if draft.get("goal") else turn.t("talk.step.title")


DIALOGUES = (Dialogue(NAME, _finish, steps=(Step("how", _ask, _take),), course=CourseNeed.GOAL, begin=_begin, undo=_undo, title=_title),)
