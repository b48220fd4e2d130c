"""The steps of a goal: done, and not done after all."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.errors import NotFound
from core.journal.events import EventKind
from core.journal.goals import Change, Goal, GoalState, GoalStep, own_goal, steps_of, write_change
from core.journal.student import Student


def step_done(session: Session, student: Student, goal_id: UUID, position: int, *, now: datetime) -> Goal:
    """Mark a step as done. Twice changes nothing.

    Args:
        position: its place, from 0.

    Raises:
        NotFound: no such goal of this student, or no such step.
        GoalNotOpen: the goal has ended, or is not accepted yet.
    """
    return _mark(session, student, goal_id, position, done=True, now=now)


def step_undone(session: Session, student: Student, goal_id: UUID, position: int, *, now: datetime) -> Goal:
    """Mark a step as not done after all. Twice changes nothing.

    Raises:
        NotFound, GoalNotOpen: as `step_done`.
    """
    return _mark(session, student, goal_id, position, done=False, now=now)


def count_steps_done(session: Session, student: Student, goal_id: UUID, count: int, *, now: datetime) -> int:
    """Have as many steps done as the student counted: the first ones that are left, or the last ones not after all.

    Returns how many steps the goal has; a count beyond that marks them all.

    Raises:
        NotFound: no such goal of this student.
        GoalNotOpen: the goal has ended, or is not accepted yet.
    """
    goal = own_goal(session, student.tenant_id, student.person_id, goal_id, state=GoalState.OPEN)
    steps = steps_of(session, goal.tenant_id, [goal.id])
    done = sum(step.done_at is not None for step in steps)
    for step in [step for step in steps if step.done_at is None][: max(count - done, 0)]:
        write_step(session, goal, step, done=True, by=student.person_id, now=now)
    for step in [step for step in reversed(steps) if step.done_at][: max(done - count, 0)]:
        write_step(session, goal, step, done=False, by=student.person_id, now=now)
    return len(steps)


def write_step(session: Session, goal: Goal, step: GoalStep, *, done: bool, by: UUID, now: datetime) -> None:
    """Mark one step, with its line in the history and its event."""
    step.done_at = now if done else None
    session.add(step)
    change = Change.STEP_DONE if done else Change.STEP_UNDONE
    write_change(session, goal, change, {"position": step.position}, by=by, event=EventKind.GOAL_UPDATED, now=now)


def find_step(steps: Sequence[GoalStep], position: int) -> GoalStep:
    """The step in a place.

    Raises:
        NotFound: there is none.
    """
    step = next((step for step in steps if step.position == position), None)
    if step is None:
        raise NotFound(what="step")
    return step


def _mark(session: Session, student: Student, goal_id: UUID, position: int, *, done: bool, now: datetime) -> Goal:
    goal = own_goal(session, student.tenant_id, student.person_id, goal_id, state=GoalState.OPEN)
    step = find_step(steps_of(session, goal.tenant_id, [goal.id]), position)
    if (step.done_at is not None) != done:
        write_step(session, goal, step, done=done, by=student.person_id, now=now)
    return goal
