"""How a goal ends: completed by the student, achieved by the evidence, or dropped; and how it is opened again."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from core.courses.courses import Course
from core.errors import CoreError
from core.evidence.evidence import Estimate, Observation
from core.journal.events import EventKind
from core.journal.goal_setting import demand_day
from core.journal.goals import Change, Goal, GoalAlreadyOpen, GoalState, own_goal, write_change
from core.journal.notices import Notice, promise_notice
from core.journal.student import Student


class GoalNotEnded(CoreError):
    """Only a goal that was reached or dropped can be opened again."""

    code = "goal.not_ended"


def complete(session: Session, student: Student, goal_id: UUID, *, now: datetime) -> Goal:
    """Say that a goal is reached.

    Raises:
        NotFound: no such goal, or somebody else's.
        GoalNotOpen: it has ended, or is not accepted yet.
    """
    goal = own_goal(session, student.tenant_id, student.person_id, goal_id, state=GoalState.OPEN)
    end(session, goal, GoalState.REACHED, now=now)
    write_change(session, goal, Change.REACHED, {}, by=student.person_id, event=EventKind.GOAL_COMPLETED, now=now)
    return goal


def drop(session: Session, student: Student, goal_id: UUID, *, now: datetime) -> Goal:
    """Give a goal up.

    Raises:
        NotFound: no such goal, or somebody else's.
        GoalNotOpen: it has ended, or is not accepted yet.
    """
    goal = own_goal(session, student.tenant_id, student.person_id, goal_id, state=GoalState.OPEN)
    end(session, goal, GoalState.DROPPED, now=now)
    write_change(session, goal, Change.DROPPED, {}, by=student.person_id, event=EventKind.GOAL_DROPPED, now=now)
    return goal


def reopen(session: Session, student: Student, goal_id: UUID, *, target_on: date | None = None, now: datetime) -> Goal:
    """Open an ended goal again, by another day if one is given.

    Raises:
        NotFound: no such goal, or somebody else's.
        GoalNotEnded: it is open, or a suggestion.
        GoalAlreadyOpen: there is another open goal for its competency.
        TargetInPast: `target_on` is before today in the course's zone.
    """
    goal = own_goal(session, student.tenant_id, student.person_id, goal_id)
    if goal.state not in (GoalState.REACHED, GoalState.DROPPED):
        raise GoalNotEnded(state=goal.state)
    facts = {}
    if target_on and target_on != goal.target_on:
        demand_day(student, target_on, now)
        facts = {"from": goal.target_on.isoformat(), "to": target_on.isoformat()}
    open_again(session, goal, target_on)
    write_change(session, goal, Change.REOPENED, facts, by=student.person_id, event=EventKind.GOAL_UPDATED, now=now)
    return goal


def advance_with_evidence(session: Session, course: Course, told: Observation, *, now: datetime) -> Goal | None:
    """Reach a student's open goal by itself, when the evidence on its competency has come to the course's mastery level.

    Call it in the transaction of the evidence; `core/evidence` stands below the journal and cannot. Who lets evidence
    in is handed one verb by `app/wiring.py`, for all sources alike:

        def observe(session: Session, course: Course, told: Observation, *, now: datetime) -> None:
            if record_evidence(session, course, told, now=now):
                advance_with_evidence(session, course, told, now=now)

    Returns the goal that was reached, or None. Called twice it does nothing more.
    """
    reached = and_(
        col(Estimate.course_id) == col(Goal.course_id),
        col(Estimate.person_id) == col(Goal.person_id),
        col(Estimate.competency_id) == col(Goal.competency_id),
        col(Estimate.value_bp) >= course.mastery_level_bp,
    )
    query = (
        select(Goal)
        .join(Estimate, reached)
        .where(
            col(Goal.tenant_id) == course.tenant_id,
            col(Goal.course_id) == course.id,
            col(Goal.person_id) == told.person_id,
            col(Goal.competency_id) == told.competency_id,
            col(Goal.state) == GoalState.OPEN,
        )
        .with_for_update(of=Goal)
        .execution_options(populate_existing=True)
    )
    goal = session.scalars(query).one_or_none()
    if goal:
        end(session, goal, GoalState.REACHED, now=now)
        facts, by = {"by": "evidence"}, told.asserted_by or told.person_id
        line = write_change(session, goal, Change.REACHED, facts, by=by, event=EventKind.GOAL_ACHIEVED, now=now)
        about = {"goal": goal.id}
        promise_notice(session, Notice.GOAL_ACHIEVED, goal.person_id, about, tenant_id=goal.tenant_id, once=line, due_at=now)
    return goal


def end(session: Session, goal: Goal, state: GoalState, *, now: datetime) -> None:
    """Put a goal into a state that ends it."""
    goal.state, goal.ended_at = state, now
    session.add(goal)


def open_again(session: Session, goal: Goal, target_on: date | None = None) -> None:
    """Put a goal into the open state, by another day if one is given.

    Raises:
        GoalAlreadyOpen: there is another open goal for its competency.
    """
    try:
        with session.begin_nested():
            goal.state, goal.ended_at, goal.target_on = GoalState.OPEN, None, target_on or goal.target_on
            session.add(goal)
            session.flush()
    except IntegrityError:
        raise GoalAlreadyOpen from None
