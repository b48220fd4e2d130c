"""A check-in with what the student said; and moods, which are apart."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from core.courses.courses import Course
from core.errors import CoreError, NotFound
from core.journal.checkins import (
    BLOCKER,
    Blocker,
    CheckIn,
    Confidence,
    LookBack,
    MoodUnknown,
    Progress,
    StepsUncountable,
    check_in,
    has_said_mood,
    look_back,
    own_moods,
    record_check_in,
    say_mood,
    take_back_mood,
)
from core.journal.goal_ends import drop
from core.journal.goal_setting import Details, set_goal
from core.journal.goals import Goal, GoalNotOpen, steps_of
from core.journal.student import Student
from core.journal.words import WordsMissing
from tests.core.journal.conftest import Later
from tests.people_made import School

Told = Callable[[], list[str]]
ZONE = "America/Los_Angeles"


@pytest.fixture
def goal(session: Session, ada: Student, later: Later) -> Goal:
    return set_goal(session, ada, date(2026, 12, 4), details=Details(words="slope", steps=("1", "2", "3")), now=later())


def columns(found: CheckIn) -> tuple[Any, ...]:
    return found.goal_id, found.steps_done, found.steps_planned, found.blocker, found.confidence


def words(student: Student, found: CheckIn) -> str | None:
    return student.key.open(found.sealed_blocker, BLOCKER) if found.sealed_blocker else None


def test_it_keeps_what_was_said_and_the_steps_follow(session: Session, ada: Student, goal: Goal, told: Told, later: Later) -> None:
    said = Progress(goal.id, 2, blocker=Blocker.NOT_UNDERSTOOD, blocker_words="dont get the neg ones", confidence=Confidence.SHAKY)
    made = record_check_in(session, ada, said, now=later())
    assert columns(made) == (goal.id, 2, 3, "not_understood", "shaky")
    assert words(ada, made) == "dont get the neg ones"
    assert [step.done_at is not None for step in steps_of(session, goal.tenant_id, [goal.id])] == [True, True, False]
    assert told() == ["goal.set", "goal.updated", "check_in.made", "mastery.self_assessed"]


def test_everything_can_be_skipped(session: Session, ada: Student, told: Told, now: datetime) -> None:
    made = record_check_in(session, ada, Progress(), now=now)
    assert columns(made) == (None, None, None, None, None)
    again = record_check_in(session, ada, Progress(), now=now)
    assert (again.id, told()) == (made.id, ["check_in.made"])


def test_a_second_one_completes_and_corrects_the_first(session: Session, ada: Student, goal: Goal, told: Told, later: Later) -> None:
    first = record_check_in(session, ada, Progress(goal.id, 1, blocker=Blocker.SOMETHING_ELSE, blocker_words="my dog"), now=later())
    made_at = first.made_at
    second = record_check_in(session, ada, Progress(confidence=Confidence.OK), now=later())
    assert (second.id, second.made_at, words(ada, second)) == (first.id, made_at, "my dog")
    assert columns(second) == (goal.id, 1, 3, "something_else", "ok")
    third = record_check_in(session, ada, Progress(goal.id, 3, blocker=Blocker.NOTHING), now=later())
    assert (columns(third), words(ada, third)) == ((goal.id, 3, 3, "nothing", "ok"), None)
    assert [kind for kind in told() if kind.startswith("check_in")] == ["check_in.made", "check_in.updated", "check_in.updated"]


def test_after_the_plain_button_more_can_be_said(session: Session, school: School, ada: Student, told: Told, later: Later) -> None:
    assert check_in(session, school.course, ada.person_id, zone=ZONE, now=later())
    record_check_in(session, ada, Progress(blocker=Blocker.TIME), now=later())
    assert not check_in(session, school.course, ada.person_id, zone=ZONE, now=later())
    assert told() == ["check_in.made", "check_in.updated"]


def test_tomorrow_is_another(session: Session, ada: Student, later: Later) -> None:
    first = record_check_in(session, ada, Progress(), now=later())
    second = record_check_in(session, ada, Progress(), now=later() + timedelta(days=1))
    assert (first.day, second.day) == (date(2026, 11, 23), date(2026, 11, 24))


def test_steps_are_the_students_own_count_where_the_goal_has_none(session: Session, ada: Student, later: Later) -> None:
    goal = set_goal(session, ada, date(2026, 12, 4), details=Details(words="read"), now=later())
    made = record_check_in(session, ada, Progress(goal.id, 2, steps_planned=5), now=later())
    assert (made.steps_done, made.steps_planned) == (2, 5)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Progress(steps_done=-1), StepsUncountable),
        (Progress(steps_planned=-1), StepsUncountable),
        (Progress(blocker=Blocker.SOMETHING_ELSE, blocker_words="  "), WordsMissing),
    ],
)
def test_what_cannot_be_kept_checks_nobody_in(
    session: Session, ada: Student, told: Told, now: datetime, said: Progress, error: type[CoreError]
) -> None:
    with pytest.raises(error):
        record_check_in(session, ada, said, now=now)
    assert told() == []


@pytest.mark.parametrize("steps_done", [None, 1])
def test_the_goal_is_an_open_one_of_the_student(
    session: Session, ada: Student, ben: Student, goal: Goal, later: Later, steps_done: int | None
) -> None:
    with pytest.raises(NotFound):
        record_check_in(session, ben, Progress(goal.id, steps_done), now=later())
    drop(session, ada, goal.id, now=later())
    with pytest.raises(GoalNotOpen):
        record_check_in(session, ada, Progress(goal.id, steps_done), now=later())


def test_how_far_the_student_has_come_since(session: Session, ada: Student, goal: Goal, now: datetime) -> None:
    for days, done in ((0, 1), (1, None), (2, 2)):
        record_check_in(session, ada, Progress(goal.id, done), now=now + timedelta(days=days))
    assert look_back(session, ada, goal.id, before=date(2026, 11, 25)) == LookBack(2, date(2026, 11, 24), 1, date(2026, 11, 23))
    assert look_back(session, ada, goal.id, before=date(2026, 11, 23)) == LookBack()
    assert look_back(session, ada, None, before=date(2026, 11, 26)) == LookBack(3, date(2026, 11, 25))


# Moods


def test_a_mood_is_one_a_day_over_all_courses_and_nobody_is_told(session: Session, ada: Student, told: Told, later: Later) -> None:
    me = (session, ada.tenant_id, ada.person_id)
    today = date(2026, 11, 23)
    assert not has_said_mood(*me, today)
    for value in (2, 5):
        say_mood(*me, value, zone=ZONE, now=later())
    say_mood(*me, 3, zone=ZONE, now=later() + timedelta(days=1))
    assert own_moods(*me) == [(today, 5), (date(2026, 11, 24), 3)]
    assert has_said_mood(*me, today)
    take_back_mood(*me, today)
    assert own_moods(*me) == [(date(2026, 11, 24), 3)]
    assert told() == []


@pytest.mark.parametrize("value", [0, 6, -1])
def test_a_mood_is_one_of_five_faces(session: Session, ada: Student, now: datetime, value: int) -> None:
    with pytest.raises(MoodUnknown):
        say_mood(session, ada.tenant_id, ada.person_id, value, zone=ZONE, now=now)


def test_moods_stay_their_students_and_in_their_school(
    session: Session, neighbours: School, ada: Student, ben: Student, now: datetime
) -> None:
    say_mood(session, ada.tenant_id, ada.person_id, 4, zone=ZONE, now=now)
    assert own_moods(session, ben.tenant_id, ben.person_id) == []
    assert own_moods(session, neighbours.tenant.id, ada.person_id) == []
    take_back_mood(session, ben.tenant_id, ben.person_id, date(2026, 11, 23))
    assert len(own_moods(session, ada.tenant_id, ada.person_id)) == 1


def test_a_course_with_a_zone_of_its_own_has_its_own_today(session: Session, ada: Student, school: School) -> None:
    far = Student(ada.person_id, Course(**school.course.model_dump()), "Pacific/Kiritimati", ada.key)
    assert record_check_in(session, far, Progress(), now=datetime.fromisoformat("2026-11-23T18:00:00+00:00")).day == date(2026, 11, 24)
