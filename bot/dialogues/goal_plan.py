"""When and where a goal is started, a reminder, and why it matters: each a short talk about one open goal."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bot import goals, wording
from bot.adults import reads_teacher
from bot.dialogue import Dialogue, Draft, Finish, Opening, Step, Took
from bot.goals import Aim, about, enter, find_aim, inside, next_of, own_aims, plan_sentence, who_sees
from bot.turn import Reply, Turn
from core.data.clock import local_day
from core.journal.goal_setting import Details, change_goal
from core.journal.notices import Notice, promise_notice
from core.journal.words import check_words
from core.message import Message
from intents.answers import Closed
from intents.goal_words import says_no_idea

START, REMIND, WHY = "start_plan", "remind", "goal_why"


def _begin(turn: Turn, opening: Opening) -> Draft:
    """What was handed over, with the goal's course and name."""
    return {**opening.seed, **about(find_aim(turn, opening.seed.get("goal")))}


def _begin_reminder(turn: Turn, opening: Opening) -> Draft:
    """The goal that a button hands over, or that the words mean."""
    return _begin(turn, opening) if "goal" in opening.seed else goals.know_goal(turn, opening)


def _restored(turn: Turn, memo: Mapping[str, Any]) -> Message:
    goals.take_back(turn, memo)
    return Message(text=turn.t("talk.goal.restored"))


def _ask_start(turn: Turn, draft: Draft) -> Message | None:
    """What stands now, read anew each time, and one question; none where the goal was taken back meanwhile."""
    t, aim = turn.t, _open_aim(turn, draft)
    if aim is None:
        return None
    wished = t("talk.set_goal.wished", name=aim.name, day=t.day(aim.target_on))
    if draft.get("accepted"):
        return Message(text=t("talk.goal.accepted", goal=wished))
    return Message(text=t("talk.set_goal.plan", goal=wished))


def _open_aim(turn: Turn, draft: Draft) -> Aim | None:
    return next((aim for aim in own_aims(turn) if str(aim.goal_id) == draft["goal"]), None)


def _take_words(reply: Reply, name: str) -> Took | None:
    """Any words; *no* and *no idea* pass the question over."""
    if reply.closed is Closed.NO or says_no_idea(reply.text):
        return Took({name: None})
    return Took({name: check_words(reply.text)}) if reply.text.strip() else None


def _take_plan(turn: Turn, draft: Draft, reply: Reply) -> Took | None:
    took, aim = _take_words(reply, "plan"), _open_aim(turn, draft)
    if took and took.draft["plan"] and aim:
        check_words(plan_sentence(turn.t, reply.text, next_of(aim)))
    return took


def _take_why(_turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    return _take_words(reply, "why")


def _start(turn: Turn, draft: Draft) -> Finish:
    t, words, aim = turn.t, draft.get("plan"), _open_aim(turn, draft)
    if aim is None:
        return Finish()
    enter(turn, draft)
    if not words:
        return Finish((Message(text=t("talk.plan.none"), extras=(goals.remind_button(turn, aim.goal_id, aim.course_id),)),))
    plan = plan_sentence(t, words, next_of(aim))
    goal = change_goal(turn.session, turn.student, aim.goal_id, details=Details(plan=plan), now=turn.now)
    memo = goals.memo_of(turn, [goal])
    extras = (wording.undo(t, START, memo), goals.remind_button(turn, aim.goal_id, aim.course_id))
    return Finish((Message(text=t("talk.set_goal.saved", plan=plan, seen=who_sees(turn)), extras=extras),), undo=memo)


def _remind(turn: Turn, draft: Draft) -> Finish:
    """Promise one reminder; a second press says the same once more, and promises nothing."""
    if draft["goal"] is None:
        return Finish((goals.no_goal(turn),))
    t, at = turn.t, goals.next_reminder(turn)
    goal_id = UUID(draft["goal"])
    once = f"{goal_id}:{at.isoformat()}"
    promise_notice(
        turn.session, Notice.REMINDER, turn.speaker.person_id, {"goal": goal_id}, tenant_id=turn.speaker.tenant_id, once=once, due_at=at
    )
    day = t("talk.remind.today") if local_day(at, turn.speaker.zone) == turn.today else t("talk.remind.tomorrow")
    why = wording.begin(t("talk.why.button"), WHY, goal=draft["goal"], course=draft["course"])
    text = t("talk.remind.set", name=inside(draft["name"]), day=day, clock=t.clock(at, turn.speaker.zone))
    return Finish((Message(text=text, choices=(why,)),))


def _ask_why(turn: Turn, draft: Draft) -> Message:
    enter(turn, draft)
    t = turn.t
    return Message(text=t("talk.why.ask", name=inside(draft["name"])), extras=(wording.skip(t),), reads=reads_teacher(turn))


def _keep_why(turn: Turn, draft: Draft) -> Finish:
    t, words = turn.t, draft.get("why")
    if not words:
        return Finish((Message(text=t("talk.why.none")),))
    enter(turn, draft)
    goal = change_goal(turn.session, turn.student, UUID(draft["goal"]), details=Details(why=words), now=turn.now)
    return Finish((Message(text=t("talk.why.kept")),), undo=goals.memo_of(turn, [goal]))


DIALOGUES = (
    Dialogue(
        START,
        _start,
        steps=(Step("plan", _ask_start, _take_plan, free=True),),
        begin=_begin,
        undo=_restored,
        title=goals.title,
    ),
    Dialogue(
        REMIND,
        _remind,
        steps=(goals.goal_step,),
        intents=("remind_me",),
        begin=_begin_reminder,
        title=goals.titled(lambda t: t("talk.remind.title")),
    ),
    Dialogue(WHY, _keep_why, steps=(Step("why", _ask_why, _take_why, free=True),), begin=_begin, undo=_restored, title=goals.title),
)
