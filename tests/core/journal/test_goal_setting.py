"""Setting and changing goals, and their steps, history and undo."""

import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from core.courses.competencies import Competency
from core.data.db import Database
from core.data.vault import Vault
from core.errors import CoreError, NotFound
from core.evidence.evidence import Observation, Source, record_evidence
from core.journal.goal_ends import GoalNotEnded, advance_with_evidence, complete, drop, reopen
from core.journal.goal_setting import NOTHING_SAID, AimsAtNothing, Details, ParentLoop, TargetInPast, TooManySteps, change_goal, set_goal
from core.journal.goal_steps import count_steps_done, step_done, step_undone
from core.journal.goal_undo import NothingToUndo, undo
from core.journal.goals import (
    PLAN,
    STEP,
    WHY,
    WORDS,
    Goal,
    GoalAlreadyOpen,
    GoalNotOpen,
    GoalState,
    history_of,
    open_goals,
    steps_of,
)
from core.journal.student import Student, student_of
from core.journal.words import LONGEST_WORDS, WordsMissing, WordsTooLong
from tests.core.journal.conftest import Later
from tests.people_made import School, add_competency

FRIDAY = date(2026, 12, 4)
Told = Callable[[], list[str]]
FULL = Details(words="get slope", plan="after practice, at home", why="science", steps=("set 1", "set 2", "draw it"))


def history(session: Session, goal: Goal) -> list[tuple[str, dict[str, Any]]]:
    return [(line.change, line.facts) for line in history_of(session, goal.tenant_id, goal.person_id, goal.id)]


def steps(session: Session, student: Student, goal: Goal) -> list[tuple[str, bool]]:
    found = steps_of(session, goal.tenant_id, [goal.id])
    return [(student.key.open(step.sealed_words, STEP), step.done_at is not None) for step in found]


def texts(student: Student, goal: Goal) -> list[str | None]:
    pairs = ((goal.sealed_words, WORDS), (goal.sealed_plan, PLAN), (goal.sealed_why, WHY))
    return [student.key.open(sealed, purpose) if sealed else None for sealed, purpose in pairs]


def own(session: Session, student: Student, now: datetime, words: str = "read more", **more: Any) -> Goal:
    return set_goal(session, student, FRIDAY, details=Details(words=words, **more), now=now)


# Set


def test_a_goal_is_set_with_all_that_was_said(session: Session, school: School, ada: Student, told: Told, now: datetime) -> None:
    goal = set_goal(session, ada, FRIDAY, competency_id=school.competency.id, details=FULL, now=now)
    assert open_goals(session, ada.tenant_id, ada.person_id) == [goal]
    assert (goal.course_id, goal.target_on, goal.created_at) == (school.course.id, FRIDAY, now)
    assert texts(ada, goal) == ["get slope", "after practice, at home", "science"]
    assert steps(session, ada, goal) == [("set 1", False), ("set 2", False), ("draw it", False)]
    assert history(session, goal) == [("set", {"target_on": "2026-12-04"})]
    assert told() == ["goal.set"]


@pytest.mark.parametrize(("days", "fits"), [(0, True), (-1, False)], ids=["today", "yesterday"])
def test_a_day_that_has_passed_in_the_course_is_refused(session: Session, ada: Student, days: int, fits: bool) -> None:
    evening = datetime.fromisoformat("2026-11-24T06:00:00+00:00")  # ten in the evening of the 23rd in California
    day = date(2026, 11, 23) + timedelta(days=days)
    if fits:
        assert set_goal(session, ada, day, details=Details(words="x"), now=evening).target_on == day
    else:
        with pytest.raises(TargetInPast):
            set_goal(session, ada, day, details=Details(words="x"), now=evening)


def test_a_second_goal_for_a_competency_moves_the_first(session: Session, school: School, ada: Student, told: Told, later: Later) -> None:
    first = set_goal(session, ada, FRIDAY, competency_id=school.competency.id, now=later())
    again = set_goal(
        session, ada, FRIDAY + timedelta(days=7), competency_id=school.competency.id, details=Details(plan="at lunch"), now=later()
    )
    assert (again.id, again.target_on) == (first.id, date(2026, 12, 11))
    assert history(session, first) == [
        ("set", {"target_on": "2026-12-04"}),
        ("moved", {"from": "2026-12-04", "to": "2026-12-11", "fields": ["plan"]}),
    ]
    assert told() == ["goal.set", "goal.updated"]


