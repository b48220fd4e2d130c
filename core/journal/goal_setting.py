"""Setting a goal and changing it: a competency or own words, by a day, with steps, a plan and a reason."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlmodel import Session, col

from core.courses.competencies import find_competency
from core.data.db import add_once
from core.errors import CoreError
from core.journal.events import EventKind
from core.journal.goals import BEFORE, PLAN, STEP, WHY, WORDS, Change, Goal, GoalState, GoalStep, own_goal, steps_of, write_change
from core.journal.student import Student
from core.journal.words import check_words, seal_words

MOST_STEPS = 12
_TEXTS = {"words": WORDS, "plan": PLAN, "why": WHY}


class TargetInPast(CoreError):
    """A goal's target day is before today in the course's zone."""

    code = "goal.target_in_past"


class AimsAtNothing(CoreError):
    """A goal has a competency, or the student's own words, or both."""

    code = "goal.aims_at_nothing"


class TooManySteps(CoreError):
    """More than twelve: such a goal wants to be several."""

    code = "goal.too_many_steps"


class ParentLoop(CoreError):
    """A goal would belong to itself, by way of the larger goal."""

    code = "goal.parent_loop"


@dataclass(frozen=True)
class Details:
    """What a student says of a goal. None leaves a thing as it is; an empty string, or no steps, takes it away.

    `plan` is when and where they start, `why` why it matters, `parent_id` a larger goal of theirs, in any course.
    """

    words: str | None = None
    plan: str | None = None
    why: str | None = None
    steps: Sequence[str] | None = None
    parent_id: UUID | None = None


NOTHING_SAID = Details()


def set_goal(
    session: Session,
    student: Student,
    target_on: date,
    *,
    competency_id: UUID | None = None,
    details: Details = NOTHING_SAID,
    now: datetime,
) -> Goal:
    """Set a goal. For a competency that has an open one, that goal is moved and changed instead.

    Args:
        target_on: the last day to reach it, in the course's zone; today at the earliest.
        competency_id: None for a goal in own words, which then must have some.

    Raises:
        TargetInPast: `target_on` is before today.
        AimsAtNothing: neither competency nor words.
        NotFound: no such competency in this school, or the larger goal is not the student's.
        TooManySteps, ParentLoop, WordsMissing, WordsTooLong: the details cannot be kept.
    """
    demand_day(student, target_on, now)
    if competency_id:
        find_competency(session, student.tenant_id, competency_id)
        if there := open_goal(session, student, competency_id):
            return _change(session, student, there, target_on, details, now)
    wanted = Goal(
        tenant_id=student.tenant_id,
        person_id=student.person_id,
        course_id=student.course.id,
        competency_id=competency_id,
        target_on=target_on,
        created_at=now,
    )
    check_details(session, student, wanted, details)
    _say(student, wanted, details)
    goal = _added(session, wanted)
    if goal is None:  # another tab was faster
        assert competency_id is not None
        there = open_goal(session, student, competency_id)
        assert there is not None
        return _change(session, student, there, target_on, details, now)
    if details.steps:
        _set_steps(session, student, goal, details.steps)
    write_change(session, goal, Change.SET, {"target_on": target_on.isoformat()}, by=student.person_id, event=EventKind.GOAL_SET, now=now)
    return goal


def change_goal(
    session: Session, student: Student, goal_id: UUID, *, target_on: date | None = None, details: Details = NOTHING_SAID, now: datetime
) -> Goal:
    """Change an open goal: its day, words, plan, reason, steps or larger goal. A step that keeps its words stays done.

    Args:
        target_on: None leaves the day as it is, though it has passed.

    Raises:
        NotFound: no such goal, or somebody else's; or the larger goal is.
        GoalNotOpen: it has ended, or is not accepted yet.
        TargetInPast, AimsAtNothing, TooManySteps, ParentLoop, WordsMissing, WordsTooLong: as `set_goal`.
    """
    goal = own_goal(session, student.tenant_id, student.person_id, goal_id, state=GoalState.OPEN)
    if target_on:
        demand_day(student, target_on, now)
    return _change(session, student, goal, target_on or goal.target_on, details, now)


def demand_day(student: Student, target_on: date, now: datetime) -> None:
    """Refuse a day that has passed in the course's zone.

    Raises:
        TargetInPast: it has.
    """
    if target_on < student.today(now):
        raise TargetInPast(target_on=target_on.isoformat())


def open_goal(session: Session, student: Student, competency_id: UUID) -> Goal | None:
    """The student's open goal for a competency in the course, locked, if there is one."""
    ids = {"tenant_id": student.tenant_id, "course_id": student.course.id, "person_id": student.person_id}
    return session.scalars(_open, {**ids, "competency_id": competency_id}).one_or_none()


_open = (
    select(Goal)
    .where(
        col(Goal.tenant_id) == bindparam("tenant_id"),
        col(Goal.course_id) == bindparam("course_id"),
        col(Goal.person_id) == bindparam("person_id"),
        col(Goal.competency_id) == bindparam("competency_id"),
        col(Goal.state) == GoalState.OPEN,
    )
    .with_for_update()
    .execution_options(populate_existing=True)
)


