"""Where a student stands, as conversations: dated facts, one next thing, and only links that a teacher gave."""

from datetime import date

import pytest
from sqlmodel import Session

from core.courses.guide import set_guide
from core.evidence.evidence import Observation, Source, record_evidence
from core.journal.goal_setting import Details, set_goal
from core.journal.goal_steps import count_steps_done
from core.journal.stuck import Link, set_links
from core.journal.student import Student, student_of
from core.people.access import Role
from tests.bot.conftest import EARLIER, UNIT_4, Classroom, reach
from tests.bot.talking import Talker
from tests.people_made import add_course, join

FRIDAY = date(2026, 12, 4)


@pytest.fixture
def student(classroom: Classroom) -> Student:
    school = classroom.school
    return student_of(classroom.session, classroom.vault, school.tenant.id, school.student.id, school.course.id)


def see(classroom: Classroom, name: str, score_bp: int) -> None:
    """Ms Rivera records work of Ada on a target."""
    told = Observation(classroom.school.student.id, classroom.targets[name].id, score_bp, classroom.clock.now, Source.TEACHER)
    record_evidence(classroom.session, classroom.school.course, told, now=classroom.clock.now)


# Pace


def test_pace_is_what_was_due_against_what_is_done(ada: Talker) -> None:
    ada.say("am i on pace")
    assert ada.texts == ["8 of 8 targets due by today are done. [Goal: Slope]"]
    (card,) = ada.heard[0].cards
    assert (card.title, card.done, card.planned) == ("Algebra 1", 8, 14)
    assert card.lines[0] == ("Slope", "Fri 4 Dec")


def test_what_is_done_before_its_day_is_said_too(ada: Talker, classroom: Classroom) -> None:
    see(classroom, "Intercepts", 10_000)
    ada.say("am i on pace")
    assert ada.heard[0].text == "8 of 8 targets due by today are done. 1 more is done early."


def test_what_is_missing_is_a_fact_and_never_a_verdict(classroom: Classroom) -> None:
    luis = classroom.talker(classroom.join("Luis"), language="es")
    luis.say("voy a tiempo?")
    assert luis.texts == ["Llevas 0 de 8 objetivos para hoy. [Meta: Warm-up 1]"]


def test_a_course_without_due_days_says_how_many_of_all(ada: Talker, classroom: Classroom) -> None:
    lines = [(classroom.targets[name].id, None, 10_000) for name in (*EARLIER, "Slope")]
    set_guide(classroom.session, classroom.school.tenant.id, classroom.school.course.id, lines)
    ada.say("am i on pace")
    assert ada.heard[0].text == "8 of 9 targets are done."
    assert ada.heard[0].cards[0].lines == (("Slope", "any day"),)


@pytest.mark.parametrize("said", ["am i on pace", "what have i mastered"])
def test_a_course_without_a_guide_says_so(classroom: Classroom, session: Session, said: str) -> None:
    biology = add_course(session, classroom.school.deployment, "Biology", now=classroom.clock.now)
    zoe = classroom.talker(join(session, classroom.vault, biology, "Zoe", Role.STUDENT, now=classroom.clock.now))
    zoe.say(said)
    assert zoe.texts == ["This course has no list of targets yet."]


def test_the_offered_goal_knows_its_target(ada: Talker) -> None:
    ada.say("am i on pace")
    ada.press("Goal: Slope")
    assert ada.texts == ["Slope: by when? [Fri 4 Dec] [Fri 11 Dec]"]


# Progress and mastery


def test_progress_shows_the_course_and_its_goals(ada: Talker, student: Student, classroom: Classroom) -> None:
    sets = Details(steps=["Set 1", "Set 2"])
    goal = set_goal(classroom.session, student, FRIDAY, competency_id=classroom.targets["Slope"].id, details=sets, now=classroom.clock.now)
    count_steps_done(classroom.session, student, goal.id, 1, now=classroom.clock.now)
    ada.begin("view_progress")
    assert ada.texts == ["8 of 8 targets due by today are done. [Check in]"]
    assert [(card.title, card.done, card.planned) for card in ada.heard[0].cards] == [("Algebra 1", 8, 14), ("Slope", 1, 2)]


