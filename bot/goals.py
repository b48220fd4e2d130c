"""Goals as dialogues speak of them: which one is meant, what it and its steps are called, and taking a deed back."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from bot import wording
from bot.adults import teachers, within
from bot.dialogue import Again, Draft, Opening, Step, Took
from bot.turn import Reply, Turn
from core.errors import NotFound
from core.i18n import Translator
from core.journal.goal_setting import Details, TargetInPast, change_goal
from core.journal.goal_undo import NothingToUndo, undo
from core.journal.goals import PLAN, STEP, WORDS, Goal, OpenGoal, history_of, open_goals_with_steps
from core.message import MOST_CHOICES, Choice, Field, FieldKind, Message
from intents.days import FRIDAY, NoDay, find_day, why_no_day
from intents.goal_words import plural, says_who, start_clause
from intents.slots import find_competencies

MOST_GOALS = 24
LONGEST_NAME = 40
REMIND_AT = time(17)
"""When a student can have themselves reminded, where they are."""

_NUMBERED = re.compile(r"(\D+?)\s*\d+")
_LAST_WORD = re.compile(r".*?(\S+\s+\d+)")
_WEEK = 7
_LONGEST_PLAN = 20
_CLEARLY_AHEAD = 0.1


@dataclass(frozen=True)
class Aim:
    """An open goal as its student knows it. `steps` are (words, done) in order; `own` is a goal in own words only."""

    goal_id: UUID
    course_id: UUID
    name: str
    target_on: date
    own: bool = False
    plan: str | None = None
    steps: tuple[tuple[str, bool], ...] = ()
    competency_id: UUID | None = None

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(done for _, done in self.steps)

    @property
    def next_step(self) -> str | None:
        """The first step that is left."""
        return next((words for words, done in self.steps if not done), None)


def own_aims(turn: Turn) -> list[Aim]:
    """The open goals of the student who speaks, over all courses, the next due first; in one statement."""
    found = open_goals_with_steps(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, MOST_GOALS)
    return [_aim(turn, goal) for goal in found]


def find_aim(turn: Turn, goal_id: object) -> Aim:
    """An open goal of the student who speaks.

    Raises:
        NotFound: none, or not open.
    """
    for aim in own_aims(turn):
        if str(aim.goal_id) == str(goal_id):
            return aim
    raise NotFound(what="goal")


def inside(name: str) -> str:
    """A name within a sentence: `Slope` is `slope`, while `DNA` and `pH` stay as they are."""
    first = name.split(" ", 1)[0]
    return name if first[1:] != first[1:].lower() or not first[1:] else name[0].lower() + name[1:]


def capital(words: str) -> str:
    """Words that open a sentence."""
    return words[:1].upper() + words[1:]


def called(aim: Aim, *, opens: bool = False) -> str:
    """A goal within a sentence, or with `opens` at its beginning; own words stand in quotes."""
    return f"“{aim.name}”" if aim.own else aim.name if opens else inside(aim.name)


def called_in(draft: Draft, *, opens: bool = False) -> str:
    """As `called`, for the goal of a draft."""
    name: str = draft["name"]
    return f"“{name}”" if draft.get("own") else name if opens else inside(name)


def name_steps(t: Translator, steps: Sequence[str], count: int) -> str:
    """So many steps by their own name, if they have one: `2 practice sets` of `Practice set 1` and the others; else `2 steps`."""
    names = {named[1].strip() for step in steps if (named := _NUMBERED.fullmatch(step.strip()))}
    if len(names) == 1 and all(_NUMBERED.fullmatch(step.strip()) for step in steps):
        return f"{t.number(count)} {plural(inside(names.pop()), count, t.language)}"
    return t.plural("talk.goal.steps", count)


# Which one is meant


def meant(aims: Sequence[Aim], words: str | None) -> Aim | None:
    """The goal that words name, or the only one there is; None when it must be asked."""
    named = find_competencies(words or "", [(aim.goal_id, aim.name) for aim in aims])
    if named and (len(named) == 1 or named[0].score - named[1].score >= _CLEARLY_AHEAD):
        return next(aim for aim in aims if aim.goal_id == named[0].id)
    return aims[0] if len(aims) == 1 else None


def last_goal(turn: Turn, aims: Sequence[Aim]) -> Aim | None:
    """The open goal that was spoken of last, if any was."""
    return next((aim for goal_id in turn.last_goals for aim in aims if str(aim.goal_id) == goal_id), None)


def know_goal(turn: Turn, opening: Opening) -> Draft:
    """What an opening tells of the goal: the one it was handed, or that its words mean. `goal` is None where there is none to mean.

    Raises:
        NotFound: what was handed over is no open goal of theirs.
    """
    handed = opening.seed.get("goal")
    if handed is not None:
        return about(find_aim(turn, handed))
    aims = own_aims(turn)
    if not aims:
        return {"goal": None}
    found = meant(aims, opening.words)
    return about(found) if found else {}


def about(aim: Aim) -> Draft:
    """What a draft holds of a goal."""
    return {"goal": str(aim.goal_id), "course": str(aim.course_id), "name": aim.name, "own": aim.own}


def enter(turn: Turn, draft: Draft) -> None:
    """From here on the turn is in the course of the draft's goal."""
    turn.course_id = UUID(draft["course"])


