"""What people have done before a page is looked at: plain rows, sealed as the verbs of the talk will seal them."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from core.courses.courses import Course
from core.data.vault import Vault
from core.journal import goals, help_requests
from core.journal.goals import Goal, GoalStep
from core.journal.help_requests import HelpAnswer, HelpRequest, HelpState, Kind
from core.people.people import Person


def add_goal(
    session: Session,
    vault: Vault,
    person: Person,
    course: Course,
    target_on: date,
    *,
    now: datetime,
    competency_id: UUID | None = None,
    words: str | None = None,
    plan: str | None = None,
    steps: Sequence[str] = (),
    done: int = 0,
) -> Goal:
    """Add an open goal, of whose steps the first `done` are done."""
    key = vault.key_of(person.id)
    goal = Goal(
        tenant_id=person.tenant_id,
        person_id=person.id,
        course_id=course.id,
        competency_id=competency_id,
        target_on=target_on,
        sealed_words=key.seal(words, goals.WORDS) if words else None,
        sealed_plan=key.seal(plan, goals.PLAN) if plan else None,
        created_at=now,
    )
    session.add(goal)
    session.flush()
    for position, step in enumerate(steps):
        session.add(
            GoalStep(
                tenant_id=person.tenant_id,
                goal_id=goal.id,
                position=position,
                sealed_words=key.seal(step, goals.STEP),
                done_at=now if position < done else None,
            )
        )
    session.flush()
    return goal


def ask_help(
    session: Session,
    vault: Vault,
    person: Person,
    to: Person,
    course: Course,
    words: str,
    *,
    now: datetime,
    kind: Kind = Kind.ACADEMIC,
    state: HelpState = HelpState.OPEN,
    answer: str | None = None,
) -> HelpRequest:
    """Add a help request, with an answer if there is one."""
    key = vault.key_of(person.id)
    request = HelpRequest(
        tenant_id=person.tenant_id,
        person_id=person.id,
        to_person_id=to.id,
        course_id=course.id,
        kind=kind,
        state=state,
        sealed_words=key.seal(words, help_requests.WORDS),
        asked_at=now,
    )
    session.add(request)
    session.flush()
    if answer:
        sealed = key.seal(answer, help_requests.ANSWER)
        session.add(
            HelpAnswer(tenant_id=person.tenant_id, help_request_id=request.id, answered_by=to.id, sealed_words=sealed, answered_at=now)
        )
        session.flush()
    return request
