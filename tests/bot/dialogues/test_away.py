"""A teacher is away, and somebody else answers meanwhile."""

from datetime import date

from sqlalchemy import select

from core.journal.absences import Absence
from core.people.access import Role
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker


def test_a_teacher_who_is_alone_is_asked_only_until_when(classroom: Classroom, rivera: Talker) -> None:
    rivera.say("hi there")
    rivera.press("I am away")
    assert rivera.texts == ["Until when are you away? [Mon 30 Nov] [Tue 1 Dec] [Fri 4 Dec] [Fri 11 Dec]"]
    rivera.say("until friday")
    assert rivera.texts == ["You are away until Fri 4 Dec. Students are told when they ask for help. [Undo]"]
    assert classroom.session.scalars(select(Absence)).one().until_on == date(2026, 12, 4)
    rivera.press("Undo")
    assert rivera.texts == ["Welcome back. Calls for help come to you again."]
    assert classroom.session.scalars(select(Absence)).all() == []


def test_a_colleague_stands_in_and_the_student_learns_of_it(classroom: Classroom, rivera: Talker, ada: Talker) -> None:
    bell = classroom.join("Mr Bell", Role.TEACHER)
    rivera.begin("go_away")
    rivera.say("friday")
    assert rivera.texts == ["Who answers calls for help meanwhile? [Mr Bell] [Nobody]"]
    rivera.say("mr bell please")
    assert rivera.texts == ["You are away until Fri 4 Dec. Mr Bell gets new calls for help. [Undo]"]
    assert classroom.session.scalars(select(Absence)).one().delegate_id == bell.id
    ada.say("im lost on slope")
    assert "Mr Bell" in ada.texts[0], "who is there is asked first"


def test_a_day_that_has_passed_is_refused(rivera: Talker) -> None:
    rivera.begin("go_away")
    rivera.say("November 2, 2026")
    assert rivera.texts[0].startswith("This day has passed")
    assert rivera.texts[1].startswith("Until when are you away?")


def test_a_teacher_says_in_words_that_they_are_away(classroom: Classroom, rivera: Talker) -> None:
    rivera.say("im away until friday")
    assert rivera.texts == ["You are away until Fri 4 Dec. Students are told when they ask for help. [Undo]"]
    assert classroom.session.scalars(select(Absence)).one().until_on == date(2026, 12, 4)


def test_a_teacher_who_names_no_day_is_asked_for_it(rivera: Talker) -> None:
    rivera.say("set me as away")
    assert rivera.texts[0].startswith("Until when are you away?")
    rivera.say("see you at lunch tomorrow")
    assert rivera.open == ["go_away"]
