"""Goals: what a student aims for, by which day, with which plan.

Here are the tables and what pages read; the verbs are in `goal_setting.py` (set, change), `goal_steps.py`,
`goal_ends.py` (complete, drop, reopen, evidence), `goal_undo.py` and `suggestions.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Index, Select, UniqueConstraint, bindparam, func, select, text
from sqlmodel import Field, Session, UTCDateTime, col

from core.courses.competencies import Competency
from core.data import outbox
from core.data.db import Table, insert_once, within_tenant
from core.data.ids import new_id
from core.data.outbox import BigId, Promise
from core.errors import CoreError, NotFound
from core.journal.events import EventKind
from core.journal.events import event as event_of


class GoalState(StrEnum):
    """A goal is suggested by a teacher or open at once; it ends reached or dropped."""

    SUGGESTED = "suggested"
    OPEN = "open"
    REACHED = "reached"
    DROPPED = "dropped"


_ONE_OPEN = text("state = 'open' AND competency_id IS NOT NULL")


class Goal(Table, table=True):
    """One goal: a competency or the student's own words. What the student wrote is sealed with their key."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("competency_id IS NOT NULL OR sealed_words IS NOT NULL", name="aims_at_something"),
        Index("ix_goal_student", "tenant_id", "person_id", "state"),
        Index(
            "uq_goal_one_open", "course_id", "person_id", "competency_id", unique=True, sqlite_where=_ONE_OPEN, postgresql_where=_ONE_OPEN
        ),
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("course", "course_id"),
        within_tenant("competency", "competency_id"),
        within_tenant("goal", "parent_id", on_delete="CASCADE"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID
    course_id: UUID
    competency_id: UUID | None = None
    parent_id: UUID | None = None
    state: str = GoalState.OPEN
    target_on: date
    sealed_words: bytes | None = None
    sealed_plan: bytes | None = None
    sealed_why: bytes | None = None
    suggested_by: UUID | None = None
    created_at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class GoalStep(Table, table=True):
    """One step of a goal, in order; its words are the student's."""

    __tablename__ = "goal_step"
    __table_args__ = (UniqueConstraint("goal_id", "position"), within_tenant("goal", "goal_id", on_delete="CASCADE"))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    goal_id: UUID
    position: int
    sealed_words: bytes
    done_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Change(StrEnum):
    """What happened to a goal; the facts of each are days, places and codes."""

    SUGGESTED = "suggested"
    SET = "set"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    MOVED = "moved"
    CHANGED = "changed"
    STEP_DONE = "step_done"
    STEP_UNDONE = "step_undone"
    REACHED = "reached"
    DROPPED = "dropped"
    REOPENED = "reopened"
    UNDONE = "undone"


class GoalChange(Table, table=True):
    """The history of a goal: what changed, when, by whom. `facts` are codes, days and places, never words.

    What the student had written before is kept sealed in `sealed_before`: it can be undone, and a correction loses nothing.
    """

    __tablename__ = "goal_change"
    __table_args__ = (within_tenant("goal", "goal_id", on_delete="CASCADE"),)
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant_id: UUID
    goal_id: UUID = Field(index=True)
    changed_by: UUID
    change: str
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    sealed_before: bytes | None = None
    changed_at: datetime = Field(sa_type=UTCDateTime)


RECORD = "goal"
WORDS, PLAN, WHY, STEP = "goal.sealed_words", "goal.sealed_plan", "goal.sealed_why", "goal_step.sealed_words"
BEFORE = "goal_change.sealed_before"


class GoalNotOpen(CoreError):
    """The goal has ended, or is a suggestion that nobody accepted yet."""

    code = "goal.not_open"


class GoalAlreadyOpen(CoreError):
    """The student has an open goal for this competency: a second one would split the work."""

    code = "goal.already_open"


def own_goal(session: Session, tenant_id: UUID, person_id: UUID, goal_id: UUID, *, state: GoalState | None = None) -> Goal:
    """A student's goal, locked until the transaction ends, so that two tabs change it one after the other.

    Raises:
        NotFound: no such goal, or somebody else's.
        GoalNotOpen: it is not in `state`.
    """
    goal = session.scalars(_own, {"tenant_id": tenant_id, "person_id": person_id, "goal_id": goal_id}).one_or_none()
    if goal is None:
        raise NotFound(what="goal")
    if state and goal.state != state:
        raise GoalNotOpen(state=goal.state)
    return goal


def own_goal_with_steps(session: Session, tenant_id: UUID, person_id: UUID, goal_id: UUID) -> tuple[Goal, list[GoalStep]]:
    """A student's open goal, locked as `own_goal` does, and its steps in order, in one statement.

    Raises:
        NotFound: no such goal, or somebody else's.
        GoalNotOpen: it has ended, or is not accepted yet.
    """
    rows = session.execute(_with_steps, {"tenant_id": tenant_id, "person_id": person_id, "goal_id": goal_id}).all()
    if not rows:
        raise NotFound(what="goal")
    goal = rows[0][0]
    if goal.state != GoalState.OPEN:
        raise GoalNotOpen(state=goal.state)
    return goal, [step for _, step in rows if step is not None]


_mine = (
    col(Goal.tenant_id) == bindparam("tenant_id"),
    col(Goal.person_id) == bindparam("person_id"),
    col(Goal.id) == bindparam("goal_id"),
)
_own = select(Goal).where(*_mine).with_for_update().execution_options(populate_existing=True)
_with_steps = (
    select(Goal, GoalStep)
    .outerjoin(GoalStep, col(GoalStep.goal_id) == col(Goal.id))
    .where(*_mine)
    .order_by(col(GoalStep.position))
    .with_for_update(of=Goal)
    .execution_options(populate_existing=True)
)


def write_change(
    session: Session,
    goal: Goal,
    change: Change,
    facts: Mapping[str, Any],
    *,
    by: UUID,
    event: EventKind | None,
    sealed_before: bytes | None = None,
    now: datetime,
) -> int:
    """Add a line to a goal's history, and promise its event, if it has one; returns the line's id."""
    line_id = _add_line(session, goal, change, facts, by, sealed_before, now)
    if event:
        outbox.promise_all(session, [_event(goal, event, line_id, now)])
    return line_id


def add_change(
    session: Session, goal: Goal, change: Change, facts: Mapping[str, Any], *, by: UUID, event: EventKind, now: datetime
) -> Promise:
    """As `write_change`, but returns the event, for the caller to promise together with others."""
    return _event(goal, event, _add_line(session, goal, change, facts, by, None, now), now)


def _add_line(
    session: Session, goal: Goal, change: Change, facts: Mapping[str, Any], by: UUID, sealed_before: bytes | None, now: datetime
) -> int:
    session.flush()  # the goal itself comes first
    row = {"tenant_id": goal.tenant_id, "goal_id": goal.id, "changed_by": by, "change": change, "facts": dict(facts)}
    line_id: int = insert_once(session, GoalChange, {**row, "sealed_before": sealed_before, "changed_at": now}, returning="id")
    return line_id


def _event(goal: Goal, kind: EventKind, line_id: int, now: datetime) -> Promise:
    about = {"tenant_id": goal.tenant_id, "person_id": goal.person_id, "course_id": goal.course_id}
    return event_of(kind, {"goal": goal.id}, **about, once=line_id, now=now)


def history_of(session: Session, tenant_id: UUID, person_id: UUID, goal_id: UUID) -> Sequence[GoalChange]:
    """What happened to a student's goal, oldest first; nothing for somebody else's."""
    query = (
        select(GoalChange)
        .join(Goal, col(Goal.id) == col(GoalChange.goal_id))
        .where(col(GoalChange.tenant_id) == tenant_id, col(GoalChange.goal_id) == goal_id, col(Goal.person_id) == person_id)
        .order_by(col(GoalChange.id))
    )
    return session.scalars(query).all()


def open_goals(session: Session, tenant_id: UUID, person_id: UUID, course_id: UUID | None = None) -> Sequence[Goal]:
    """A student's open goals, the next due first; of one course, or of all."""
    query = select(Goal).where(col(Goal.tenant_id) == tenant_id, col(Goal.person_id) == person_id, col(Goal.state) == GoalState.OPEN)
    if course_id:
        query = query.where(col(Goal.course_id) == course_id)
    return session.scalars(query.order_by(col(Goal.target_on), col(Goal.id))).all()


def steps_of(session: Session, tenant_id: UUID, goal_ids: Sequence[UUID]) -> Sequence[GoalStep]:
    """The steps of some goals, in order."""
    return session.scalars(_steps, {"tenant_id": tenant_id, "goal_ids": list(goal_ids)}).all()


_steps = (
    select(GoalStep)
    .where(col(GoalStep.tenant_id) == bindparam("tenant_id"), col(GoalStep.goal_id).in_(bindparam("goal_ids", expanding=True)))
    .order_by(col(GoalStep.goal_id), col(GoalStep.position))
)


@dataclass(frozen=True)
class OpenGoal:
    """An open goal with its steps, as its student's page shows it. What the student wrote is still sealed.

    `steps` are (sealed words, done) in order; `short_name` is the competency's, None for a goal in own words only.
    """

    goal_id: UUID
    course_id: UUID
    short_name: str | None
    target_on: date
    sealed_words: bytes | None
    sealed_plan: bytes | None
    steps: list[tuple[bytes, bool]]
    competency_id: UUID | None = None


def open_goals_with_steps(session: Session, tenant_id: UUID, person_id: UUID, most: int) -> list[OpenGoal]:
    """The open goals of a student in all courses, the next due first, at most `most`, in one statement."""
    goals: dict[UUID, OpenGoal] = {}
    rows = session.execute(_open_with_steps(), {"tenant_id": tenant_id, "person_id": person_id, "most": most})
    for goal_id, course_id, short_name, target_on, words, plan, step, done_at, competency_id in rows:
        goal = goals.setdefault(goal_id, OpenGoal(goal_id, course_id, short_name, target_on, words, plan, [], competency_id))
        if step is not None:
            goal.steps.append((step, done_at is not None))
    return list(goals.values())


@cache
def _open_with_steps() -> Select[UUID, UUID, str, date, bytes | None, bytes | None, bytes, datetime | None, UUID]:
    mine = (
        col(Goal.tenant_id) == bindparam("tenant_id"),
        col(Goal.person_id) == bindparam("person_id"),
        col(Goal.state) == GoalState.OPEN,
    )
    first = select(col(Goal.id)).where(*mine).order_by(col(Goal.target_on), col(Goal.id)).limit(bindparam("most"))
    return (
        select(
            col(Goal.id),
            col(Goal.course_id),
            col(Competency.short_name),
            col(Goal.target_on),
            col(Goal.sealed_words),
            col(Goal.sealed_plan),
            col(GoalStep.sealed_words),
            col(GoalStep.done_at),
            col(Competency.id),
        )
        .outerjoin(Competency, col(Competency.id) == col(Goal.competency_id))
        .outerjoin(GoalStep, col(GoalStep.goal_id) == col(Goal.id))
        .where(*mine, col(Goal.id).in_(first))
        .order_by(col(Goal.target_on), col(Goal.id), col(GoalStep.position))
    )


def count_open_goals(session: Session, tenant_id: UUID, course_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many open goals each of some students has in a course, in one statement; who has none is absent."""
    query = (
        select(col(Goal.person_id), func.count())
        .where(
            col(Goal.tenant_id) == tenant_id,
            col(Goal.course_id) == course_id,
            col(Goal.person_id).in_(person_ids),
            col(Goal.state) == GoalState.OPEN,
        )
        .group_by(col(Goal.person_id))
    )
    return dict(session.execute(query).all())
