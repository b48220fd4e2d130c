"""The goals that a student has, as conversations: shown, counted, finished, changed, dropped, suggested; and undone."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from core.data.outbox import OutboxEntry
from core.journal import suggestions
from core.journal.checkins import CheckIn, Confidence
from core.journal.claims import Claim, ClaimState
from core.journal.goal_setting import Details, set_goal
from core.journal.goals import STEP, WORDS, Goal, GoalState, steps_of
from core.journal.notices import Notice
from core.journal.student import Student, student_of
from core.people.access import Role
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker
from tests.people_made import add_course, enrol

FRIDAY, NEXT_FRIDAY = date(2026, 12, 4), date(2026, 12, 11)
SETS = Details(steps=["Practice set 1", "Practice set 2", "Practice set 3"])


@pytest.fixture
def student(classroom: Classroom) -> Student:
    school = classroom.school
    return student_of(classroom.session, classroom.vault, school.tenant.id, school.student.id, school.course.id)


@pytest.fixture
def aim(classroom: Classroom, student: Student) -> Callable[..., Goal]:
    """Set a goal on a target, or in own words, some time ago."""

    def made(name: str, day: date = FRIDAY, details: Details = SETS) -> Goal:
        target = classroom.targets.get(name)
        details = details if target else Details(words=name, steps=details.steps)
        competency_id = target.id if target else None
        goal = set_goal(classroom.session, student, day, competency_id=competency_id, details=details, now=classroom.clock.now)
        classroom.clock.pass_by(minutes=1)
        return goal

    return made


@pytest.fixture
def slope(aim: Callable[..., Goal]) -> Goal:
    return aim("Slope")


def steps(classroom: Classroom, goal: Goal) -> list[tuple[str, bool]]:
    classroom.session.expire_all()
    key = classroom.vault.key_of(goal.person_id)
    found = steps_of(classroom.session, goal.tenant_id, [goal.id])
    return [(key.open(step.sealed_words, STEP), step.done_at is not None) for step in found]


def kinds(session: Session) -> list[str]:
    session.flush()
    return list(session.scalars(select(col(OutboxEntry.kind)).order_by(col(OutboxEntry.seq))))


def state(session: Session, goal: Goal) -> tuple[str, date]:
    session.expire_all()
    return goal.state, goal.target_on


# Shown


def test_goals_are_shown_with_bars_the_next_due_first(ada: Talker, aim: Callable[..., Goal]) -> None:
    aim("Slope", NEXT_FRIDAY)
    aim("Intercepts", FRIDAY, Details(plan="After lunch, I start intercepts."))
    ada.say("show my goals")
    assert ada.texts == ["You have 2 open goals. Next is intercepts, by Fri 4 Dec. [Check in] [Change a goal]"]
    first, second = ada.heard[0].cards
    assert (first.title, first.lines) == ("Intercepts", (("By", "Fri 4 Dec"), ("Plan", "After lunch, I start intercepts.")))
    assert (second.title, second.done, second.planned) == ("Slope", 0, 3)


def test_four_goals_are_shown_and_all_are_counted(ada: Talker, aim: Callable[..., Goal]) -> None:
    for name in ("Slope", "Intercepts", "Parallel lines", "Negative slope", "read a book"):
        aim(name)
    ada.say("show my goals")
    assert ada.texts[0].startswith("You have 5 open goals.")
    assert len(ada.heard[0].cards) == 4


def test_without_a_goal_one_can_be_set(ada: Talker) -> None:
    for said in ("show my goals", "drop my goal", "change my goal", "i finished my goal", "i did 2 of 4 lessons"):
        ada.say(said)
        assert ada.texts == ["You have no open goal right now. [Set a goal]"]
    ada.press("Set a goal")
    assert ada.texts[0].startswith("What do you aim for?")


def test_goals_of_every_course_are_shown_with_their_course(
    ada: Talker, slope: Goal, classroom: Classroom, session: Session, student: Student
) -> None:
    biology = add_course(session, classroom.school.deployment, "Biology", now=classroom.clock.now)
    enrol(session, biology, classroom.school.student, Role.STUDENT, now=classroom.clock.now)
    there = student_of(session, classroom.vault, student.tenant_id, student.person_id, biology.id)
    set_goal(session, there, NEXT_FRIDAY, details=Details(words="learn the parts of a cell"), now=classroom.clock.now)
    ada.say("show my goals")
    assert [card.lines[1] for card in ada.heard[0].cards] == [("Course", "Algebra 1"), ("Course", "Biology")]
    ada.say("move my cell goal to monday")
    assert ada.texts == ["Moved: “learn the parts of a cell”, now by Mon 7 Dec. [Undo]"]


# How far it has come


def test_a_count_is_kept_at_once_and_can_be_taken_back(ada: Talker, slope: Goal, classroom: Classroom, session: Session) -> None:
    ada.say("i did 2 of 3")
    assert ada.texts == ['2 of 3 practice sets done for slope. Next: "Practice set 3" [Start] [Undo]']
    (kept,) = session.scalars(select(CheckIn))
    assert (kept.goal_id, kept.steps_done, kept.steps_planned) == (slope.id, 2, 3)
    assert [done for _, done in steps(classroom, slope)] == [True, True, False]
    ada.press("Undo")
    assert ada.texts == ["Back to 0 done."]
    assert [done for _, done in steps(classroom, slope)] == [False, False, False]


def test_one_more_is_added_and_the_last_one_leads_to_the_end(ada: Talker, slope: Goal) -> None:
    ada.say("i did 2 of 3")
    ada.say("i did one more lesson")
    assert ada.texts == ["3 of 3 practice sets done for slope. [Finish the goal] [Undo]"]
    ada.press("Finish the goal")
    assert ada.texts == ["Is your goal for slope finished? [Yes, finished] [Not yet]"]


def test_of_several_goals_the_one_with_so_many_steps_is_meant(ada: Talker, aim: Callable[..., Goal]) -> None:
    aim("Intercepts", FRIDAY, Details(steps=["Set 1", "Set 2"]))
    aim("Slope")
    ada.say("i did 2 of 3")
    assert ada.texts[0].startswith("2 of 3 practice sets done for slope.")


def test_a_count_that_fits_no_steps_leads_to_the_check_in(ada: Talker, aim: Callable[..., Goal]) -> None:
    aim("Slope", FRIDAY, Details())
    ada.say("i'm 50% done with my goal")
    assert "slope" in ada.texts[0]
    assert ada.buttons[:4] == ["Lost", "Shaky", "OK", "Could teach it"]


# Finished


def test_a_finished_target_is_claimed_and_a_teacher_looks(ada: Talker, slope: Goal, session: Session) -> None:
    ada.say("i finished my goal")
    ada.press("Yes, finished")
    assert ada.texts == ["How does slope feel now? [Lost] [Shaky] [OK] [Could teach it] [Skip] *(Ms Rivera sees this)*"]
    ada.say("could teach it")
    assert ada.texts == ["Slope is finished, 4 days before your day. Ms Rivera will look at it and confirm. [What is next?] [Undo]"]
    (claim,) = session.scalars(select(Claim))
    assert (claim.goal_id, claim.confidence, claim.state) == (slope.id, Confidence.COULD_TEACH, ClaimState.OPEN)
    assert state(session, slope)[0] == GoalState.REACHED
    assert "goal.completed" in kinds(session)
    assert Notice.CLAIM_MADE in kinds(session)
    ada.press("Undo")
    assert ada.texts == ["The goal is open again."]
    session.expire_all()
    assert (state(session, slope)[0], claim.state) == (GoalState.OPEN, ClaimState.TAKEN_BACK)


def test_whoever_feels_shaky_is_offered_help(ada: Talker, slope: Goal) -> None:
    ada.say("i finished my goal")
    ada.say("yes")
    ada.say("shaky")
    assert ada.buttons == ["Ask for help", "Undo"]
    ada.press("Ask for help")
    assert "Ms Rivera" in ada.texts[0]


def test_a_goal_in_own_words_is_finished_without_a_claim(ada: Talker, aim: Callable[..., Goal], session: Session) -> None:
    goal = aim("read the book", date(2026, 11, 30), Details())
    ada.say("i finished my goal")
    assert ada.texts == ["Is your goal for “read the book” finished? [Yes, finished] [Not yet]"]
    ada.say("yep")
    assert ada.texts == ["“read the book” is finished. [What is next?] [Undo]"]
    assert state(session, goal)[0] == GoalState.REACHED
    assert session.scalars(select(Claim)).all() == []


def test_not_yet_leaves_it_open(ada: Talker, slope: Goal, session: Session) -> None:
    ada.say("i finished my goal")
    ada.say("nope")
    assert (ada.texts, state(session, slope)[0]) == (["OK, the goal stays open."], GoalState.OPEN)


def test_a_goal_that_ended_meanwhile_is_refused_kindly(ada: Talker, slope: Goal, session: Session) -> None:
    ada.say("i finished my goal")
    slope.state = GoalState.DROPPED
    session.flush()
    ada.press("Yes, finished")
    assert len(ada.heard) == 1
    assert session.scalars(select(Claim)).all() == []


def test_it_is_the_goal_that_was_set_last(ada: Talker, aim: Callable[..., Goal], session: Session) -> None:
    others = [aim("Intercepts"), aim("Parallel lines")]
    ada.say("i want to learn slope by friday")
    ada.say("skip")
    ada.say("i finished it")
    assert ada.texts[0].startswith("Is your goal for slope finished?")
    ada.say("yes")
    ada.say("skip")
    assert [state(session, other)[0] for other in others] == [GoalState.OPEN] * 2
    assert len(session.scalars(select(Goal).where(col(Goal.state) == GoalState.REACHED)).all()) == 1


def test_words_that_name_another_goal_win_over_the_last_one(ada: Talker, aim: Callable[..., Goal]) -> None:
    aim("Intercepts")
    ada.say("i want to learn slope by friday")
    ada.say("skip")
    ada.say("i finished my goal intercepts")
    assert ada.texts[0].startswith("Is your goal for intercepts finished?")


def test_it_is_the_goal_whose_step_was_done_last(ada: Talker, slope: Goal, aim: Callable[..., Goal]) -> None:
    aim("Intercepts", NEXT_FRIDAY)
    ada.begin("start_step")
    ada.press("Done")
    ada.say("i finished it")
    assert ada.texts[0].startswith("Is your goal for slope finished?")


def test_where_no_goal_was_spoken_of_it_is_asked_which(ada: Talker, slope: Goal, aim: Callable[..., Goal]) -> None:
    aim("Intercepts")
    ada.say("i finished my goal")
    assert ada.texts == ["Which goal do you mean? [Slope] [Intercepts]"]


# Dropped


def test_dropping_asks_first_and_can_be_undone(ada: Talker, slope: Goal, session: Session) -> None:
    ada.say("drop my goal")
    assert ada.texts == ["Drop your goal for slope? What you have done stays. [Drop it] [Change it] [Keep it]"]
    ada.say("yes")
    assert ada.texts == ["Slope is off your list. [Undo]"]
    assert state(session, slope)[0] == GoalState.DROPPED
    ada.say("undo")
    assert (ada.texts, state(session, slope)[0]) == (["The goal is open again."], GoalState.OPEN)


def test_a_goal_can_be_kept_or_changed_instead(ada: Talker, slope: Goal, session: Session) -> None:
    ada.say("drop my goal")
    ada.say("no")
    assert (ada.texts, state(session, slope)[0]) == (["OK, the goal stays open."], GoalState.OPEN)
    ada.say("drop my goal")
    ada.press("Change it")
    assert ada.buttons == ["The day", "The steps", "My words", "Why it matters"]


def test_which_goal_is_asked_once_where_words_do_not_tell(ada: Talker, slope: Goal, aim: Callable[..., Goal], session: Session) -> None:
    other = aim("Intercepts")
    ada.say("drop my goal")
    assert ada.texts == ["Which goal do you mean? [Slope] [Intercepts]"]
    ada.say("the intersepts one")
    assert ada.texts[0].startswith("Drop your goal for intercepts?")
    ada.say("yes")
    assert (state(session, slope)[0], state(session, other)[0]) == (GoalState.OPEN, GoalState.DROPPED)


def test_of_many_goals_four_are_buttons_and_any_can_be_typed(ada: Talker, aim: Callable[..., Goal]) -> None:
    for name in ("Slope", "Intercepts", "Parallel lines", "Systems by graphing", "Systems by substitution"):
        aim(name, FRIDAY, Details())
    ada.say("drop my goal")
    assert ada.texts[0].startswith("Which goal do you mean? You can also type its name.")
    assert len(ada.buttons) == 4
    ada.say("substitution")
    assert ada.texts[0].startswith("Drop your goal for systems by substitution?")


# Changed


def test_a_day_in_the_words_is_moved_at_once(ada: Talker, slope: Goal, session: Session) -> None:
    ada.say("move my goal to next friday")
    assert ada.texts == ["Moved: Slope, now by Fri 11 Dec. [Undo]"]
    assert state(session, slope)[1] == NEXT_FRIDAY
    ada.say("undo")
    assert (ada.texts, state(session, slope)[1]) == (["The goal is as it was before."], FRIDAY)


@pytest.mark.parametrize("said", ["extend my goal by one week", "give me one more week for my goal"])
def test_more_time_counts_from_the_goals_day(ada: Talker, slope: Goal, session: Session, said: str) -> None:
    ada.say(said)
    assert (ada.texts, state(session, slope)[1]) == (["Moved: Slope, now by Fri 11 Dec. [Undo]"], NEXT_FRIDAY)


def test_a_goal_is_changed_step_by_step(ada: Talker, slope: Goal, session: Session) -> None:
    ada.say("change my goal")
    assert ada.texts == ["What should change in your goal for slope? [The day] [The steps] [My words] [Why it matters]"]
    ada.press("The day")
    assert ada.texts == ["Slope: by when? [Fri 4 Dec] [Fri 11 Dec]"]
    ada.say("2020-01-01")
    assert ada.texts[0] == "That day has passed. Choose today or a later day."
    ada.press("Fri 11 Dec")
    assert state(session, slope)[1] == NEXT_FRIDAY


def test_fewer_steps_keep_the_first_and_what_is_done(ada: Talker, slope: Goal, classroom: Classroom) -> None:
    ada.say("i did 1 of 3")
    classroom.clock.pass_by(minutes=1)
    ada.say("change my slope goal to 2 practice sets")
    assert ada.texts == ["Changed: Slope, 2 practice sets by Fri 4 Dec. [Undo]"]
    assert steps(classroom, slope) == [("Practice set 1", True), ("Practice set 2", False)]
    ada.say("undo")
    assert len(steps(classroom, slope)) == 3


def test_more_steps_are_called_as_those_before(ada: Talker, slope: Goal, classroom: Classroom) -> None:
    ada.say("change my goal")
    ada.press("The steps")
    ada.say("4")
    assert steps(classroom, slope)[3] == ("Practice set 4", False)


def test_steps_can_be_written(ada: Talker, slope: Goal, classroom: Classroom) -> None:
    ada.say("change my goal")
    ada.press("The steps")
    ada.say(", ".join(f"part {number}" for number in range(13)))
    assert ada.texts == [
        "A goal has at most 12 steps. Make two goals of it.",
        "How many steps, or which? Put a comma between them. *(Ms Rivera sees this)*",
    ]
    ada.say("read the example, draw it, check one line")
    assert ada.texts == ["Changed: Slope, 3 steps by Fri 4 Dec. [Undo]"]
    assert [words for words, _ in steps(classroom, slope)] == ["read the example", "draw it", "check one line"]


def test_words_and_reason_can_be_changed(ada: Talker, slope: Goal, classroom: Classroom, session: Session) -> None:
    ada.say("change my goal")
    ada.press("My words")
    ada.say("get all three sets right")
    assert ada.texts == ["Your goal has your new words, by Fri 4 Dec. [Undo]"]
    session.expire_all()
    assert slope.sealed_words and classroom.vault.key_of(slope.person_id).open(slope.sealed_words, WORDS) == "get all three sets right"
    ada.say("change my goal")
    ada.press("Why it matters")
    assert ada.texts[0].startswith("Why does slope matter to you?")


# Suggested


@pytest.fixture
def suggested(classroom: Classroom, student: Student, rivera: Talker) -> Goal:
    """Ms Rivera suggests intercepts."""
    competency_id = classroom.targets["Intercepts"].id
    return suggestions.suggest(classroom.session, rivera.speaker, student, FRIDAY, competency_id=competency_id, now=classroom.clock.now)


@pytest.fixture
def told(ada: Talker, suggested: Goal, classroom: Classroom) -> Talker:
    """Ada reads the suggestion."""
    assert suggested.state == GoalState.SUGGESTED
    classroom.tell(ada)
    assert ada.buttons == ["Take it", "Change it", "No, thanks"]
    classroom.clock.pass_by(minutes=1)
    return ada


def test_a_suggestion_is_taken_and_planned(told: Talker, suggested: Goal, session: Session) -> None:
    told.press("Take it")
    assert told.texts == ["Intercepts by Fri 4 Dec is your goal now. When will you start, and where?"]
    told.say("tonight at home")
    assert told.texts == ['"Tonight, at home, I start intercepts." Saved; Ms Rivera can see the goal. [Undo] [Remind me 5 pm]']
    assert state(session, suggested) == (GoalState.OPEN, FRIDAY)
    assert "goal.set" in kinds(session)


def test_taking_a_suggestion_can_be_undone_before_it_is_planned(told: Talker, suggested: Goal, session: Session) -> None:
    told.press("Take it")
    told.say("undo")
    assert told.texts == ["The suggestion waits for you again."]
    assert state(session, suggested)[0] == GoalState.SUGGESTED


def test_a_suggestion_can_have_another_day(told: Talker, suggested: Goal, session: Session) -> None:
    told.press("Change it")
    assert told.texts == ["Intercepts: by when? [Fri 4 Dec] [Fri 11 Dec]"]
    told.say("next friday")
    assert told.texts == ["Intercepts by Fri 11 Dec is your goal now. When will you start, and where?"]
    told.say("skip")
    assert told.texts[0].startswith("OK. The goal stays as it is.")
    assert state(session, suggested) == (GoalState.OPEN, NEXT_FRIDAY)


def test_declining_is_told_to_nobody_and_can_be_undone(told: Talker, suggested: Goal, session: Session) -> None:
    before = kinds(session)
    told.press("No, thanks")
    assert told.texts == ["OK, not taken. Nobody is told. [Undo]"]
    assert (state(session, suggested)[0], kinds(session)) == (GoalState.DROPPED, before)
    told.press("Undo")
    assert state(session, suggested)[0] == GoalState.SUGGESTED


def test_a_suggestion_whose_day_has_passed_is_asked_for_another(told: Talker, suggested: Goal, classroom: Classroom) -> None:
    classroom.clock.pass_by(days=7)
    told.press("Take it")
    assert told.texts[0].startswith("Intercepts: by when?")


def test_a_suggestion_is_answered_once(told: Talker, suggested: Goal, session: Session) -> None:
    told.press("No, thanks")
    told.press("Take it")
    assert told.texts == ["This goal is not open. Open it again first, or set a new one."]
    assert state(session, suggested)[0] == GoalState.DROPPED
