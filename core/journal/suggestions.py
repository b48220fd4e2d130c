"""Suggestions and comments: what a teacher proposes, and the student accepts, edits or declines. Nobody is told of a no."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Field, Session, UTCDateTime, col

from core.courses.competencies import find_competency
from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.data.vault import Vault
from core.errors import NotFound
from core.journal.adults import demand_teacher, teaches
from core.journal.events import EventKind
from core.journal.goal_ends import end, open_again
from core.journal.goal_setting import NOTHING_SAID, AimsAtNothing, Details, apply_details, check_details, demand_day, open_goal, seal_before
from core.journal.goals import WORDS, Change, Goal, GoalAlreadyOpen, GoalState, own_goal, write_change
from core.journal.notices import Notice, promise_notice
from core.journal.student import Student
from core.journal.words import check_words, seal_words
from core.people.audit import Reader

COMMENT = "goal_comment.sealed_words"


class GoalComment(Table, table=True):
    """A teacher's words on a student's goal, sealed with the student's key: they are the student's record too."""

    __tablename__ = "goal_comment"
    __table_args__ = (within_tenant("goal", "goal_id", on_delete="CASCADE"), within_tenant("person", "written_by"))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    goal_id: UUID = Field(index=True)
    written_by: UUID
    sealed_words: bytes
    written_at: datetime = Field(sa_type=UTCDateTime)


def suggest(
    session: Session,
    teacher: Reader,
    student: Student,
    target_on: date,
    *,
    competency_id: UUID | None = None,
    words: str | None = None,
    now: datetime,
) -> Goal:
    """Suggest a goal to a student of one's own course. It is none until they accept it.

    A second suggestion for the same competency replaces the first. The student is told once of each day suggested.

    Raises:
        NotFound: the teacher does not teach the course, or there is no such competency.
        TargetInPast: `target_on` is before today in the course's zone.
        AimsAtNothing: neither competency nor words.
        GoalAlreadyOpen: the student is at work on this competency: comment on that goal instead.
        WordsMissing, WordsTooLong: the words cannot be kept.
    """
    demand_teacher(session, teacher, student.course.id)
    demand_day(student, target_on, now)
    if competency_id is None and not words:
        raise AimsAtNothing
    sealed = seal_words(student.key, words, WORDS) if words else None
    if competency_id:
        find_competency(session, student.tenant_id, competency_id)
        if open_goal(session, student, competency_id):
            raise GoalAlreadyOpen
    goal = _suggested(session, student, competency_id) or Goal(
        tenant_id=student.tenant_id,
        person_id=student.person_id,
        course_id=student.course.id,
        competency_id=competency_id,
        state=GoalState.SUGGESTED,
        target_on=target_on,
        created_at=now,
    )
    goal.target_on, goal.suggested_by, goal.sealed_words = target_on, teacher.person_id, sealed
    session.add(goal)
    session.flush()
    day = target_on.isoformat()
    write_change(session, goal, Change.SUGGESTED, {"target_on": day}, by=teacher.person_id, event=None, now=now)
    once, about = f"{goal.id}:{day}", {"goal": goal.id}
    promise_notice(session, Notice.GOAL_SUGGESTED, goal.person_id, about, tenant_id=goal.tenant_id, once=once, due_at=now)
    return goal


def accept(
    session: Session, student: Student, goal_id: UUID, *, target_on: date | None = None, details: Details = NOTHING_SAID, now: datetime
) -> Goal:
    """Make a suggestion one's own goal, as it is or edited.

    Raises:
        NotFound: no such goal, or somebody else's.
        GoalNotOpen: it is no suggestion (any more).
        TargetInPast: its day, or the one given instead, is before today.
        GoalAlreadyOpen: the student has set a goal for its competency meanwhile.
        AimsAtNothing, TooManySteps, ParentLoop, WordsMissing, WordsTooLong: the details cannot be kept.
    """
    goal = own_goal(session, student.tenant_id, student.person_id, goal_id, state=GoalState.SUGGESTED)
    wanted, suggested = target_on or goal.target_on, goal.target_on
    demand_day(student, wanted, now)
    check_details(session, student, goal, details)
    open_again(session, goal, wanted)
    before = apply_details(session, student, goal, details)
    facts = {"target_on": wanted.isoformat()}
    if wanted != suggested:
        facts |= {"from": suggested.isoformat(), "to": wanted.isoformat()}
    write_change(
        session,
        goal,
        Change.ACCEPTED,
        facts,
        by=student.person_id,
        event=EventKind.GOAL_SET,
        sealed_before=seal_before(student, before),
        now=now,
    )
    return goal


def decline(session: Session, student: Student, goal_id: UUID, *, now: datetime) -> Goal:
    """Turn a suggestion down. No event and no message says so.

    Raises:
        NotFound: no such goal, or somebody else's.
        GoalNotOpen: it is no suggestion (any more).
    """
    goal = own_goal(session, student.tenant_id, student.person_id, goal_id, state=GoalState.SUGGESTED)
    end(session, goal, GoalState.DROPPED, now=now)
    write_change(session, goal, Change.DECLINED, {}, by=student.person_id, event=None, now=now)
    return goal


def suggestions_for(session: Session, student: Student) -> Sequence[Goal]:
    """What waits for a student's yes or no in the course, the next due first."""
    query = select(Goal).where(
        col(Goal.tenant_id) == student.tenant_id,
        col(Goal.person_id) == student.person_id,
        col(Goal.course_id) == student.course.id,
        col(Goal.state) == GoalState.SUGGESTED,
    )
    return session.scalars(query.order_by(col(Goal.target_on), col(Goal.id))).all()


