"""The goals of the sample's students: those written by hand, and those that a story brings with it. All words are sealed."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from sqlmodel import Session

from app.sample import content
from app.sample.content import GoalShape, Phrases, Step, WrittenGoal
from app.sample.people import Pupil, Roll
from app.sample.term import Term
from app.sample.work import Aim, Aims, Piece, reached_in
from core.journal.goals import PLAN, STEP, WHY, WORDS, Goal, GoalChange, GoalState, GoalStep

_MOVED_BY = 5
_STEPS_IN_100 = 60


@dataclass(frozen=True)
class LaidGoal:
    """A goal as the rest of the sample meets it; days as in `Term`."""

    goal: Goal
    told: WrittenGoal
    steps: Sequence[GoalStep] = field(default=())

    def is_open_on(self, day: int) -> bool:
        """Whether it was set before a day and had not ended by then."""
        ended = self.told.reached or self.told.dropped
        return -self.told.set < day and (ended is None or day < -ended)

    def done_by(self, day: int) -> int:
        """How many of its steps were done by the end of a day."""
        return sum(step.done is not None and -step.done <= day for step in self.told.steps)


def lay_goals(session: Session, roll: Roll, work: Mapping[int, Sequence[Piece]], aims: Aims, term: Term) -> Mapping[int, list[LaidGoal]]:
    """Lay all goals with their steps and history; returns them by the number of the pupil on the roll.

    Args:
        work: what each pupil handed in, by the same number.
    """
    written: dict[int, list[WrittenGoal]] = {}
    for goal in content.voices().goals:
        written.setdefault(roll.pupils.index(roll.find(goal.who, goal.context)), []).append(goal)
    laid: dict[int, list[LaidGoal]] = {}
    for number, pupil in enumerate(roll.pupils):
        taught = aims[pupil.section.context]
        told = written.get(number) or list(_from_story(pupil, work[number], taught, term))
        laid[number] = [_seal(pupil, one, taught, term, pupil.chance(f"goal {order}")) for order, one in enumerate(told)]
    goals = [one for several in laid.values() for one in several]
    session.add_all(one.goal for one in goals)
    session.flush()
    session.add_all(step for one in goals for step in one.steps)
    session.add_all(_history(goals, term))
    session.flush()
    return laid


def _seal(pupil: Pupil, told: WrittenGoal, aims: Iterable[Aim], term: Term, rng: random.Random) -> LaidGoal:
    """Make the rows of a goal and its steps."""
    ended = told.reached or told.dropped
    key = pupil.key
    goal = Goal(
        tenant_id=pupil.course.tenant_id,
        person_id=pupil.person.id,
        course_id=pupil.course.id,
        competency_id=next((aim.competency_id for aim in aims if aim.code == told.aim), None),
        state=GoalState.REACHED if told.reached else GoalState.DROPPED if told.dropped else GoalState.OPEN,
        target_on=term.day(told.by),
        sealed_words=key.seal(told.words, WORDS) if told.words else None,
        sealed_plan=key.seal(told.plan, PLAN) if told.plan else None,
        sealed_why=key.seal(told.why, WHY) if told.why else None,
        created_at=term.at(-told.set, evening(rng)),
        ended_at=term.at(-ended, evening(rng)) if ended else None,
    )
    steps = [
        GoalStep(
            tenant_id=goal.tenant_id,
            goal_id=goal.id,
            position=position,
            sealed_words=key.seal(step.say, STEP),
            done_at=None if step.done is None else term.at(-step.done, evening(rng)),
        )
        for position, step in enumerate(told.steps)
    ]
    return LaidGoal(goal, told, steps)


def _history(goals: Iterable[LaidGoal], term: Term) -> Iterator[GoalChange]:
    """What happened to each goal, oldest first: set, perhaps moved, steps done, and how it ended."""
    for one in goals:
        goal, told = one.goal, one.told
        first_target = term.day(told.by - _MOVED_BY if told.moved else told.by).isoformat()
        changes: list[tuple[Any, str, dict[str, Any]]] = [(goal.created_at, "set", {"target_on": first_target})]
        if told.moved:
            moved_at = term.at(-max(told.set // 2, 1), time(15, 15))
            changes.append((moved_at, "moved", {"from": first_target, "to": goal.target_on.isoformat()}))
        changes += [(step.done_at, "step_done", {"positions": [step.position]}) for step in one.steps if step.done_at]
        if goal.ended_at:
            changes.append((goal.ended_at, goal.state, {}))
        for changed_at, change, facts in sorted(changes, key=lambda change: change[0]):
            yield GoalChange(
                tenant_id=goal.tenant_id, goal_id=goal.id, changed_by=goal.person_id, change=change, facts=facts, changed_at=changed_at
            )


def _from_story(pupil: Pupil, work: Sequence[Piece], aims: Sequence[Aim], term: Term) -> Iterator[WrittenGoal]:
    """The goals that a pupil's story brings with it, in the phrases of their language."""
    rng = pupil.chance("goals")
    phrases = content.voices().phrases[pupil.student.language or "en"]
    taken: set[str] = set()
    for shape in pupil.story.goals:
        told = _of_shape(pupil, shape, work, [aim for aim in aims if aim.code not in taken], phrases, term, rng)
        if told:
            taken.add(told.aim or "")
            yield told


