"""Setting a goal: what, by which day, against one's own pace once where that is slower, when and where to start; saved, with undo."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from bot import goals, wording
from bot.dialogue import Again, CourseNeed, Dialogue, Draft, Finish, Opening, Step, Took
from bot.goals import capital, cut, inside, plan_sentence, who_sees
from bot.turn import Reply, Turn
from bot.wishes import Read, Wish, guide_for, handed_wish, hold_against_pace, offers, read_wish
from core.journal.feasibility import Feasibility
from core.journal.goal_setting import Details, open_goal, set_goal
from core.journal.goals import STEP, Goal, steps_of
from core.journal.words import check_words
from core.message import Choice, Message
from intents.answers import Closed
from intents.goal_words import says_no_idea
from intents.matcher import Zone, match
from intents.normalise import plain
from intents.slots import find_count

NAME = "set_goal"
OWN, KEEP, SPLIT = "own", "keep", "split"
MOST_NAMED = 3
"""More targets than these are counted, not named."""

_WEEK = 7
_ELSE_FROM = 0.8
"""From this confidence words that name no target mean something other than a goal."""


# What they aim for


def _begin(turn: Turn, opening: Opening) -> Draft:
    draft: Draft = {}
    words, seed = opening.words, opening.seed
    if handed := seed.get("competency"):
        draft["aim"] = handed_wish(turn, guide_for(turn), UUID(handed)).kept()
    elif words:
        draft |= _told(read_wish(turn, guide_for(turn), words))
    if (day := seed.get("day") or _day_in(turn, words)) and date.fromisoformat(day) >= turn.student.today(turn.now):
        draft["day"] = day
    return draft


def _told(read: Read) -> Draft:
    """What words told, as the draft holds it. Nothing is no answer."""
    if read.wish:
        return {"aim": read.wish.kept()}
    if read.likely:
        return {"aim": None, "likely": [wish.kept() for wish in read.likely]}
    return {"reached": read.reached} if read.reached else {}


def _day_in(turn: Turn, words: str | None, *, asked: bool = False) -> str | None:
    return goals.day_in(turn, words, turn.student.today(turn.now), asked=asked)


def _ask_aim(turn: Turn, draft: Draft) -> Message:
    t = turn.t
    picked = offers(guide_for(turn), turn.student.today(turn.now))
    labels = {"next": _next_label, "unfinished": _unfinished_label, "stretch": _stretch_label}
    choices = tuple(wording.pick(labels[kind](turn, target.short_name), str(target.competency_id)) for kind, target in picked)
    if reached := draft.get("reached"):
        return Message(text=t("talk.set_goal.reached", name=reached), choices=choices)
    return Message(text=t("talk.set_goal.aim") if choices else t("talk.set_goal.aim_open"), choices=choices)


def _next_label(turn: Turn, name: str) -> str:
    return turn.t("talk.set_goal.next", name=name)


def _unfinished_label(turn: Turn, name: str) -> str:
    return turn.t("talk.set_goal.unfinished", name=name)


def _stretch_label(turn: Turn, name: str) -> str:
    return turn.t("talk.set_goal.stretch", name=name)


def _take_aim(turn: Turn, _draft: Draft, reply: Reply) -> Took | Again | None:
    guide = guide_for(turn)
    if reply.value is not None:
        return Took({"aim": handed_wish(turn, guide, UUID(reply.value)).kept()})
    read = read_wish(turn, guide, check_words(reply.text))
    if _means_else(read, reply.text):
        return None
    told = _told(read)
    if "aim" not in told:
        return Again((Message(text=turn.t("talk.set_goal.reached", name=read.reached)),), ask=False) if read.reached else None
    day = _day_in(turn, reply.text)
    return Took(told | ({"day": day} if day else {}))


def _means_else(read: Read, words: str) -> bool:
    """Whether words that name no target ask for something else, such as help."""
    if read.likely or (read.wish and not read.wish.own):
        return False
    found = match(words)
    return found.zone is Zone.ACT and found.intent != NAME and found.confidence >= _ELSE_FROM


def _ask_which(turn: Turn, draft: Draft) -> Message | None:
    if draft["aim"] is not None:
        return None
    t, likely = turn.t, [Wish.of(kept) for kept in draft.get("likely", ())]
    named = tuple(wording.pick(wish.name, str(place)) for place, wish in enumerate(likely[:-1]))
    return Message(
        text=t("talk.set_goal.did_you_mean"), quote=likely[-1].words, choices=(*named, wording.pick(t("talk.set_goal.keep_words"), OWN))
    )


def _take_which(_turn: Turn, draft: Draft, reply: Reply) -> Took | None:
    likely = draft["likely"]
    if reply.value == OWN or reply.closed is Closed.NO:
        return Took({"which": likely[-1]})
    if reply.value is not None:
        return Took({"which": likely[int(reply.value)]})
    if reply.closed is Closed.YES and len(likely) == 2:
        return Took({"which": likely[0]})
    return None


def _wish(draft: Draft) -> Wish:
    return Wish.of(draft.get("which") or draft["aim"])


def _names_another(turn: Turn, draft: Draft, words: str) -> bool:
    """Whether words with a day are a new goal altogether."""
    if match(words).intent != NAME:
        return False
    read = read_wish(turn, guide_for(turn), words)
    return read.wish is not None and not read.wish.own and read.wish.competency != _wish(draft).competency


# By when, and against their own pace


def _ask_day(turn: Turn, draft: Draft) -> Message:
    wish, due = _wish(draft), {}
    if wish.targets:
        due = {str(target.competency_id): target.due_on for target in guide_for(turn).targets}
    last = max((day for target, _ in wish.targets if (day := due.get(target))), default=None)
    text = turn.t("talk.set_goal.day", name=_called(turn, wish))
    return goals.ask_day(turn, text, turn.student.today(turn.now), due=last)


def _take_day(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    if reply.value is None and _names_another(turn, draft, reply.text):
        return None
    return goals.take_day(turn, reply, turn.student.today(turn.now))


def _ask_feasible(turn: Turn, draft: Draft) -> Message | None:
    """Where the day takes a pace above their own, the numbers once, with choices. They may keep it."""
    wish, wished_on = _wish(draft), date.fromisoformat(draft["day"])
    held = hold_against_pace(turn, wish, wished_on)
    if held is None or held.fits:
        return None
    draft["fit"], draft["nearest"] = held.fit_by_wished, held.nearest_on.isoformat() if held.nearest_on else None
    return Message(text=_numbers(turn, wish, wished_on, held), choices=_ways(turn, wish, wished_on, held))


def _numbers(turn: Turn, wish: Wish, wished_on: date, held: Feasibility) -> str:
    t = turn.t
    wished = t("talk.set_goal.wished", name=_called(turn, wish), day=t.day(wished_on))
    much = t.plural("talk.set_goal.targets", held.targets)
    time = t.plural("talk.set_goal.school_days", held.school_days)
    lately = t.plural("talk.set_goal.lately", held.own_per_week) if held.own_per_week else t("talk.set_goal.lately_few")
    return t("talk.set_goal.numbers", wished=wished, targets=much, time=time, lately=lately)


def _ways(turn: Turn, wish: Wish, wished_on: date, held: Feasibility) -> tuple[Choice, ...]:
    t, day = turn.t, _near(turn, wished_on)
    ways = [wording.pick(t("talk.set_goal.keep", day=day), KEEP)]
    if held.nearest_on:
        ways.append(wording.pick(t.day(held.nearest_on), held.nearest_on.isoformat()))
    if held.fit_by_wished and len(wish.targets) > 1:
        ways.append(wording.pick(t("talk.set_goal.fewer", count=t.number(held.fit_by_wished), day=day), SPLIT))
    return tuple(ways)


def _near(turn: Turn, day: date) -> str:
    """A day of the coming week by its name alone."""
    return turn.t.weekday(day) if (day - turn.student.today(turn.now)).days < _WEEK else turn.t.day(day)


def _take_feasible(turn: Turn, draft: Draft, reply: Reply) -> Took | Again | None:
    if reply.value == SPLIT:
        return Took({"feasible": draft["fit"]})
    if reply.value == KEEP or reply.closed is Closed.YES:
        return Took({"feasible": KEEP})
    if reply.value is not None:
        return Took({"feasible": reply.value})
    return _other_way(turn, draft, reply)


def _other_way(turn: Turn, draft: Draft, reply: Reply) -> Took | None:
    """Another number of targets, or another day, in words."""
    counted = find_count(reply.text, turn.student.today(turn.now))
    count = reply.number if reply.number is not None else counted.number if counted else None
    if count is not None and 1 <= count <= len(_wish(draft).targets):
        return Took({"feasible": count if count < len(_wish(draft).targets) else KEEP})
    day = _day_in(turn, reply.text, asked=True)
    if day is None or date.fromisoformat(day) < turn.student.today(turn.now):
        return None
    return Took({"feasible": KEEP if day == draft["day"] else day})


# When and where they start


def _ask_plan(turn: Turn, draft: Draft) -> Message:
    turn.recall("first", lambda: _first(turn, _wish(draft)))
    turn.recall("seen", lambda: who_sees(turn))
    return Message(text=turn.t("talk.set_goal.plan", goal=_summary(turn, draft)))


def _first(turn: Turn, wish: Wish) -> dict[str, Any]:
    """What the goal begins with: the next step of its first target, where there is an open goal for that, or the target."""
    target, name = wish.targets[0] if wish.targets else (wish.competency, wish.name)
    goal = open_goal(turn.session, turn.student, UUID(target)) if target else None
    step: str | None = wish.parts[0] if wish.parts else None
    if goal and not wish.parts:
        left = [one for one in steps_of(turn.session, goal.tenant_id, [goal.id]) if one.done_at is None]
        step = turn.key.open(left[0].sealed_words, STEP) if left else None
    return {"name": name, "step": step, "own": wish.own}


def _summary(turn: Turn, draft: Draft) -> str:
    """What is aimed for by which day, as the opening of a sentence."""
    t, wish = turn.t, _wish(draft)
    day, chosen = date.fromisoformat(draft["day"]), draft.get("feasible")
    if isinstance(chosen, int):
        later = date.fromisoformat(draft["nearest"])
        return t("talk.set_goal.split", first=_named(turn, wish.targets[:chosen]), day=t.day(day), later=t.day_of_month(later))
    if chosen not in (None, KEEP):
        day = date.fromisoformat(chosen)
    return t("talk.set_goal.wished", name=_called(turn, wish), day=t.day(day))


def _take_plan(turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    if reply.closed is Closed.NO or says_no_idea(reply.text):
        return Took({"plan": None})
    if not reply.text.strip():
        return None
    check_words(plan_sentence(turn.t, reply.text, turn.facts["first"]))
    return Took({"plan": reply.text})


def _named(turn: Turn, targets: Sequence[tuple[str, str]]) -> str:
    if len(targets) > MOST_NAMED:
        return turn.t("talk.set_goal.first_of_them", count=turn.t.number(len(targets)))
    names = [name for _, name in targets]
    return turn.t.listed([names[0], *map(inside, names[1:])])


def _called(turn: Turn, wish: Wish) -> str:
    """What is wished for, at the beginning of a sentence."""
    if wish.competency is None and wish.targets:
        return _named(turn, wish.targets)
    return f"“{cut(wish.name)}”" if wish.own else wish.name


# Saved


def _finish(turn: Turn, draft: Draft) -> Finish:
    t, words = turn.t, draft.get("plan")
    plan = plan_sentence(t, words, turn.facts["first"]) if words else None
    made = _write(turn, draft, plan)
    first = made[1] if len(made) > 1 and made[0].competency_id == _parent_id(draft) else made[0]
    seen = turn.facts["seen"]
    text = (
        t("talk.set_goal.saved", plan=plan, seen=seen)
        if plan
        else t("talk.set_goal.saved_bare", goal=_summary(turn, draft), seen=capital(seen))
    )
    memo = goals.memo_of(turn, made)
    extras = (wording.undo(t, NAME, memo), goals.remind_button(turn, first.id, turn.course_id))
    return Finish((Message(text=text, extras=extras),), undo=memo)


def _parent_id(draft: Draft) -> UUID | None:
    wish = _wish(draft)
    return UUID(wish.competency) if wish.unit and wish.competency and isinstance(draft.get("feasible"), int) else None


def _write(turn: Turn, draft: Draft, plan: str | None) -> list[Goal]:
    """Write what was agreed: one goal; or one for each target; or a unit by the later day, and within it the first targets."""
    wish, day, chosen = _wish(draft), date.fromisoformat(draft["day"]), draft.get("feasible")
    if isinstance(chosen, int):
        return _split(turn, wish, chosen, day, date.fromisoformat(draft["nearest"]), plan)
    if chosen not in (None, KEEP):
        day = date.fromisoformat(chosen)
    if wish.competency is None and wish.targets:
        return _each(turn, wish.targets, day, plan)
    details = Details(words=_own_words(wish), plan=plan, steps=wish.parts or None)
    return [_set(turn, wish.competency, day, details)]


def _own_words(wish: Wish) -> str | None:
    """Their words, where these say more than the name does."""
    return wish.words if wish.own or plain(wish.words) not in ("", plain(wish.name)) else None


def _split(turn: Turn, wish: Wish, count: int, day: date, later: date, plan: str | None) -> list[Goal]:
    if not wish.unit:
        return _each(turn, wish.targets[:count], day, plan) + _each(turn, wish.targets[count:], later, None)
    whole = _set(turn, wish.competency, later, Details(words=_own_words(wish)))
    return [whole, *_each(turn, wish.targets[:count], day, plan, parent_id=whole.id)]


def _each(turn: Turn, targets: Sequence[tuple[str, str]], day: date, plan: str | None, parent_id: UUID | None = None) -> list[Goal]:
    """One goal for each target; the plan is that of the first."""
    plans = [plan] + [None] * (len(targets) - 1)
    return [_set(turn, target, day, Details(plan=mine, parent_id=parent_id)) for (target, _), mine in zip(targets, plans, strict=True)]


def _set(turn: Turn, competency: str | None, day: date, details: Details) -> Goal:
    competency_id = UUID(competency) if competency else None
    return set_goal(turn.session, turn.student, day, competency_id=competency_id, details=details, now=turn.now)


def _undo(turn: Turn, memo: Mapping[str, Any]) -> Message:
    goals.take_back(turn, memo)
    return Message(text=turn.t("talk.set_goal.undone"))


def _title(turn: Turn, draft: Draft) -> str:
    t = turn.t
    known = draft.get("which") or draft.get("aim")
    return t("talk.goal.title", name=inside(Wish.of(known).name)) if known else t("talk.set_goal.title")


DIALOGUES = (
    Dialogue(
        NAME,
        _finish,
        steps=(
            Step("aim", _ask_aim, _take_aim, free=True, skippable=False),
            Step("which", _ask_which, _take_which, skippable=False),
            Step("day", _ask_day, _take_day, skippable=False),
            Step("feasible", _ask_feasible, _take_feasible),
            Step("plan", _ask_plan, _take_plan, free=True),
        ),
        intents=(NAME,),
        course=CourseNeed.ONE,
        begin=_begin,
        undo=_undo,
        title=_title,
    ),
)
