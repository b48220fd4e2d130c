"""The goals that a student has: shown, finished, dropped. Finishing one on a target makes a claim, which a teacher looks at."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bot import goals, wording
from bot.adults import reads_teacher, teachers, within
from bot.dialogue import Dialogue, Draft, Finish, Opening, Step, Took
from bot.goals import Aim, about, capital, enter, find_aim, goal_step, inside, know_goal, last_goal, memo_of, no_goal, own_aims
from bot.turn import Reply, Turn
from core.courses.guide import guide_of
from core.i18n import Translator
from core.journal import claims, goal_ends
from core.journal.checkins import Confidence, Progress, record_check_in
from core.message import MOST_CHOICES, Card, Choice, Message
from intents.answers import Closed
from intents.slots import find_count

VIEW, PROGRESS, COMPLETE, DROP = "view_goals", "update_goal_progress", "complete_goal", "delete_goal"
_UNSURE = (Confidence.LOST, Confidence.SHAKY)


def goal_card(turn: Turn, aim: Aim, *, course: bool = False) -> Card:
    """A goal with its day, its plan and a bar of its steps; with `course` where it belongs."""
    t = turn.t
    lines = [(t("talk.goals.by"), t.day(aim.target_on))]
    if course:
        lines.append((t("talk.goals.course"), next(place.title for place in turn.places if place.course_id == aim.course_id)))
    if aim.plan:
        lines.append((t("talk.goals.plan"), aim.plan))
    if aim.next_step:
        lines.append((t("talk.goals.next"), aim.next_step))
    return Card(title=aim.name, lines=tuple(lines), done=aim.done if aim.steps else None, planned=len(aim.steps) or None)


def check_in_button(turn: Turn, aim: Aim) -> Choice:
    """The button that checks in about a goal."""
    return wording.begin(turn.t("talk.menu.check_in"), "check_in", goal=str(aim.goal_id), course=str(aim.course_id))


def _view(turn: Turn, _draft: Draft) -> Finish:
    """At most four, the next due first, each with a bar where it has steps."""
    t = turn.t
    here = {place.course_id for place in turn.places}
    aims = [aim for aim in own_aims(turn) if aim.course_id in here]
    if not aims:
        return Finish((no_goal(turn),))
    first, several = aims[0], len(here) > 1
    cards = tuple(goal_card(turn, aim, course=several) for aim in aims[:MOST_CHOICES])
    text = t.plural("talk.goals.open", len(aims), name=goals.called(first), day=t.day(first.target_on))
    change = wording.begin(t("talk.goals.change"), "edit_goal", **({"goal": str(first.goal_id)} if len(aims) == 1 else {}))
    return Finish((Message(text=text, cards=cards, choices=(check_in_button(turn, first), change)),))


# Finished


def _ask_sure(turn: Turn, draft: Draft) -> Message | None:
    if draft["goal"] is None:
        return None
    t = turn.t
    choices = (wording.pick(t("talk.complete.yes"), "yes"), wording.pick(t("talk.complete.not_yet"), "no"))
    return Message(text=t("talk.complete.sure", name=goals.called_in(draft)), choices=choices)


def _take_sure(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    said = reply.value or {Closed.YES: "yes", Closed.NO: "no"}.get(reply.closed or Closed.SKIP)
    return Took({"sure": said}) if said in ("yes", "no", "change") else None


def _ask_confidence(turn: Turn, draft: Draft) -> Message | None:
    if draft.get("sure") != "yes":
        return None
    enter(turn, draft)
    aim = find_aim(turn, draft["goal"])
    target = _target_of(turn, aim)
    draft["target"] = str(target) if target else None
    if target is None:
        return None
    t = turn.t
    choices = tuple(wording.pick(t(f"confidence.{one}"), one) for one in Confidence)
    text = t("talk.complete.confidence", name=inside(aim.name))
    return Message(text=text, choices=choices, extras=(wording.skip(t),), reads=reads_teacher(turn))


def _target_of(turn: Turn, aim: Aim) -> UUID | None:
    """What a claim can be made on: a target of the course's guide. A unit is finished by its targets."""
    if aim.competency_id is None:
        return None
    targets = guide_of(turn.session, turn.speaker.tenant_id, aim.course_id)
    return aim.competency_id if any(target.competency_id == aim.competency_id for target in targets) else None