def _ask_goal(turn: Turn, _draft: Draft) -> Message:
    t, aims = turn.t, own_aims(turn)
    text = t("talk.goal.which") if len(aims) <= MOST_CHOICES else t("talk.goal.which_of_many")
    return Message(text=text, choices=tuple(wording.pick(aim.name, str(aim.goal_id)) for aim in aims[:MOST_CHOICES]))


def _take_goal(turn: Turn, _draft: Draft, reply: Reply) -> Took | Again | None:
    if reply.value is not None:
        return Took(about(find_aim(turn, reply.value)))
    aims = own_aims(turn)
    found = meant(aims, reply.text) if len(aims) > 1 else None
    return Took(about(found)) if found else None


goal_step = Step("goal", _ask_goal, _take_goal, skippable=False)


def no_goal(turn: Turn) -> Message:
    """There is no open goal: the one thing to do is to set one."""
    return Message(text=turn.t("talk.goal.none"), choices=(wording.begin(turn.t("talk.menu.set_goal"), "set_goal"),))


def title(turn: Turn, draft: Draft) -> str:
    """What coming back to a dialogue about a goal is called."""
    return turn.t("talk.goal.title", name=called_in(draft)) if draft.get("name") else turn.t("talk.goal.title_any")


def titled(otherwise: Callable[[Translator], str]) -> Callable[[Turn, Draft], str]:
    """A title that names the goal, and before it is known, what is to be done."""
    return lambda turn, draft: title(turn, draft) if draft.get("name") else otherwise(turn.t)


# When and where it starts


def next_of(aim: Aim) -> dict[str, Any]:
    """What a plan begins with, as JSON: the goal's name and the first step that is left."""
    return {"name": aim.name, "step": aim.next_step, "own": aim.own}


def plan_sentence(t: Translator, words: str, first: Mapping[str, Any]) -> str:
    """When and where, in the student's words, and what they begin with. Words that are a sentence of their own stay as they are.

    Args:
        first: what `next_of` tells.
    """
    if says_who(words) or len(words.split()) > _LONGEST_PLAN:
        return f"{capital(words).rstrip(' .!')}."
    when, name, step = start_clause(words), inside(first["name"]), first.get("step")
    if step and _NUMBERED.fullmatch(step.strip()):
        set_3 = _LAST_WORD.sub(r"\1", inside(step.strip()))
        what = inside(step.strip()) if name.casefold() in step.casefold() or first.get("own") else f"{name} {inside(set_3)}"
        return t("talk.plan.open", when=when, what=what)
    if step or first.get("own"):
        return t("talk.plan.words", when=when, what=step or cut(first["name"]))
    return t("talk.plan.start", when=when, what=name)


def who_sees(turn: Turn) -> str:
    """Who can see the goals of a course, as a clause: its one teacher by name, or its teachers."""
    t, names = turn.t, [within(turn.t, one.name) for one in teachers(turn)]
    return t("talk.goal.seen_by", name=names[0]) if len(names) == 1 else t("talk.goal.seen_by_teachers")


# By which day


def ask_day(turn: Turn, text: str, today: date, *, due: date | None = None) -> Message:
    """By when: the day of the guide, if there is one, the coming Friday and the one after it; or any other day.

    Args:
        today: the day in the course.
    """
    t = turn.t
    friday = today + timedelta(days=(FRIDAY - today.weekday()) % _WEEK or _WEEK)
    days = sorted({day for day in (due, friday, friday + timedelta(days=_WEEK)) if day and day > today})
    field = Field(label=t("talk.goal.day_field"), kind=FieldKind.DAY)
    return Message(text=text, choices=tuple(wording.pick(t.day(day), day.isoformat()) for day in days), field=field)


