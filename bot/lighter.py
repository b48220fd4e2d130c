"""A goal made lighter within a check-in: less of it, another day, or a person; then when to start."""

from datetime import date, timedelta

from bot import wording
from bot.adapting import adaptation, capital, done_in, is_all_done, is_overdue, number_of
from bot.adults import reads_teacher
from bot.dialogue import Again, Draft, Step, Took
from bot.goals import find_aim, lighten, next_of, plan_sentence, who_sees
from bot.turn import Reply, Turn
from bot.work import Work, called, steps_called, work_in
from core.courses.calendar import calendar_of
from core.journal.checkins import Blocker, Confidence
from core.journal.goal_setting import Details, change_goal
from core.message import Message
from intents.answers import Closed
from intents.days import FRIDAY
from intents.slots import find_count, find_day

_WEEK = 7


def is_to_lighten(turn: Turn, draft: Draft) -> bool:
    """Whether the goal itself is to change: time is short, or its day has passed, and there is work left."""
    work = work_in(draft)
    if work.goal is None or is_all_done(work, draft) or draft.get("sure") == Confidence.COULD_TEACH:
        return False
    return draft.get("in_the_way") == Blocker.TIME or is_overdue(turn, work)


def _fewer(work: Work, draft: Draft) -> int | None:
    """How many steps a lighter goal would have: half of what is left, rounded up; None where nothing lighter is left."""
    done = done_in(work, draft)
    left = work.planned - done
    return done + (left + 1) // 2 if left > 1 else None


def _week_end(turn: Turn) -> date:
    """The last school day of this week, or of the first week that has one to come."""
    student, today = turn.student, turn.student.today(turn.now)
    calendar = calendar_of(turn.session, student.tenant_id, student.course.id)
    first = calendar.after(today, 1)
    friday = first + timedelta(days=(FRIDAY - first.weekday()) % _WEEK)
    return max(day for place in range(_WEEK) if (day := friday - timedelta(days=place)) >= first and calendar.is_instructional(day))


def _question(turn: Turn, draft: Draft) -> Message:
    """Less, another day, or a person; what is done already counts first."""
    t, work = turn.t, work_in(draft)
    count, lead = _fewer(work, draft), _lead(turn, work, draft)
    choices = [wording.pick(t("talk.check_in.move"), "move"), wording.pick(t("talk.menu.ask_help"), "help")]
    if count:
        choices.insert(0, wording.pick(_fewer_label(turn, count), "fewer"))
    asked = t("talk.check_in.less") if count else t("talk.check_in.what_fits")
    return Message(text=f"{lead} {asked}", choices=tuple(choices), reads=reads_teacher(turn))


def _lead(turn: Turn, work: Work, draft: Draft) -> str:
    t, done = turn.t, done_in(work, draft)
    if is_overdue(turn, work) and work.due_on:
        return t("talk.check_in.overdue", day=t.day(work.due_on))
    if not done:
        return t("talk.check_in.that_happens")
    return t.plural("talk.check_in.already_counts", done, number=capital(number_of(t, work, done)))


def _fewer_label(turn: Turn, count: int) -> str:
    t, end, today = turn.t, _week_end(turn), turn.student.today(turn.now)
    this_week = end.isocalendar()[:2] == today.isocalendar()[:2]
    if this_week:
        return t("talk.check_in.this_week", number=t.number(count))
    return t("talk.check_in.by_day", number=t.number(count), day=t.day(end))


def _ask_lighter(turn: Turn, draft: Draft) -> Message | None:
    if not is_to_lighten(turn, draft):
        return None
    _as_before(turn, draft)
    return _question(turn, draft)