def check_details(session: Session, student: Student, goal: Goal, details: Details) -> None:
    """Refuse details that a goal cannot hold, before anything is written.

    Raises:
        AimsAtNothing: neither competency nor words would be left.
        NotFound: the larger goal is not the student's.
        ParentLoop: the larger goal belongs to this one.
        TooManySteps, WordsMissing, WordsTooLong: they cannot be kept.
    """
    steps = details.steps or ()
    for words in (details.words, details.plan, details.why):
        if words:
            check_words(words)
    for words in steps:
        check_words(words)
    if len(steps) > MOST_STEPS:
        raise TooManySteps(most=MOST_STEPS)
    if goal.competency_id is None and not (goal.sealed_words if details.words is None else details.words):
        raise AimsAtNothing
    above = details.parent_id
    while above:
        if above == goal.id:
            raise ParentLoop
        above = own_goal(session, student.tenant_id, student.person_id, above).parent_id


def apply_details(session: Session, student: Student, goal: Goal, details: Details) -> dict[str, Any]:
    """Write details that were checked into a goal that exists; returns what was there before, of those that differ."""
    before = _say(student, goal, details)
    if details.steps is not None:
        old = _steps_now(session, student, goal)
        if [words for words, _ in old] != list(details.steps):
            before["steps"] = old
            _set_steps(session, student, goal, details.steps, old)
    return before


def restore_details(session: Session, student: Student, goal: Goal, before: Mapping[str, Any]) -> None:
    """Write back what `apply_details` had replaced."""
    for name, purpose in _TEXTS.items():
        if name in before:
            setattr(goal, f"sealed_{name}", before[name] and student.key.seal(before[name], purpose))
    if "parent" in before:
        goal.parent_id = before["parent"] and UUID(before["parent"])
    session.add(goal)
    if "steps" in before:
        old = [(words, done_at) for words, done_at in before["steps"]]
        _set_steps(session, student, goal, [words for words, _ in old], old)


def seal_before(student: Student, before: Mapping[str, Any]) -> bytes | None:
    """What was there before, sealed for the history; None for nothing."""
    return student.key.seal(json.dumps(before), BEFORE) if before else None


def open_before(student: Student, sealed: bytes | None) -> dict[str, Any]:
    """What `seal_before` sealed."""
    opened: dict[str, Any] = json.loads(student.key.open(sealed, BEFORE)) if sealed else {}
    return opened


def _change(session: Session, student: Student, goal: Goal, target_on: date, details: Details, now: datetime) -> Goal:
    """One deed is one line in the history, whatever it changed; a deed that changes nothing leaves none."""
    check_details(session, student, goal, details)
    before = apply_details(session, student, goal, details)
    facts: dict[str, Any] = {"fields": sorted(before)} if before else {}
    moved = target_on != goal.target_on
    if moved:
        facts |= {"from": goal.target_on.isoformat(), "to": target_on.isoformat()}
        goal.target_on = target_on
    session.add(goal)
    if facts:
        write_change(
            session,
            goal,
            Change.MOVED if moved else Change.CHANGED,
            facts,
            by=student.person_id,
            event=EventKind.GOAL_UPDATED,
            sealed_before=seal_before(student, before),
            now=now,
        )
    return goal


def _say(student: Student, goal: Goal, details: Details) -> dict[str, Any]:
    """Put words, plan, reason and larger goal into a goal; returns what was there before, of those that differ."""
    before: dict[str, Any] = {}
    for name, purpose in _TEXTS.items():
        said, column = getattr(details, name), f"sealed_{name}"
        if said is not None:
            sealed = getattr(goal, column)
            old = student.key.open(sealed, purpose) if sealed else None
            if (said or None) != old:
                before[name] = old
                setattr(goal, column, seal_words(student.key, said, purpose) if said else None)
    if details.parent_id and details.parent_id != goal.parent_id:
        before["parent"] = goal.parent_id and str(goal.parent_id)
        goal.parent_id = details.parent_id
    return before


def _added(session: Session, goal: Goal) -> Goal | None:
    """Add a goal; None when the database has an open one for its competency by now."""
    return add_once(session, Goal, goal.model_dump())


def _steps_now(session: Session, student: Student, goal: Goal) -> list[tuple[str, str | None]]:
    return [
        (student.key.open(step.sealed_words, STEP), step.done_at.isoformat() if step.done_at else None)
        for step in steps_of(session, goal.tenant_id, [goal.id])
    ]


def _set_steps(
    session: Session, student: Student, goal: Goal, steps: Sequence[str], old: Sequence[tuple[str, str | None]] | None = None
) -> None:
    """Lay the steps of a goal, in place of `old` ones; one that keeps its words keeps the instant at which it was done."""
    if old is not None:
        session.execute(delete(GoalStep).where(col(GoalStep.tenant_id) == goal.tenant_id, col(GoalStep.goal_id) == goal.id))
    left = list(old or ())
    for position, words in enumerate(steps):
        kept = next((step for step in left if step[0] == words), None)
        if kept:
            left.remove(kept)  # two steps may read the same
        session.add(
            GoalStep(
                tenant_id=goal.tenant_id,
                goal_id=goal.id,
                position=position,
                sealed_words=seal_words(student.key, words, STEP),
                done_at=datetime.fromisoformat(kept[1]) if kept and kept[1] else None,
            )
        )
    session.flush()