def day_in(turn: Turn, words: str | None, today: date, *, asked: bool = False) -> str | None:
    """The day that words name, as ISO 8601."""
    found = find_day(words or "", today, language=turn.speaker.language, asked=asked)
    return found.day.isoformat() if found else None


def take_day(turn: Turn, reply: Reply, today: date, name: str = "day") -> Took | Again | None:
    """A day by button or in words; one that has passed or is in no calendar is refused, and asked for again."""
    day = reply.value or day_in(turn, reply.text, today, asked=True)
    if day is None:
        return _no_day(turn, reply.text, today)
    if date.fromisoformat(day) < today:
        return Again((wording.refused(turn.t, TargetInPast(target_on=day)),))
    return Took({name: day})


def _no_day(turn: Turn, words: str, today: date) -> Again | None:
    """What is wrong with the day that words speak of, if they do."""
    t, why = turn.t, why_no_day(words, today, language=turn.speaker.language, asked=True)
    if why is None:
        return None
    return Again((Message(text=t("talk.day.missing") if why is NoDay.MISSING else t("talk.day.passed")),))


# Changing and taking back


def lighten(turn: Turn, goal_id: UUID, steps: int | None, day: date | None, *, one: str | None = None) -> Goal:
    """Give a goal another number of steps, or another day. The first of its steps stay; new ones are called as they are.

    Args:
        one: what a step is called, where the goal has none yet.

    Raises:
        NotFound, GoalNotOpen, TargetInPast: as `core.journal.goal_setting.change_goal`.
    """
    aim = find_aim(turn, goal_id)
    turn.course_id = aim.course_id
    return change_goal(
        turn.session, turn.student, goal_id, target_on=day, details=Details(steps=_resized(turn.t, aim, steps, one)), now=turn.now
    )


def _resized(t: Translator, aim: Aim, count: int | None, one: str | None) -> list[str] | None:
    """The first so many of a goal's steps, and new ones where it has fewer; None leaves them."""
    if count is None:
        return None
    words = [step for step, _ in aim.steps]
    named = _NUMBERED.fullmatch(words[-1].strip()) if words else None
    noun = named[1].strip() if named else capital(one or t("talk.goal.step_name"))
    return (words + [f"{noun} {number}" for number in range(len(words) + 1, count + 1)])[:count]


def memo_of(turn: Turn, goals: Sequence[Goal]) -> dict[str, Any]:
    """What taking a deed back needs: its goals in the order in which they were written, and when that was."""
    return {"goals": [[str(goal.id), str(goal.course_id)] for goal in goals], "at": turn.now.isoformat()}


def take_back(turn: Turn, memo: Mapping[str, Any]) -> None:
    """Take back what a deed wrote, the latest first. A goal that was changed again since stays as it is.

    Raises:
        NothingToUndo: none of it can be taken back any more.
    """
    at, taken = datetime.fromisoformat(memo["at"]), 0
    for goal_id, course_id in reversed(memo["goals"]):
        lines = history_of(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, UUID(goal_id))
        if lines and lines[-1].changed_at == at:
            undo(turn.session, turn.student_in(UUID(course_id)), UUID(goal_id), now=turn.now)
            taken += 1
    if not taken:
        raise NothingToUndo


def next_reminder(turn: Turn) -> datetime:
    """The next five o'clock in the afternoon where the student is."""
    zone = ZoneInfo(turn.speaker.zone)
    today = datetime.combine(turn.today, REMIND_AT, zone)
    return today if today > turn.now else datetime.combine(turn.today + timedelta(days=1), REMIND_AT, zone)


def remind_button(turn: Turn, goal_id: object, course_id: object) -> Choice:
    """The button that has a student reminded of a goal at the next five o'clock."""
    at = next_reminder(turn)
    label = turn.t("talk.remind.button", clock=turn.t.clock(at, turn.speaker.zone))
    return wording.begin(label, "remind", goal=str(goal_id), course=str(course_id))


def _aim(turn: Turn, goal: OpenGoal) -> Aim:
    opened = turn.key.open
    words = opened(goal.sealed_words, WORDS) if goal.sealed_words else ""
    return Aim(
        goal.goal_id,
        goal.course_id,
        goal.short_name or cut(words),
        goal.target_on,
        goal.short_name is None,
        opened(goal.sealed_plan, PLAN) if goal.sealed_plan else None,
        tuple((opened(step, STEP), done) for step, done in goal.steps),
        goal.competency_id,
    )


def cut(words: str) -> str:
    """Own words as a name, at most `LONGEST_NAME` characters of them."""
    plain = " ".join(words.split())
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1].rstrip()}…"