def test_progress_without_a_goal_leads_to_one(ada: Talker) -> None:
    ada.begin("view_progress")
    assert ada.buttons == ["Set a goal"]


def test_mastery_names_the_newest_with_their_days(ada: Talker) -> None:
    ada.say("what have i mastered")
    assert ada.texts == ["8 of 14 targets are done. [Goal: Slope]"]
    assert ada.heard[0].cards[0].lines[0] == ("Warm-up 8", "reached, Thu 26 Nov")


@pytest.mark.parametrize(
    ("score_bp", "text"),
    [
        (10_000, "Slope: reached. The last work was seen on Mon 30 Nov."),
        (3_000, "Slope: begun, not reached yet. The last work was seen on Mon 30 Nov. [Goal: Slope]"),
        (None, "Slope: no work has been seen yet. [Goal: Slope]"),
    ],
)
def test_one_target_is_told_by_its_name(ada: Talker, classroom: Classroom, score_bp: int | None, text: str) -> None:
    if score_bp is not None:
        see(classroom, "Slope", score_bp)
    ada.say("what is my score on slope")
    assert ada.texts == [text]


# What is next


def test_the_next_step_of_the_next_goal_comes_first(ada: Talker, student: Student, classroom: Classroom) -> None:
    sets = Details(steps=["Set 1", "Set 2"])
    goal = set_goal(classroom.session, student, FRIDAY, competency_id=classroom.targets["Slope"].id, details=sets, now=classroom.clock.now)
    count_steps_done(classroom.session, student, goal.id, 1, now=classroom.clock.now)
    ada.say("what do i do next")
    assert ada.texts == ['Next for slope, by Fri 4 Dec: "Set 2" [Start] [Check in]']
    count_steps_done(classroom.session, student, goal.id, 2, now=classroom.clock.now)
    ada.say("what do i do next")
    assert ada.texts == ["All steps for slope are done. Is the goal finished? [Finish the goal]"]


def test_a_goal_without_steps_is_next_with_its_plan(ada: Talker, student: Student, classroom: Classroom) -> None:
    details = Details(words="read the book", plan="On the bus: read the book.")
    set_goal(classroom.session, student, FRIDAY, details=details, now=classroom.clock.now)
    ada.say("what do i do next")
    assert ada.texts == ['Next is your goal for “read the book”, by Fri 4 Dec. "On the bus: read the book." [Check in]']


def test_without_a_goal_the_next_target_is_next(ada: Talker, classroom: Classroom) -> None:
    ada.say("what do i do next")
    assert ada.texts == ["Next in Algebra 1 is slope, due Fri 4 Dec. [Goal: Slope]"]
    reach(classroom.session, classroom.school, [classroom.targets[name] for name in (*UNIT_4, "Negative slope")], classroom.clock.now)
    ada.say("what do i do next")
    assert ada.texts == ["You have reached every target in Algebra 1. What would you like to aim for? [Set a goal]"]


# What to read


def test_links_are_the_teachers_own(ada: Talker, rivera: Talker, classroom: Classroom) -> None:
    links = [Link("Slope, drawn", "https://videos.example/slope"), Link("Ten problems", "https://sets.example/10")]
    slope = classroom.targets["Slope"].id
    set_links(classroom.session, rivera.speaker, classroom.school.course, slope, links, now=classroom.clock.now)
    ada.say("can you suggest a video about slope")
    assert ada.texts == ["From Ms Rivera, for slope: [Slope, drawn] [Ten problems]"]
    assert [choice.opens for choice in ada.heard[0].choices] == ["https://videos.example/slope", "https://sets.example/10"]


def test_no_link_is_invented(ada: Talker) -> None:
    ada.say("can you suggest a video about intercepts")
    assert ada.texts == ["There is no link for intercepts yet. A person can help. [Ask Ms Rivera]"]


def test_without_a_name_it_is_about_the_goal_at_work(ada: Talker, student: Student, classroom: Classroom) -> None:
    set_goal(classroom.session, student, FRIDAY, competency_id=classroom.targets["Negative slope"].id, now=classroom.clock.now)
    ada.say("give me something to study")
    assert ada.texts[0].startswith("There is no link for negative slope yet.")