def _take_confidence(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return Took({"confidence": reply.value}) if reply.value in set(Confidence) else None


def _complete(turn: Turn, draft: Draft) -> Finish:
    t = turn.t
    if draft["goal"] is None:
        return Finish((no_goal(turn),))
    if draft["sure"] != "yes":
        return Finish((Message(text=t("talk.complete.stays")),))
    enter(turn, draft)
    goal = goal_ends.complete(turn.session, turn.student, UUID(draft["goal"]), now=turn.now)
    memo = memo_of(turn, [goal])
    early = (goal.target_on - turn.student.today(turn.now)).days
    name = goals.called_in(draft, opens=True)
    done = t.plural("talk.complete.early", early, name=name) if early > 0 else t("talk.complete.done", name=name)
    if not draft.get("target"):
        return Finish((Message(text=done, choices=(_next_button(t),)),), undo=memo)
    confidence = Confidence(draft["confidence"]) if draft.get("confidence") else None
    made = claims.claim(turn.session, turn.student, UUID(draft["target"]), confidence=confidence, goal_id=goal.id, now=turn.now)
    choice = _next_button(t)
    if confidence in _UNSURE:
        choice = wording.begin(t("talk.menu.ask_help"), "ask_help", competency=draft["target"], course=draft["course"])
    text = t("talk.complete.claimed", done=done, looks=_who_looks(turn))
    return Finish((Message(text=text, choices=(choice,)),), undo={**memo, "claim": str(made.id)})


def _who_looks(turn: Turn) -> str:
    t, names = turn.t, [one.name for one in teachers(turn)]
    return t("talk.complete.looks", name=capital(within(t, names[0]))) if len(names) == 1 else t("talk.complete.a_teacher_looks")


def _next_button(t: Translator) -> Choice:
    return wording.begin(t("talk.goals.whats_next"), "whats_next")


def _open_again(turn: Turn, memo: Mapping[str, Any]) -> Message:
    """The goal is open again, and the claim is taken back with it.

    Raises:
        NothingToUndo: the goal was changed since.
        ClaimDecided: a teacher has looked at it already.
    """
    if claim := memo.get("claim"):
        claims.take_back_claim(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, UUID(claim), now=turn.now)
    goals.take_back(turn, memo)
    return Message(text=turn.t("talk.goal.open_again"))


# How far it has come


def _begin_progress(turn: Turn, opening: Opening) -> Draft:
    """Of several goals a count can only be about one that has so many steps."""
    draft = know_goal(turn, opening) | {"words": opening.words}
    if "goal" not in draft:
        counted = [aim for aim in own_aims(turn) if _counted(aim, opening.words) is not None]
        draft |= about(counted[0]) if len(counted) == 1 else {}
    return draft


def _progress(turn: Turn, draft: Draft) -> Finish:
    """A count of steps is kept at once; without one, the check-in asks."""
    if draft["goal"] is None:
        return Finish((no_goal(turn),))
    enter(turn, draft)
    aim = find_aim(turn, draft["goal"])
    done = _counted(aim, draft["words"])
    if done is None:
        return Finish(then=("check_in", {"goal": draft["goal"], "course": draft["course"]}))
    record_check_in(turn.session, turn.student, Progress(goal_id=aim.goal_id, steps_done=done), now=turn.now)
    memo = {"goal": draft["goal"], "course": draft["course"], "done": aim.done}
    return Finish((_counted_message(turn, find_aim(turn, aim.goal_id)),), undo=memo)


def _counted(aim: Aim, words: str | None) -> int | None:
    """How many steps are done by now; None where the goal has none, or the words do not fit them."""
    count, planned = find_count(words or ""), len(aim.steps)
    if count is None or not planned or (count.out_of is not None and count.out_of != planned):
        return None
    if count.percent is not None:
        return planned * count.percent // 100
    done = (count.number or 0) + (aim.done if count.more else 0)
    return done if done <= planned else None


def _counted_message(turn: Turn, aim: Aim) -> Message:
    t, steps = turn.t, goals.name_steps(turn.t, [words for words, _ in aim.steps], len(aim.steps))
    seed = {"goal": str(aim.goal_id), "course": str(aim.course_id)}
    text = t("talk.progress.kept", done=t.number(aim.done), steps=steps, name=goals.called(aim))
    if aim.next_step is None:
        return Message(text=text, choices=(wording.begin(t("talk.progress.finish"), COMPLETE, **seed),))
    return Message(
        text=f"{text} {t('talk.progress.next')}", quote=aim.next_step, choices=(wording.begin(t("talk.told.start"), "start_step", **seed),)
    )


def _count_back(turn: Turn, memo: Mapping[str, Any]) -> Message:
    """The count as it was before; what was said stands in the check-in of the day."""
    enter(turn, dict(memo))
    record_check_in(turn.session, turn.student, Progress(goal_id=UUID(memo["goal"]), steps_done=memo["done"]), now=turn.now)
    return Message(text=turn.t("talk.progress.back", done=turn.t.number(memo["done"])))


# Dropped


def _ask_drop(turn: Turn, draft: Draft) -> Message | None:
    if draft["goal"] is None:
        return None
    t = turn.t
    choices = (
        wording.pick(t("talk.drop.yes"), "yes"),
        wording.pick(t("talk.drop.change"), "change"),
        wording.pick(t("talk.drop.keep"), "no"),
    )
    return Message(text=t("talk.drop.sure", name=goals.called_in(draft)), choices=choices)


def _drop(turn: Turn, draft: Draft) -> Finish:
    t = turn.t
    if draft["goal"] is None:
        return Finish((no_goal(turn),))
    if draft["sure"] == "change":
        return Finish(then=("edit_goal", {"goal": draft["goal"]}))
    if draft["sure"] != "yes":
        return Finish((Message(text=t("talk.complete.stays")),))
    enter(turn, draft)
    goal = goal_ends.drop(turn.session, turn.student, UUID(draft["goal"]), now=turn.now)
    return Finish((Message(text=t("talk.drop.done", name=goals.called_in(draft, opens=True))),), undo=memo_of(turn, [goal]))


def _begin(turn: Turn, opening: Opening) -> Draft:
    return know_goal(turn, opening)


def _begin_complete(turn: Turn, opening: Opening) -> Draft:
    """Words that name no goal are about the one that was spoken of last; whether it is finished is asked all the same."""
    draft = know_goal(turn, opening)
    last = last_goal(turn, own_aims(turn)) if "goal" not in draft else None
    return about(last) if last else draft


DIALOGUES = (
    Dialogue(VIEW, _view, intents=(VIEW,), title=lambda turn, _draft: turn.t("talk.title.goals")),
    Dialogue(
        PROGRESS,
        _progress,
        steps=(goal_step,),
        intents=(PROGRESS,),
        begin=_begin_progress,
        undo=_count_back,
        title=goals.titled(lambda t: t("talk.title.progress")),
    ),
    Dialogue(
        COMPLETE,
        _complete,
        steps=(
            goal_step,
            Step("sure", _ask_sure, _take_sure, skippable=False),
            Step("confidence", _ask_confidence, _take_confidence),
        ),
        intents=(COMPLETE,),
        begin=_begin_complete,
        undo=_open_again,
        title=goals.titled(lambda t: t("talk.title.complete")),
    ),
    Dialogue(
        DROP,
        _drop,
        steps=(goal_step, Step("sure", _ask_drop, _take_sure, skippable=False)),
        intents=(DROP,),
        begin=_begin,
        undo=_open_again,
        title=goals.titled(lambda t: t("talk.title.drop")),
    ),
)