def test_saying_the_same_again_changes_nothing(session: Session, school: School, ada: Student, told: Told, later: Later) -> None:
    for _ in range(2):
        goal = set_goal(session, ada, FRIDAY, competency_id=school.competency.id, details=FULL, now=later())
    assert len(history(session, goal)) == 1
    assert told() == ["goal.set"]


def test_goals_in_own_words_and_those_of_others_are_apart(
    session: Session, school: School, ada: Student, ben: Student, now: datetime
) -> None:
    made = [own(session, ada, now), own(session, ada, now)]
    made += [set_goal(session, one, FRIDAY, competency_id=school.competency.id, now=now) for one in (ada, ben)]
    assert len({goal.id for goal in made}) == 4


REFUSED: dict[str, tuple[type[CoreError], Details]] = {
    "nothing to aim at": (AimsAtNothing, Details(plan="at home")),
    "words taken away": (AimsAtNothing, Details(words="")),
    "only spaces": (WordsMissing, Details(words=" \n")),
    "an empty step": (WordsMissing, Details(words="x", steps=("a", ""))),
    "too long": (WordsTooLong, Details(words="x", why="y" * (LONGEST_WORDS + 1))),
    "too many steps": (TooManySteps, Details(words="x", steps=("a",) * 13)),
    "nobody's larger goal": (NotFound, Details(words="x", parent_id=uuid4())),
}


