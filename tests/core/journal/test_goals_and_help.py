"""The tables of goals, reflections and help requests, and how pages read them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from core.data.vault import Vault
from core.journal.goals import (
    PLAN,
    STEP,
    WORDS,
    Goal,
    GoalChange,
    GoalState,
    GoalStep,
    open_goals,
    open_goals_with_steps,
    steps_of,
)
from core.journal.help_requests import ANSWER, HelpAnswer, HelpRequest, Kind, own_requests
from core.journal.help_requests import WORDS as HELP_WORDS
from core.journal.prompts import Phase
from core.journal.reflections import Reflection, ReflectionReader
from core.people.access import Role
from tests.people_made import School, add_course, join

DUE = date(2026, 12, 4)


def aim(session: Session, school: School, now: datetime, days: int = 0, **more: Any) -> Goal:
    """Add a goal of the school's student in the school's course, due some days after 4 December."""
    facts: dict[str, Any] = {
        "tenant_id": school.tenant.id,
        "person_id": school.student.id,
        "course_id": school.course.id,
        "competency_id": school.competency.id,
        "target_on": DUE + timedelta(days=days),
        "created_at": now,
    }
    goal = Goal(**facts | more)
    session.add(goal)
    session.flush()
    return goal


def own_words(session: Session, school: School, now: datetime, days: int = 0, **more: Any) -> Goal:
    return aim(session, school, now, days, competency_id=None, sealed_words=b"sealed", **more)


def step(session: Session, goal: Goal, position: int, done_at: datetime | None = None) -> GoalStep:
    made = GoalStep(tenant_id=goal.tenant_id, goal_id=goal.id, position=position, sealed_words=b"%d" % position, done_at=done_at)
    session.add(made)
    session.flush()
    return made


# Goals


def test_open_goals_come_the_next_due_first(session: Session, school: School, now: datetime) -> None:
    later, sooner = own_words(session, school, now, 7), aim(session, school, now, 0)
    for state in (GoalState.SUGGESTED, GoalState.REACHED, GoalState.DROPPED):
        own_words(session, school, now, state=state)
    assert open_goals(session, school.tenant.id, school.student.id) == [sooner, later]


def test_open_goals_of_one_course_or_of_all(session: Session, school: School, now: datetime) -> None:
    biology = add_course(session, school.deployment, "Biology", now=now)
    here, there = aim(session, school, now), aim(session, school, now, 1, course_id=biology.id)
    ask = (session, school.tenant.id, school.student.id)
    assert open_goals(*ask) == [here, there]
    assert open_goals(*ask, school.course.id) == [here]
    assert open_goals(*ask, biology.id) == [there]


def test_nobody_elses_goals_are_read(session: Session, vault: Vault, school: School, neighbours: School, now: datetime) -> None:
    ben = join(session, vault, school.course, "Ben", Role.STUDENT, now=now)
    aim(session, school, now, person_id=ben.id)
    aim(session, school, now)
    assert open_goals(session, neighbours.tenant.id, school.student.id) == []
    assert [goal.person_id for goal in open_goals(session, school.tenant.id, ben.id)] == [ben.id]


def test_a_competency_has_one_open_goal_and_any_number_of_past_ones(session: Session, school: School, now: datetime) -> None:
    for state in (GoalState.REACHED, GoalState.DROPPED, GoalState.DROPPED):
        aim(session, school, now, state=state)
    aim(session, school, now)
    with pytest.raises(IntegrityError):
        aim(session, school, now, 7)


def test_goals_in_own_words_may_be_many(session: Session, school: School, now: datetime) -> None:
    assert own_words(session, school, now).id != own_words(session, school, now).id


def test_a_goal_aims_at_something(session: Session, school: School, now: datetime) -> None:
    with pytest.raises(IntegrityError):
        aim(session, school, now, competency_id=None)


def test_steps_come_in_order(session: Session, school: School, now: datetime) -> None:
    goal, other = aim(session, school, now), own_words(session, school, now)
    for position in (2, 0, 1):
        step(session, goal, position)
    step(session, other, 0)
    assert [one.position for one in steps_of(session, school.tenant.id, [goal.id])] == [0, 1, 2]
    assert len(steps_of(session, school.tenant.id, [goal.id, other.id])) == 4
    assert steps_of(session, school.tenant.id, []) == []
    assert steps_of(session, uuid4(), [goal.id]) == []


def test_a_goal_has_one_step_in_each_place(session: Session, school: School, now: datetime) -> None:
    goal = aim(session, school, now)
    step(session, goal, 0)
    with pytest.raises(IntegrityError):
        step(session, goal, 0)


def test_a_page_reads_no_more_goals_than_it_shows(session: Session, school: School, now: datetime) -> None:
    goals = [own_words(session, school, now, days) for days in range(4)]
    for goal in goals:
        for position in range(3):
            step(session, goal, position)
    found = open_goals_with_steps(session, school.tenant.id, school.student.id, most=2)
    assert [(one.goal_id, len(one.steps)) for one in found] == [(goal.id, 3) for goal in goals[:2]]


def test_words_are_read_with_the_key_of_their_student_and_for_their_purpose(
    session: Session, vault: Vault, school: School, now: datetime
) -> None:
    key = vault.key_of(school.student.id)
    goal = aim(session, school, now, competency_id=None, sealed_words=key.seal("pass the exam", WORDS), sealed_plan=key.seal("at 5", PLAN))
    session.add(GoalStep(tenant_id=goal.tenant_id, goal_id=goal.id, position=0, sealed_words=key.seal("set 3", STEP)))
    session.flush()
    (found,) = open_goals_with_steps(session, school.tenant.id, school.student.id, most=1)
    assert found.sealed_words is not None
    assert found.sealed_plan is not None
    assert key.open(found.sealed_words, WORDS) == "pass the exam"
    assert key.open(found.sealed_plan, PLAN) == "at 5"
    assert key.open(found.steps[0][0], STEP) == "set 3"


# Help requests


def ask(session: Session, school: School, now: datetime, minutes: int = 0, **more: Any) -> HelpRequest:
    facts: dict[str, Any] = {
        "tenant_id": school.tenant.id,
        "person_id": school.student.id,
        "to_person_id": school.teacher.id,
        "course_id": school.course.id,
        "kind": Kind.ACADEMIC,
        "sealed_words": b"sealed",
        "asked_at": now + timedelta(minutes=minutes),
    }
    request = HelpRequest(**facts | more)
    session.add(request)
    session.flush()
    return request


def answer(session: Session, request: HelpRequest, words: bytes, at: datetime) -> None:
    facts: dict[str, Any] = {"tenant_id": request.tenant_id, "help_request_id": request.id, "answered_by": request.to_person_id}
    session.add(HelpAnswer(**facts, sealed_words=words, answered_at=at))
    session.flush()


def test_a_student_reads_their_own_requests_only(session: Session, vault: Vault, school: School, neighbours: School, now: datetime) -> None:
    ben = join(session, vault, school.course, "Ben", Role.STUDENT, now=now)
    ask(session, school, now, person_id=ben.id)
    newest = [ask(session, school, now, minutes).id for minutes in range(4)][::-1]
    found = own_requests(session, school.tenant.id, school.student.id, most=2)
    assert [one.request_id for one in found] == newest[:2]
    assert own_requests(session, neighbours.tenant.id, school.student.id, most=2) == []


def test_what_a_student_asked_is_sealed_with_their_key(session: Session, vault: Vault, school: School, now: datetime) -> None:
    key = vault.key_of(school.student.id)
    request = ask(session, school, now, sealed_words=key.seal("im lost", HELP_WORDS))
    answer(session, request, key.seal("see me at 3", ANSWER), now)
    (found,) = own_requests(session, school.tenant.id, school.student.id, most=1)
    assert found.sealed_answer is not None
    assert (key.open(found.sealed_words, HELP_WORDS), key.open(found.sealed_answer, ANSWER)) == ("im lost", "see me at 3")


# Reflections, and what leaves with a student


def reflect(session: Session, school: School, now: datetime) -> Reflection:
    facts: dict[str, Any] = {"tenant_id": school.tenant.id, "person_id": school.student.id, "course_id": school.course.id}
    made = Reflection(**facts, phase=Phase.PERFORMANCE, prompt="helped", sealed_words=b"sealed", written_at=now)
    session.add(made)
    session.flush()
    return made


def test_a_reflection_is_read_by_whom_the_student_chose_and_once(session: Session, school: School, now: datetime) -> None:
    reflection = reflect(session, school, now)
    chosen = {"tenant_id": school.tenant.id, "reflection_id": reflection.id, "reader_id": school.teacher.id}
    session.add(ReflectionReader(**chosen, chosen_at=now))
    session.flush()
    session.expunge_all()
    session.add(ReflectionReader(**chosen, chosen_at=now))
    with pytest.raises(IntegrityError):
        session.flush()


LEAVES: dict[str, Callable[[Session, School, datetime], Any]] = {
    "goals": aim,
    "steps": lambda session, school, now: step(session, aim(session, school, now), 0),
    "changes": lambda session, school, now: session.add(
        GoalChange(
            tenant_id=school.tenant.id,
            goal_id=aim(session, school, now).id,
            changed_by=school.student.id,
            change="moved",
            facts={"from": "2026-12-04"},
            changed_at=now,
        )
    ),
    "help requests": ask,
    "answers": lambda session, school, now: answer(session, ask(session, school, now), b"sealed", now),
    "reflections": reflect,
}


@pytest.mark.parametrize("leave", LEAVES.values(), ids=LEAVES)
def test_what_a_student_wrote_leaves_with_them(
    session: Session, school: School, now: datetime, leave: Callable[[Session, School, datetime], Any]
) -> None:
    leave(session, school, now)
    session.flush()
    session.delete(school.student)
    session.flush()
    for table in (Goal, GoalStep, GoalChange, HelpRequest, HelpAnswer, Reflection, ReflectionReader):
        assert list(session.scalars(select(col(table.tenant_id)))) == []
