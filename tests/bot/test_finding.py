"""Which course is meant, where a student came from one that has nothing to do with the words."""

import pytest
from sqlmodel import Session

from core.courses.courses import Course
from core.courses.guide import set_guide
from core.people.access import Role
from tests.bot.conftest import MONDAY, Classroom
from tests.bot.talking import Talker
from tests.people_made import add_course, enrol


@pytest.fixture
def science(classroom: Classroom, session: Session) -> Course:
    """Ada is in a second algebra course, which has slope too, and in science, which has not."""
    for title, target in (("Algebra lab", "Slope"), ("Science", "Intercepts")):
        course = add_course(session, classroom.school.deployment, title, now=MONDAY)
        enrol(session, course, classroom.school.student, Role.STUDENT, now=MONDAY)
        enrol(session, course, classroom.school.teacher, Role.TEACHER, now=MONDAY)
        set_guide(session, classroom.school.tenant.id, course.id, [(classroom.targets[target].id, MONDAY.date(), 10_000)])
    session.flush()
    return course


def test_only_likely_courses_are_offered_and_where_they_came_from_is_none_of_them(ada: Talker, science: Course) -> None:
    ada = ada.in_course(science.id)
    ada.say("im stuck on slope")
    assert ada.buttons == ["Algebra 1", "Algebra lab", "Another course"]
    ada.press("Another course")
    assert ada.buttons == ["Science", "Another course"]


def test_asking_again_without_a_course_is_about_those_that_were_likely(ada: Talker, science: Course) -> None:
    ada = ada.in_course(science.id)
    ada.say("im stuck on slope")
    ada.say("ask for help")
    assert ada.buttons == ["Algebra 1", "Algebra lab", "Another course"]
    ada.press("Algebra lab")
    assert ada.texts == ["Say it in your own words. What should Ms Rivera know? *(Ms Rivera reads this)*"]
    assert ada.state.frames[-1].course_id not in (None, science.id)


def test_where_they_came_from_settles_it_where_it_is_likely(ada: Talker, science: Course) -> None:
    ada.say("im stuck on slope")
    assert "Algebra lab" not in ada.buttons
    assert ada.state.frames[-1].course_id == ada.speaker.course_id