def comment(session: Session, vault: Vault, teacher: Reader, goal_id: UUID, words: str, *, now: datetime) -> GoalComment:
    """Write to a student about one of their goals in a course of one's own. The last words said again are not kept twice.

    Raises:
        NotFound: no such goal in a course that the teacher teaches.
        WordsMissing, WordsTooLong: the words cannot be kept.
        KeyDestroyed: the student was erased.
    """
    query = select(Goal).where(col(Goal.tenant_id) == teacher.tenant_id, col(Goal.id) == goal_id, teaches(teacher, col(Goal.course_id)))
    goal = session.scalars(query).one_or_none()
    if goal is None:
        raise NotFound(what="goal")
    key = vault.key_of(goal.person_id)
    written = list(comments_on(session, goal.tenant_id, goal.person_id, goal.id))
    if written and written[-1].written_by == teacher.person_id and key.open(written[-1].sealed_words, COMMENT) == check_words(words):
        return written[-1]
    sealed = seal_words(key, words, COMMENT)
    made = GoalComment(tenant_id=goal.tenant_id, goal_id=goal.id, written_by=teacher.person_id, sealed_words=sealed, written_at=now)
    session.add(made)
    session.flush()
    about = {"goal_comment": made.id}
    promise_notice(session, Notice.GOAL_COMMENTED, goal.person_id, about, tenant_id=goal.tenant_id, once=made.id, due_at=now)
    return made


def comments_on(session: Session, tenant_id: UUID, person_id: UUID, goal_id: UUID) -> Sequence[GoalComment]:
    """What teachers wrote about a student's goal, oldest first; nothing for somebody else's."""
    query = (
        select(GoalComment)
        .join(Goal, col(Goal.id) == col(GoalComment.goal_id))
        .where(col(GoalComment.tenant_id) == tenant_id, col(GoalComment.goal_id) == goal_id, col(Goal.person_id) == person_id)
    )
    return session.scalars(query.order_by(col(GoalComment.written_at), col(GoalComment.id))).all()


def _suggested(session: Session, student: Student, competency_id: UUID | None) -> Goal | None:
    if competency_id is None:
        return None
    waiting = (goal for goal in suggestions_for(session, student) if goal.competency_id == competency_id)
    return next(waiting, None)
