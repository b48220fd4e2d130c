"""The steps of a goal: done, and not done after all."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.data import outbox
from core.data.outbox import Promise
from core.errors import NotFound
from core.journal.events import EventKind
from core.journal.goals import Change, Goal, GoalStep, add_change, own_goal_with_steps
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
    planned, events = follow_count(session, student, goal_id, count, now=now)
    outbox.promise_all(session, events)
    return planned


def follow_count(session: Session, student: Student, goal_id: UUID, count: int, *, now: datetime) -> tuple[int, list[Promise]]:
    """As `count_steps_done`, but returns the events as well, for the caller to promise.

    Raises:
        NotFound, GoalNotOpen: as `count_steps_done`.
    """
    goal, steps = own_goal_with_steps(session, student.tenant_id, student.person_id, goal_id)
    done = sum(step.done_at is not None for step in steps)
    more = [step for step in steps if step.done_at is None][: max(count - done, 0)]
    fewer = [step for step in reversed(steps) if step.done_at][: max(done - count, 0)]
    return len(steps), _write_steps(session, goal, more or fewer, done=bool(more), by=student.person_id, now=now)


def _write_steps(session: Session, goal: Goal, steps: Sequence[GoalStep], *, done: bool, by: UUID, now: datetime) -> list[Promise]:
    """Mark steps, with one line in the history for all of them; returns its event."""
    if not steps:
        return []
    for step in steps:
        step.done_at = now if done else None
    session.add_all(steps)
    change, facts = Change.STEP_DONE if done else Change.STEP_UNDONE, {"positions": sorted(step.position for step in steps)}
    return [add_change(session, goal, change, facts, by=by, event=EventKind.GOAL_UPDATED, now=now)]


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
    goal, steps = own_goal_with_steps(session, student.tenant_id, student.person_id, goal_id)
    step = find_step(steps, position)
    if (step.done_at is not None) != done:
        outbox.promise_all(session, _write_steps(session, goal, [step], done=done, by=student.person_id, now=now))
    return goal
