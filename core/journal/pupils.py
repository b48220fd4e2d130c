"""A student as a teacher of the course may read them: goals and check-ins of that course, the words only when they are opened.

Neither moods nor reflections are here. Suggestions that the student declined look like none: nobody is told of a no.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, case, select
from sqlmodel import Session, col

from core.courses.competencies import Competency
from core.courses.enrolments import Enrolment
from core.data.vault import DataKey, Vault
from core.errors import NotFound
from core.journal import checkins, goals
from core.journal.adults import teaches
from core.journal.checkins import CheckIn
from core.journal.goals import Goal, GoalState, GoalStep, steps_of
from core.journal.suggestions import COMMENT, GoalComment
from core.people.access import Role
from core.people.audit import Reader, audit_reads

Row = TypeVar("Row", GoalStep, GoalComment)
SHOWN = (GoalState.OPEN, GoalState.SUGGESTED, GoalState.REACHED)
MOST_GOALS, MOST_CHECK_INS = 20, 10


@dataclass(frozen=True)
class Pupil:
    """The goals and check-ins of one student in one course, still sealed."""

    person_id: UUID
    goals: Sequence[tuple[Goal, str | None]]
    steps: Mapping[UUID, Sequence[GoalStep]]
    comments: Mapping[UUID, Sequence[GoalComment]]
    check_ins: Sequence[CheckIn]


@dataclass(frozen=True)
class OpenedGoal:
    """What a student wrote about a goal, and what teachers wrote to it: (author, words), oldest first."""

    words: str | None
    plan: str | None
    why: str | None
    steps: tuple[tuple[str, bool], ...]
    comments: tuple[tuple[UUID, str], ...]


@dataclass(frozen=True)
class Opened:
    """The words of a pupil, by goal and by check-in; those without any are absent from the check-ins."""

    goals: Mapping[UUID, OpenedGoal]
    blockers: Mapping[UUID, str]


def pupil_of(session: Session, teacher: Reader, course_id: UUID, student_id: UUID) -> Pupil:
    """What a teacher may read of a student of their course, without opening it: open goals first, then the newest of each.

    Raises:
        NotFound: the teacher does not teach the course, or the person is no student in it.
    """
    enrolled = select(col(Enrolment.id)).where(
        col(Enrolment.tenant_id) == teacher.tenant_id,
        col(Enrolment.course_id) == course_id,
        col(Enrolment.person_id) == student_id,
        col(Enrolment.role) == Role.STUDENT,
        col(Enrolment.active),
        teaches(teacher, col(Enrolment.course_id)),
    )
    if session.scalars(enrolled).first() is None:
        raise NotFound(what="student")
    found = _goals(session, teacher, course_id, student_id)
    ids = [goal.id for goal, _ in found]
    return Pupil(
        person_id=student_id,
        goals=found,
        steps=_by_goal(steps_of(session, teacher.tenant_id, ids)),
        comments=_by_goal(_comments(session, teacher.tenant_id, ids)),
        check_ins=_check_ins(session, teacher, course_id, student_id),
    )


def open_words(session: Session, vault: Vault, teacher: Reader, pupil: Pupil, *, why: str, channel: str = "web", now: datetime) -> Opened:
    """Open the words of a pupil's goals and check-ins. Each read is audited in the same transaction, and fails without that.

    Args:
        pupil: as `pupil_of` found them for this teacher.
        why: a code of the occasion, such as `student`.

    Raises:
        KeyDestroyed: the student was erased.
    """
    told = [one for one in pupil.check_ins if one.sealed_blocker]
    for record, ids in ((goals.RECORD, [goal.id for goal, _ in pupil.goals]), (checkins.RECORD, [one.id for one in told])):
        audit_reads(session, teacher, record, [(pupil.person_id, one) for one in ids], why=why, channel=channel, now=now)
    key = vault.key_of(pupil.person_id)
    return Opened(
        goals={goal.id: _opened(goal, pupil, key) for goal, _ in pupil.goals},
        blockers={one.id: key.open(one.sealed_blocker, checkins.BLOCKER) for one in told if one.sealed_blocker},
    )


def _goals(session: Session, teacher: Reader, course_id: UUID, student_id: UUID) -> list[tuple[Goal, str | None]]:
    place = case({state: number for number, state in enumerate(SHOWN)}, value=col(Goal.state))
    query = (
        select(Goal, col(Competency.short_name))
        .outerjoin(Competency, col(Competency.id) == col(Goal.competency_id))
        .where(*_theirs(Goal, teacher, course_id, student_id), col(Goal.state).in_(SHOWN))
        .order_by(place, col(Goal.ended_at).desc(), col(Goal.target_on), col(Goal.id))
    )
    return [(goal, short_name) for goal, short_name in session.execute(query.limit(MOST_GOALS))]


def _check_ins(session: Session, teacher: Reader, course_id: UUID, student_id: UUID) -> Sequence[CheckIn]:
    query = select(CheckIn).where(*_theirs(CheckIn, teacher, course_id, student_id))
    return session.scalars(query.order_by(col(CheckIn.day).desc()).limit(MOST_CHECK_INS)).all()


def _theirs(table: type[Goal] | type[CheckIn], teacher: Reader, course_id: UUID, student_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (col(table.tenant_id) == teacher.tenant_id, col(table.course_id) == course_id, col(table.person_id) == student_id)


def _comments(session: Session, tenant_id: UUID, goal_ids: Sequence[UUID]) -> Sequence[GoalComment]:
    query = select(GoalComment).where(col(GoalComment.tenant_id) == tenant_id, col(GoalComment.goal_id).in_(goal_ids))
    return session.scalars(query.order_by(col(GoalComment.written_at), col(GoalComment.id))).all()


def _by_goal(rows: Sequence[Row]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row.goal_id, []).append(row)
    return found


def _opened(goal: Goal, pupil: Pupil, key: DataKey) -> OpenedGoal:
    return OpenedGoal(
        words=_open(key, goal.sealed_words, goals.WORDS),
        plan=_open(key, goal.sealed_plan, goals.PLAN),
        why=_open(key, goal.sealed_why, goals.WHY),
        steps=tuple((key.open(one.sealed_words, goals.STEP), one.done_at is not None) for one in pupil.steps.get(goal.id, ())),
        comments=tuple((one.written_by, key.open(one.sealed_words, COMMENT)) for one in pupil.comments.get(goal.id, ())),
    )


def _open(key: DataKey, sealed: bytes | None, purpose: str) -> str | None:
    return key.open(sealed, purpose) if sealed else None
