"""A teacher suggests and comments; the student accepts, edits or declines, and nobody is told of a no."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlmodel import Session

from core.data.vault import Vault
from core.errors import NotFound
from core.journal.goal_setting import AimsAtNothing, Details, TargetInPast, TooManySteps, set_goal
from core.journal.goal_undo import undo
from core.journal.goals import WORDS, Goal, GoalAlreadyOpen, GoalNotOpen, GoalState, history_of, open_goals, steps_of
from core.journal.student import Student
from core.journal.suggestions import COMMENT, accept, comment, comments_on, decline, suggest, suggestions_for
from core.journal.words import WordsMissing
from tests.core.journal.conftest import Adult, Later
from tests.people_made import School

FRIDAY, LATER = date(2026, 12, 4), date(2026, 12, 18)
Told = Callable[[], list[str]]


@pytest.fixture
def suggested(session: Session, school: School, ada: Student, rivera: Adult, later: Later) -> Goal:
    return suggest(session, rivera, ada, FRIDAY, competency_id=school.competency.id, words="try slope", now=later())


def changes(session: Session, goal: Goal) -> list[str]:
    return [line.change for line in history_of(session, goal.tenant_id, goal.person_id, goal.id)]


def test_a_suggestion_is_no_goal_yet(session: Session, ada: Student, rivera: Adult, suggested: Goal, told: Told) -> None:
    assert open_goals(session, ada.tenant_id, ada.person_id) == []
    assert suggestions_for(session, ada) == [suggested]
    assert (suggested.state, suggested.suggested_by) == (GoalState.SUGGESTED, rivera.person_id)
    assert suggested.sealed_words is not None
    assert ada.key.open(suggested.sealed_words, WORDS) == "try slope"
    assert told() == []


def test_accepted_it_is_the_students_and_both_names_are_kept(
    session: Session, ada: Student, rivera: Adult, suggested: Goal, told: Told, later: Later
) -> None:
    accept(session, ada, suggested.id, now=later())
    assert open_goals(session, ada.tenant_id, ada.person_id) == [suggested]
    lines = history_of(session, ada.tenant_id, ada.person_id, suggested.id)
    assert [(line.change, line.changed_by) for line in lines] == [("suggested", rivera.person_id), ("accepted", ada.person_id)]
    assert told() == ["goal.set"]


def test_it_is_accepted_as_edited_and_undone_as_it_was(session: Session, ada: Student, suggested: Goal, told: Told, later: Later) -> None:
    accept(session, ada, suggested.id, target_on=LATER, details=Details(words="slope, my way", steps=("a",)), now=later())
    assert (suggested.target_on, len(steps_of(session, ada.tenant_id, [suggested.id]))) == (LATER, 1)
    undo(session, ada, suggested.id, now=later())
    assert (suggested.state, suggested.target_on) == (GoalState.SUGGESTED, FRIDAY)
    assert suggested.sealed_words is not None
    assert ada.key.open(suggested.sealed_words, WORDS) == "try slope"
    assert steps_of(session, ada.tenant_id, [suggested.id]) == []
    assert told() == ["goal.set", "goal.dropped"]


def test_a_no_is_told_to_nobody_and_can_be_undone(session: Session, ada: Student, suggested: Goal, told: Told, later: Later) -> None:
    decline(session, ada, suggested.id, now=later())
    assert (suggestions_for(session, ada), suggested.state, told()) == ([], GoalState.DROPPED, [])
    undo(session, ada, suggested.id, now=later())
    assert (suggestions_for(session, ada), suggested.ended_at, told()) == ([suggested], None, [])
    assert changes(session, suggested) == ["suggested", "declined", "undone"]


def test_a_second_suggestion_replaces_the_first(
    session: Session, school: School, ada: Student, bell: Adult, suggested: Goal, later: Later
) -> None:
    again = suggest(session, bell, ada, LATER, competency_id=school.competency.id, now=later())
    assert (again.id, again.target_on, again.suggested_by, again.sealed_words) == (suggested.id, LATER, bell.person_id, None)
    assert suggest(session, bell, ada, LATER, words="read a book", now=later()).id != suggested.id


def test_what_the_student_is_at_work_on_is_not_suggested(
    session: Session, school: School, ada: Student, rivera: Adult, now: datetime
) -> None:
    set_goal(session, ada, FRIDAY, competency_id=school.competency.id, now=now)
    with pytest.raises(GoalAlreadyOpen):
        suggest(session, rivera, ada, FRIDAY, competency_id=school.competency.id, now=now)


def test_a_goal_set_meanwhile_is_not_doubled(session: Session, school: School, ada: Student, suggested: Goal, later: Later) -> None:
    set_goal(session, ada, FRIDAY, competency_id=school.competency.id, now=later())
    with pytest.raises(GoalAlreadyOpen):
        accept(session, ada, suggested.id, now=later())
    assert suggested.state == GoalState.SUGGESTED


def test_a_suggestion_needs_a_day_to_come_and_something_to_aim_at(
    session: Session, ada: Student, rivera: Adult, suggested: Goal, now: datetime
) -> None:
    with pytest.raises(AimsAtNothing):
        suggest(session, rivera, ada, FRIDAY, now=now)
    with pytest.raises(TargetInPast):
        suggest(session, rivera, ada, date(2026, 11, 20), words="x", now=now)
    with pytest.raises(WordsMissing):
        suggest(session, rivera, ada, FRIDAY, words="  ", now=now)
    in_january = datetime.fromisoformat("2027-01-11T18:00:00+00:00")
    with pytest.raises(TargetInPast):
        accept(session, ada, suggested.id, now=in_january)
    assert accept(session, ada, suggested.id, target_on=date(2027, 1, 15), now=in_january).state == GoalState.OPEN


def test_an_edit_that_cannot_be_kept_accepts_nothing(session: Session, ada: Student, suggested: Goal, now: datetime) -> None:
    with pytest.raises(TooManySteps):
        accept(session, ada, suggested.id, details=Details(steps=("a",) * 13), now=now)
    session.flush()
    assert suggested.state == GoalState.SUGGESTED


def test_a_suggestion_is_decided_once(session: Session, ada: Student, suggested: Goal, now: datetime) -> None:
    accept(session, ada, suggested.id, now=now)
    for verb in (accept, decline):
        with pytest.raises(GoalNotOpen):
            verb(session, ada, suggested.id, now=now)


def test_only_its_student_decides(session: Session, ben: Student, suggested: Goal, now: datetime) -> None:
    for verb in (accept, decline):
        with pytest.raises(NotFound):
            verb(session, ben, suggested.id, now=now)


@pytest.mark.parametrize("who", ["lane", "okafor", "stranger"])
def test_only_a_teacher_of_the_course_suggests_and_comments(
    session: Session, vault: Vault, school: School, ada: Student, suggested: Goal, now: datetime, who: str, request: pytest.FixtureRequest
) -> None:
    somebody: Adult = request.getfixturevalue(who)
    with pytest.raises(NotFound):
        suggest(session, somebody, ada, FRIDAY, words="x", now=now)
    with pytest.raises(NotFound):
        comment(session, vault, somebody, suggested.id, "x", now=now)


def test_a_comment_is_sealed_for_the_student_who_alone_lists_it(
    session: Session, vault: Vault, ada: Student, ben: Student, rivera: Adult, suggested: Goal, later: Later
) -> None:
    for words in ("start with set 1", "well planned"):
        comment(session, vault, rivera, suggested.id, words, now=later())
    found = comments_on(session, ada.tenant_id, ada.person_id, suggested.id)
    assert [ada.key.open(one.sealed_words, COMMENT) for one in found] == ["start with set 1", "well planned"]
    assert {one.written_by for one in found} == {rivera.person_id}
    assert comments_on(session, ben.tenant_id, ben.person_id, suggested.id) == []
    with pytest.raises(WordsMissing):
        comment(session, vault, rivera, suggested.id, "", now=later())