def _take_lighter(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    if wording.skips(reply) or reply.closed is Closed.NO:
        return Took({"lighter": "keep", "closed": turn.heard_id}, (adaptation(turn, draft),))
    if reply.value in ("move", "help"):
        return Took({"lighter": reply.value})
    work, count = work_in(draft), _fewer(work_in(draft), draft)
    said = _said(turn, work, draft, reply)
    if reply.value is None and (day := _day_in(turn, reply)) and not (said and day == _week_end(turn)):
        return Took({"lighter": "move"} | _moved(turn, work, day))
    if reply.value == "fewer" or reply.closed is Closed.YES:
        return _lightened(turn, work, count) if count else None
    return _lightened(turn, work, said) if said else None


def _said(turn: Turn, work: Work, draft: Draft, reply: Reply) -> int | None:
    """How many steps words leave, where that is lighter; a day may stand beside the number: `2 by Friday`."""
    count = reply.number if reply.number is not None else getattr(find_count(reply.text, turn.student.today(turn.now)), "number", None)
    return count if count and (draft.get("done") or 0) < count < work.planned else None


def _lightened(turn: Turn, work: Work, count: int) -> Took:
    """A goal of this week gets smaller; of a later one, so much is aimed for this week, and the rest stays."""
    assert work.goal_id and work.due_on
    end = _week_end(turn)
    told: Draft = {"lighter": "fewer", "fewer": count, "by": end.isoformat()}
    if work.due_on <= end:
        lighten(turn, work.goal_id, count, end)
        told["changed"] = True
    return Took(told)


def _ask_day(turn: Turn, draft: Draft) -> Message | None:
    if draft.get("lighter") != "move":
        return None
    _as_before(turn, draft)
    t, work, today = turn.t, work_in(draft), turn.student.today(turn.now)
    first = max(work.due_on or today, today)
    days = [first + timedelta(weeks=weeks) for weeks in (1, 2)]
    return Message(text=t("talk.check_in.which_day"), choices=tuple(wording.pick(t.day(day), day.isoformat()) for day in days))


def _take_day(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    day = date.fromisoformat(reply.value) if reply.value else _day_in(turn, reply)
    if day is None:
        return None
    told = _moved(turn, work_in(draft), day)
    said = Message(text=turn.t("talk.check_in.moved", goal=called(work_in(draft)), day=turn.t.day(day)))
    return Took(told | {"closed": turn.heard_id}, (said,))


def _moved(turn: Turn, work: Work, day: date) -> Draft:
    assert work.goal_id
    lighten(turn, work.goal_id, None, day)
    return {"day": day.isoformat(), "changed": True}


def _day_in(turn: Turn, reply: Reply) -> date | None:
    found = find_day(reply.text, turn.student.today(turn.now), language=turn.speaker.language, asked=True)
    return found.day if found else None


def _as_before(turn: Turn, draft: Draft) -> None:
    """Where they went back, the goal is as it was before, and what followed is open again."""
    if draft.pop("changed", None):
        put_back(turn, work_in(draft))
    for later in ("fewer", "by", "day", "start"):
        draft.pop(later, None)


def put_back(turn: Turn, work: Work) -> None:
    """Give a goal its steps and its day again. A day that has passed is not set again.

    Raises:
        NotFound, GoalNotOpen: it is not open any more.
    """
    assert work.goal_id and work.due_on
    day = work.due_on if work.due_on >= turn.student.today(turn.now) else None
    steps = [str(words) for words, _ in work.steps] if work.steps else None
    change_goal(turn.session, turn.student, work.goal_id, target_on=day, details=Details(steps=steps), now=turn.now)


def _ask_start(turn: Turn, draft: Draft) -> Message | None:
    if draft.get("lighter") != "fewer":
        return None
    t, work, by = turn.t, work_in(draft), date.fromisoformat(draft["by"])
    steps = steps_called(t, work, draft["fewer"])
    if work.due_on and work.due_on > by:
        return Message(text=t("talk.check_in.lighter_rest", steps=steps, day=t.day(by), due=t.day(work.due_on)))
    return Message(text=t("talk.check_in.lighter", steps=steps, day=t.day(by)))


def _take_start(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    if not reply.text.strip():
        return None
    t, goal_id = turn.t, work_in(draft).goal_id
    assert goal_id
    plan = plan_sentence(t, reply.text, next_of(find_aim(turn, goal_id)))
    change_goal(turn.session, turn.student, goal_id, details=Details(plan=plan), now=turn.now)
    said = Message(text=t("talk.set_goal.saved", plan=plan, seen=who_sees(turn)))
    return Took({"start": reply.text, "closed": turn.heard_id}, (said,))


LIGHTER = (
    Step("lighter", _ask_lighter, _take_lighter, skippable=False),
    Step("day", _ask_day, _take_day),
    Step("start", _ask_start, _take_start, free=True),
)
"""The steps, in order; each passes where nothing is to change."""