def _of_shape(
    pupil: Pupil, shape: GoalShape, work: Sequence[Piece], aims: Sequence[Aim], phrases: Phrases, term: Term, rng: random.Random
) -> WrittenGoal | None:
    spoken: dict[str, Any] = {"who": pupil.student.subject, "plan": rng.choice(phrases.plans), "why": rng.choice(phrases.whys)}
    lines: tuple[str, ...] = rng.choice(phrases.steps) if rng.randrange(100) < _STEPS_IN_100 else ()
    times: dict[str, Any] = {"set": shape.set, "by": shape.by, "moved": shape.moved, "dropped": shape.dropped}
    if shape.aim == "own":
        own = rng.choice(phrases.own)
        spoken |= {"words": own.say, "plan": own.plan, "why": own.why}
        lines = own.steps
    elif shape.aim in ("first_reached", "reached"):
        piece = _reached(pupil, work, aims, term, earliest=shape.aim == "first_reached")
        if piece is None:
            return None
        spoken["aim"] = piece.aim.code
        times = {"set": min(6 - piece.day, pupil.story.joined or term.past), "by": piece.day + rng.randint(0, 3), "reached": -piece.day}
    else:
        aim = _open_aim(pupil, shape, work, aims)
        if aim is None:
            return None
        spoken["aim"] = aim.code
    return WrittenGoal(**spoken, **times, steps=_steps(lines, times, pupil.story.stopped, rng))


def _reached(pupil: Pupil, work: Sequence[Piece], aims: Sequence[Aim], term: Term, *, earliest: bool) -> Piece | None:
    """The first or the last target done well, long enough after the first day to have been a goal before."""
    first = -(pupil.story.joined or term.past)
    reached = reached_in(work, pupil.course.mastery_level_bp)
    fits = sorted((piece for aim, piece in reached.items() if aim in aims and piece.day >= first + 4), key=lambda piece: piece.day)
    return fits[0 if earliest else -1] if fits else None


def _open_aim(pupil: Pupil, shape: GoalShape, work: Sequence[Piece], aims: Sequence[Aim]) -> Aim | None:
    """What an open goal of that shape is about."""
    if shape.aim == "weak":
        return max((aim for aim in aims if aim.unit == pupil.story.weak_unit), key=lambda aim: aim.due, default=None)
    tried = {piece.aim for piece in work}
    ahead = [aim for aim in aims if aim not in tried]
    if shape.aim == "next":
        return min((aim for aim in ahead if aim.due >= 0), key=lambda aim: aim.due, default=None)
    return min(ahead, key=lambda aim: abs(aim.due - shape.by), default=None)


def _steps(lines: Sequence[str], times: Mapping[str, Any], stopped: int, rng: random.Random) -> tuple[Step, ...]:
    """Steps done one after the other, from the day after the goal was set: all of a reached goal, a part of the others."""
    latest = (times.get("reached") or times.get("dropped") or stopped) + 1
    days = sorted(rng.sample(range(latest, times["set"]), min(len(lines), times["set"] - latest)), reverse=True)
    count = len(lines) if times.get("reached") else rng.randrange(len(lines)) if lines else 0
    done = [*days[:count], *[None] * len(lines)]
    return tuple(Step(say=line, done=day) for line, day in zip(lines, done, strict=False))


def evening(rng: random.Random) -> time:
    """A time after school."""
    return time(rng.randint(15, 20), rng.randrange(20, 60))