@pytest.mark.parametrize(("error", "details"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(
    session: Session, ada: Student, told: Told, now: datetime, error: type[CoreError], details: Details
) -> None:
    with pytest.raises(error):
        set_goal(session, ada, FRIDAY, details=details, now=now)
    assert open_goals(session, ada.tenant_id, ada.person_id) == []
    assert told() == []


@pytest.mark.parametrize(("error", "details"), REFUSED.values(), ids=REFUSED)
def test_a_refused_change_leaves_the_goal_as_it_was(
    session: Session, ada: Student, now: datetime, error: type[CoreError], details: Details
) -> None:
    goal = own(session, ada, now, steps=("a", "b"))
    if error is AimsAtNothing and details.words is None:
        return  # a plan alone is a fair change of a goal that aims at something
    with pytest.raises(error):
        change_goal(session, ada, goal.id, target_on=FRIDAY + timedelta(days=1), details=details, now=now)
    session.flush()
    session.refresh(goal)
    assert (texts(ada, goal), goal.target_on) == (["read more", None, None], FRIDAY)
    assert steps(session, ada, goal) == [("a", False), ("b", False)]
    assert len(history(session, goal)) == 1


def test_a_competency_of_another_school_is_not_found(session: Session, neighbours: School, ada: Student, now: datetime) -> None:
    with pytest.raises(NotFound):
        set_goal(session, ada, FRIDAY, competency_id=neighbours.competency.id, now=now)


def test_whatever_characters_a_student_sends_are_kept(session: Session, ada: Student, now: datetime) -> None:
    goal = own(session, ada, now, words="im so 😢 \x00 \ud83d lost")
    assert texts(ada, goal)[0] == "im so 😢 \x00 ? lost"


def test_a_goal_may_belong_to_a_larger_one_but_not_to_itself(session: Session, ada: Student, ben: Student, now: datetime) -> None:
    larger = own(session, ada, now)
    smaller = own(session, ada, now, parent_id=larger.id)
    assert smaller.parent_id == larger.id
    for parent in (larger.id, smaller.id):
        with pytest.raises(ParentLoop):
            change_goal(session, ada, larger.id, details=Details(parent_id=parent), now=now)
    with pytest.raises(NotFound):
        own(session, ben, now, parent_id=larger.id)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_two_tabs_that_set_the_same_goal_at_once_make_one(database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    """The slower tab looks before the faster one has committed, and waits for it at the database's own rule."""
    made: list[Goal] = []

    def set_one(session: Session, day: date) -> None:
        ada = student_of(session, vault, kept_school.tenant.id, kept_school.student.id, kept_school.course.id)
        made.append(set_goal(session, ada, day, competency_id=kept_school.competency.id, now=now))

    def slower() -> None:
        with database.aside() as session:
            set_one(session, FRIDAY + timedelta(days=7))

    with database.session() as faster:
        set_one(faster, FRIDAY)
        other = threading.Thread(target=slower)
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive()
        faster.commit()
        other.join(timeout=10)
    with database.session(writes=False) as session:
        (goal,) = session.scalars(select(Goal)).all()
        assert [one.id for one in made] == [goal.id, goal.id]
        assert (goal.target_on, [change for change, _ in history(session, goal)]) == (date(2026, 12, 11), ["set", "moved"])


# Change


def test_details_are_changed_kept_or_taken_away(session: Session, school: School, ada: Student, later: Later) -> None:
    goal = set_goal(session, ada, FRIDAY, competency_id=school.competency.id, details=FULL, now=later())
    change_goal(session, ada, goal.id, details=Details(words="", plan="on the bus"), now=later())
    assert texts(ada, goal) == [None, "on the bus", "science"]
    assert history(session, goal)[-1] == ("changed", {"fields": ["plan", "words"]})


def test_the_history_holds_no_words_in_the_open(session: Session, ada: Student, later: Later) -> None:
    goal = own(session, ada, later(), words="a secret wish", steps=("hidden",))
    change_goal(session, ada, goal.id, details=Details(words="another", steps=("x",)), now=later())
    for line in history_of(session, goal.tenant_id, goal.person_id, goal.id):
        assert "secret" not in str(line.facts)
        assert b"secret" not in (line.sealed_before or b"")


def test_a_step_that_keeps_its_words_stays_done(session: Session, ada: Student, later: Later) -> None:
    goal = own(session, ada, later(), steps=("a", "b", "a"))
    step_done(session, ada, goal.id, 0, now=later())
    change_goal(session, ada, goal.id, details=Details(steps=("c", "a", "b", "a")), now=later())
    assert steps(session, ada, goal) == [("c", False), ("a", True), ("b", False), ("a", False)]


def test_a_goal_whose_day_has_passed_can_still_be_changed(session: Session, ada: Student, now: datetime) -> None:
    goal = own(session, ada, now)
    change_goal(session, ada, goal.id, details=Details(why="still"), now=now + timedelta(days=60))
    assert texts(ada, goal)[2] == "still"


Verb = Callable[[Session, Student, Goal, datetime], object]
VERBS: dict[str, Verb] = {
    "change": lambda session, student, goal, now: change_goal(session, student, goal.id, details=Details(why="x"), now=now),
    "step done": lambda session, student, goal, now: step_done(session, student, goal.id, 0, now=now),
    "step undone": lambda session, student, goal, now: step_undone(session, student, goal.id, 0, now=now),
    "count steps": lambda session, student, goal, now: count_steps_done(session, student, goal.id, 1, now=now),
    "complete": lambda session, student, goal, now: complete(session, student, goal.id, now=now),
    "drop": lambda session, student, goal, now: drop(session, student, goal.id, now=now),
}
ANY_STATE: dict[str, Verb] = {
    "reopen": lambda session, student, goal, now: reopen(session, student, goal.id, now=now),
    "undo": lambda session, student, goal, now: undo(session, student, goal.id, now=now),
}


@pytest.mark.parametrize("verb", [*VERBS.values(), *ANY_STATE.values()], ids=[*VERBS, *ANY_STATE])
def test_anothers_goal_is_not_found(session: Session, ada: Student, ben: Student, now: datetime, verb: Verb) -> None:
    goal = own(session, ada, now, steps=("a",))
    with pytest.raises(NotFound):
        verb(session, ben, goal, now)
    assert history_of(session, ben.tenant_id, ben.person_id, goal.id) == []


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize("end", [complete, drop])
def test_a_goal_that_has_ended_is_not_changed(session: Session, ada: Student, now: datetime, verb: Verb, end: Callable[..., Goal]) -> None:
    goal = own(session, ada, now, steps=("a",))
    end(session, ada, goal.id, now=now)
    with pytest.raises(GoalNotOpen):
        verb(session, ada, goal, now)


# Steps


def test_steps_are_done_and_undone_once(session: Session, ada: Student, told: Told, later: Later) -> None:
    goal = own(session, ada, later(), steps=("a", "b"))
    for verb in (step_done, step_done, step_undone, step_undone, step_done):
        verb(session, ada, goal.id, 1, now=later())
    assert steps(session, ada, goal) == [("a", False), ("b", True)]
    assert [change for change, _ in history(session, goal)] == ["set", "step_done", "step_undone", "step_done"]
    assert history(session, goal)[1] == ("step_done", {"positions": [1]})
    assert told() == ["goal.set", *["goal.updated"] * 3]
    with pytest.raises(NotFound):
        step_done(session, ada, goal.id, 2, now=later())


@pytest.mark.parametrize(
    ("before", "count", "after"),
    [([], 2, [0, 1]), ([2], 2, [0, 2]), ([0, 1, 2], 1, [0]), ([1], 1, [1]), ([1], 0, []), ([], 9, [0, 1, 2])],
)
def test_steps_follow_the_count_of_their_student(
    session: Session, ada: Student, later: Later, before: Sequence[int], count: int, after: list[int]
) -> None:
    goal = own(session, ada, later(), steps=("a", "b", "c"))
    for position in before:
        step_done(session, ada, goal.id, position, now=later())
    assert count_steps_done(session, ada, goal.id, count, now=later()) == 3
    assert [place for place, (_, done) in enumerate(steps(session, ada, goal)) if done] == after


# Ends


@pytest.mark.parametrize(
    ("verb", "state", "event"), [(complete, "reached", "goal.completed"), (drop, "dropped", "goal.dropped")], ids=["complete", "drop"]
)
def test_a_goal_ends_and_is_opened_again(
    session: Session, ada: Student, told: Told, later: Later, verb: Callable[..., Goal], state: str, event: str
) -> None:
    goal = own(session, ada, later())
    ended = verb(session, ada, goal.id, now=later())
    assert (ended.state, ended.ended_at) == (state, later.now)
    reopen(session, ada, goal.id, target_on=date(2026, 12, 18), now=later())
    assert (goal.state, goal.ended_at, goal.target_on) == (GoalState.OPEN, None, date(2026, 12, 18))
    assert history(session, goal)[1:] == [(state, {}), ("reopened", {"from": "2026-12-04", "to": "2026-12-18"})]
    assert told() == ["goal.set", event, "goal.updated"]
    with pytest.raises(GoalNotEnded):
        reopen(session, ada, goal.id, now=later())


def test_a_goal_is_not_opened_again_beside_another_for_its_competency(
    session: Session, school: School, ada: Student, told: Told, later: Later
) -> None:
    first = set_goal(session, ada, FRIDAY, competency_id=school.competency.id, now=later())
    drop(session, ada, first.id, now=later())
    second = set_goal(session, ada, FRIDAY, competency_id=school.competency.id, now=later())
    before = told()
    for verb in (reopen, undo):
        with pytest.raises(GoalAlreadyOpen):
            verb(session, ada, first.id, now=later())
    assert [goal.id for goal in open_goals(session, ada.tenant_id, ada.person_id)] == [second.id]
    assert (first.state, told()) == (GoalState.DROPPED, before)


def test_a_goal_is_not_opened_again_for_a_day_that_has_passed(session: Session, ada: Student, later: Later) -> None:
    goal = own(session, ada, later())
    drop(session, ada, goal.id, now=later())
    with pytest.raises(TargetInPast):
        reopen(session, ada, goal.id, target_on=date(2026, 11, 1), now=later())
    assert goal.state == GoalState.DROPPED


# Undo


def change(details: Details = NOTHING_SAID, target_on: date | None = None) -> Verb:
    return lambda session, student, goal, now: change_goal(session, student, goal.id, target_on=target_on, details=details, now=now)


UNDONE: dict[str, Verb] = {
    "a day": change(target_on=date(2026, 12, 18)),
    "words": change(Details(words="something else", plan="", why="now")),
    "steps": change(Details(steps=("b", "new"))),
    "all steps": change(Details(steps=())),
    "all at once": change(Details(words="x", plan="y", why="z", steps=("s",)), date(2026, 12, 18)),
    "a step done": VERBS["step done"],
    "a step undone": lambda session, student, goal, now: step_undone(session, student, goal.id, 1, now=now),
    "completed": VERBS["complete"],
    "dropped": VERBS["drop"],
}


@pytest.mark.parametrize("verb", UNDONE.values(), ids=UNDONE)
def test_the_latest_change_is_undone(session: Session, ada: Student, told: Told, later: Later, verb: Verb) -> None:
    goal = own(session, ada, later(), plan="at home", steps=("a", "b"))
    step_done(session, ada, goal.id, 1, now=later())

    def looks() -> tuple[object, ...]:
        return goal.state, goal.target_on, goal.ended_at, texts(ada, goal), steps(session, ada, goal)

    before = looks()
    verb(session, ada, goal, later())
    assert looks() != before
    undo(session, ada, goal.id, now=later())
    assert looks() == before
    assert history(session, goal)[-1][0] == "undone"
    assert told()[-1] == "goal.updated"
    with pytest.raises(NothingToUndo):
        undo(session, ada, goal.id, now=later())


def test_steps_that_were_none_are_none_again(session: Session, ada: Student, later: Later) -> None:
    goal = own(session, ada, later())
    change_goal(session, ada, goal.id, details=Details(steps=("a",)), now=later())
    undo(session, ada, goal.id, now=later())
    assert steps(session, ada, goal) == []


def test_a_larger_goal_is_undone(session: Session, ada: Student, later: Later) -> None:
    larger, goal = own(session, ada, later()), own(session, ada, later())
    change_goal(session, ada, goal.id, details=Details(parent_id=larger.id), now=later())
    undo(session, ada, goal.id, now=later())
    assert goal.parent_id is None


def test_a_goal_that_was_just_set_is_dropped_by_undo(session: Session, ada: Student, told: Told, later: Later) -> None:
    goal = own(session, ada, later())
    undo(session, ada, goal.id, now=later())
    assert goal.state == GoalState.DROPPED
    assert told() == ["goal.set", "goal.dropped"]


@pytest.mark.parametrize(("verb", "state"), [(complete, "reached"), (drop, "dropped")])
def test_undo_of_opening_again_ends_it_as_it_had(
    session: Session, ada: Student, later: Later, verb: Callable[..., Goal], state: str
) -> None:
    goal = own(session, ada, later())
    verb(session, ada, goal.id, now=later())
    ended_at = goal.ended_at
    reopen(session, ada, goal.id, target_on=date(2026, 12, 18), now=later())
    undo(session, ada, goal.id, now=later())
    assert (goal.state, goal.ended_at, goal.target_on) == (state, ended_at, FRIDAY)


# Evidence


def seen(session: Session, school: School, competency: Competency, score_bp: int, now: datetime) -> Goal | None:
    """Have Ms Rivera enter a score, as a door does."""
    told = Observation(school.student.id, competency.id, score_bp, now, Source.TEACHER, asserted_by=school.teacher.id)
    record_evidence(session, school.course, told, now=now)
    return advance_with_evidence(session, school.course, told, now=now)


def test_evidence_reaches_the_open_goal_of_its_competency_alone(
    session: Session, school: School, ada: Student, ben: Student, told: Told, later: Later
) -> None:
    roots = add_competency(session, school.framework, "Roots")
    goal = set_goal(session, ada, FRIDAY, competency_id=school.competency.id, now=later())
    others = [set_goal(session, ada, FRIDAY, competency_id=roots.id, now=later()), own(session, ada, later())]
    others.append(set_goal(session, ben, FRIDAY, competency_id=school.competency.id, now=later()))
    assert seen(session, school, school.competency, 7999, later()) is None
    assert seen(session, school, school.competency, 10_000, later()) == goal
    assert (goal.state, goal.ended_at) == (GoalState.REACHED, later.now)
    assert {other.state for other in others} == {GoalState.OPEN}
    last = history_of(session, goal.tenant_id, goal.person_id, goal.id)[-1]
    assert (last.change, last.facts, last.changed_by) == ("reached", {"by": "evidence"}, school.teacher.id)
    assert told()[-1] == "goal.achieved"
    assert seen(session, school, school.competency, 10_000, later()) is None
    with pytest.raises(NothingToUndo):
        undo(session, ada, goal.id, now=later())


def test_a_students_history_stays_in_their_school(session: Session, neighbours: School, ada: Student, now: datetime) -> None:
    goal = own(session, ada, now)
    assert history_of(session, neighbours.tenant.id, ada.person_id, goal.id) == []
    assert session.scalars(select(col(Goal.id))).all() == [goal.id]
