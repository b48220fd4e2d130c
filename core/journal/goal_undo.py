"""Undo: the latest change of a goal taken back, whatever it was. The history keeps both."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.errors import CoreError
from core.journal.events import EventKind
from core.journal.goal_ends import end, open_again
from core.journal.goal_setting import open_before, restore_details
from core.journal.goal_steps import find_step
from core.journal.goals import Change, Goal, GoalChange, GoalState, own_goal, steps_of, write_change
from core.journal.student import Student


class NothingToUndo(CoreError):
    """The latest change was taken back already, or was not the student's own."""

    code = "goal.nothing_to_undo"


def undo(session: Session, student: Student, goal_id: UUID, *, now: datetime) -> Goal:
    """Take back the student's latest change of a goal: a day, words, steps, an end. A goal that was just set is dropped.

    Raises:
        NotFound: no such goal, or somebody else's.
        NothingToUndo: the latest change was an undo, or somebody else's, such as new evidence.
        GoalAlreadyOpen: another goal for its competency was opened since it ended.
    """
    goal = own_goal(session, student.tenant_id, student.person_id, goal_id)
    query = select(GoalChange).where(col(GoalChange.tenant_id) == goal.tenant_id, col(GoalChange.goal_id) == goal.id)
    last = session.scalars(query.order_by(col(GoalChange.id).desc()).limit(1)).one_or_none()
    if last is None or last.changed_by != student.person_id or last.change not in _UNDO or last.facts.get("by"):
        raise NothingToUndo
    _UNDO[Change(last.change)](session, student, goal, last, now)
    session.add(goal)
    took_away = last.change in (Change.SET, Change.ACCEPTED)
    event = None if last.change == Change.DECLINED else EventKind.GOAL_DROPPED if took_away else EventKind.GOAL_UPDATED
    write_change(session, goal, Change.UNDONE, {"change": last.change}, by=student.person_id, event=event, now=now)
    return goal


def _drop(session: Session, _student: Student, goal: Goal, _last: GoalChange, now: datetime) -> None:
    end(session, goal, GoalState.DROPPED, now=now)


def _suggest_again(session: Session, student: Student, goal: Goal, last: GoalChange, now: datetime) -> None:
    goal.state, goal.ended_at = GoalState.SUGGESTED, None
    _change_back(session, student, goal, last, now)


def _change_back(session: Session, student: Student, goal: Goal, last: GoalChange, _now: datetime) -> None:
    _move_back(goal, last.facts)
    restore_details(session, student, goal, open_before(student, last.sealed_before))


def _mark_back(session: Session, _student: Student, goal: Goal, last: GoalChange, now: datetime) -> None:
    steps = steps_of(session, goal.tenant_id, [goal.id])
    for position in last.facts["positions"]:
        step = find_step(steps, position)
        step.done_at = now if last.change == Change.STEP_UNDONE else None
        session.add(step)


def _open_again(session: Session, _student: Student, goal: Goal, _last: GoalChange, _now: datetime) -> None:
    open_again(session, goal)


def _end_again(session: Session, _student: Student, goal: Goal, last: GoalChange, now: datetime) -> None:
    """As it had ended before it was opened again: that line of the history says how."""
    _move_back(goal, last.facts)
    ended = select(GoalChange).where(
        col(GoalChange.goal_id) == goal.id, col(GoalChange.change).in_((Change.REACHED, Change.DROPPED)), col(GoalChange.id) < last.id
    )
    line = session.scalars(ended.order_by(col(GoalChange.id).desc()).limit(1)).one_or_none()
    end(session, goal, GoalState(line.change) if line else GoalState.DROPPED, now=line.changed_at if line else now)


def _move_back(goal: Goal, facts: dict[str, Any]) -> None:
    if "from" in facts:
        goal.target_on = date.fromisoformat(facts["from"])


_UNDO: dict[str, Callable[[Session, Student, Goal, GoalChange, datetime], None]] = {
    Change.SET: _drop,
    Change.ACCEPTED: _suggest_again,
    Change.DECLINED: _suggest_again,
    Change.MOVED: _change_back,
    Change.CHANGED: _change_back,
    Change.STEP_DONE: _mark_back,
    Change.STEP_UNDONE: _mark_back,
    Change.REACHED: _open_again,
    Change.DROPPED: _open_again,
    Change.REOPENED: _end_again,
}
