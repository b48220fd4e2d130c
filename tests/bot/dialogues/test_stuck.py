"""Being stuck: what was tried, one way, the teacher's own link or another way, then a person; and starting a step."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlmodel import Session

from core.journal.goal_setting import Details, set_goal
from core.journal.goals import Goal, steps_of
from core.journal.help_requests import HelpRequest
from core.journal.stuck import Count, Link, StuckOutcome, own_counts, say_if_strategy_helped, set_links
from core.journal.student import Student, student_of
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker

LINK = Link("Slopes, drawn", "https://video.example/slopes")


@pytest.fixture
def student(classroom: Classroom) -> Student:
    school = classroom.school
    return student_of(classroom.session, classroom.vault, school.tenant.id, school.student.id, school.course.id)


@pytest.fixture
def linked(classroom: Classroom, rivera: Talker) -> str:
    """Ms Rivera's link for negative slope."""
    competency_id = classroom.targets["Negative slope"].id
    set_links(classroom.session, rivera.speaker, classroom.school.course, competency_id, [LINK], now=classroom.clock.now)
    return LINK.url


@pytest.fixture
def goal(classroom: Classroom, student: Student) -> Goal:
    steps = Details(steps=("Practice set 1", "Practice set 2"))
    competency_id = classroom.targets["Slope"].id
    return set_goal(classroom.session, student, date(2026, 12, 4), competency_id=competency_id, details=steps, now=classroom.clock.now)


def get_stuck(ada: Talker) -> None:
    """A hint first, instead of a person."""
    ada.say("i don't understand negative slope")
    ada.press("Hint first")


def test_what_was_tried_then_a_way_then_the_link_then_a_person(
    session: Session, classroom: Classroom, student: Student, ada: Talker, linked: str
) -> None:
    get_stuck(ada)
    assert ada.texts == ["What did you try so far? [Skip] *(Only you, until you send it or someone may get hurt)*"]
    ada.say("i drew it but no")
    assert ada.texts == [
        "Read a solved example again: cover each line, and guess it before you look. [It helped] [Still stuck] [Ask Ms Rivera]"
    ]
    ada.press("Still stuck")
    assert ada.texts == ['Ms Rivera chose this for you to look at: "Slopes, drawn" [Open] [It helped] [Still stuck] [Ask Ms Rivera]']
    assert ada.heard[0].choices[0].opens == linked
    ada.say("it didnt help")
    assert ada.texts[0] == "Two tries are plenty: a person is the best next step."
    assert ada.heard[1].quote == "i don't understand negative slope\ni drew it but no"
    assert "Send" in ada.buttons
    assert own_counts(session, student) == {"read_an_example_again": Count(0, 1)}
    assert [(one.strategy, one.helped) for one in session.scalars(select(StuckOutcome)) if one.link_id] == [(None, False)]
    assert session.scalars(select(HelpRequest)).all() == []
    ada.press("Send")
    assert session.scalars(select(HelpRequest)).one().competency_id == classroom.targets["Negative slope"].id


def test_without_a_link_another_way_comes_and_none_is_invented(session: Session, student: Student, ada: Talker) -> None:
    get_stuck(ada)
    ada.press("Skip")
    assert ada.texts[0].startswith("Draw it first: a quick sketch of what the question says.")
    ada.say("still stuck")
    assert ada.texts[0].startswith("Read a solved example again")
    assert not any(choice.opens for choice in ada.heard[0].choices)
    ada.say("i get it now")
    assert ada.texts == ["Mon 30 Nov: reading an example again helped. Try it first next time."]
    assert own_counts(session, student) == {"draw_it": Count(0, 1), "read_an_example_again": Count(1, 0)}


def test_what_helped_before_comes_first(session: Session, classroom: Classroom, student: Student, ada: Talker) -> None:
    say_if_strategy_helped(session, student, "say_it_aloud", True, now=classroom.clock.now)
    get_stuck(ada)
    ada.say("skip")
    assert ada.texts[0].startswith("Say aloud what the question asks")


def test_a_person_is_one_press_away_at_any_point(ada: Talker, linked: str) -> None:
    get_stuck(ada)
    ada.say("skip")
    ada.press("Ask Ms Rivera")
    assert ada.heard[-1].quote == "i don't understand negative slope"


def test_passing_it_over_ends_without_a_word_of_blame(session: Session, ada: Talker) -> None:
    get_stuck(ada)
    for _ in range(3):
        ada.say("skip")
    assert ada.texts == ["OK. A person can help any time. [Ask Ms Rivera]"]
    assert session.scalars(select(StuckOutcome)).all() == []


def test_stuck_in_spanish(ada: Talker, linked: str) -> None:
    ada = replace(ada, speaker=replace(ada.speaker, language="es"))
    ada.say("no entiendo negative slope")
    ada.press("Primero una pista")
    assert ada.texts == ["¿Qué probaste hasta ahora? [Saltar] *(Solo tú, hasta que lo envíes o alguien pueda salir lastimado)*"]
    ada.say("dibujarlo")
    ada.say("sigo sin entender")
    assert ada.texts == [
        'La Sra. Rivera eligió esto para que lo veas: "Slopes, drawn" [Abrir] [Me ayudó] [Sigue sin salir] [Preguntar a la Sra. Rivera]'
    ]
    ada.say("ya entendí")
    assert ada.texts[0].startswith("lunes 30 de noviembre: te ayudó “Slopes, drawn”.")


# Starting a step


def test_a_step_is_started_and_counted_when_it_is_done(session: Session, ada: Talker, goal: Goal) -> None:
    ada.begin("start_step")
    assert ada.texts == ["Now set 1. Tell me when it is done. [Done] [Stuck]"]
    ada.say("i did it")
    assert ada.texts == ["That is 1 of 2, done on Mon 30 Nov. [Next step] [Undo]"]
    ada.press("Next step")
    ada.press("Done")
    assert ada.texts == ["All 2 practice sets are done. Is slope reached? [It is reached] [Undo]"]
    assert all(step.done_at for step in steps_of(session, goal.tenant_id, [goal.id]))
    ada.press("Undo")
    assert ada.texts == ["Taken back: the step is open again."]
    assert [step.done_at is not None for step in steps_of(session, goal.tenant_id, [goal.id])] == [True, False]


def test_stuck_on_a_step_looks_for_a_way(ada: Talker, goal: Goal) -> None:
    ada.begin("start_step")
    ada.press("Stuck")
    assert ada.texts[0].startswith("What did you try so far?")
    ada.say("skip")
    ada.press("It helped")
    assert ada.texts == ["Mon 30 Nov: your drawing trick helped. Try it first next time. [Next step]"]
    ada.press("Next step")
    assert ada.texts[0].startswith("Now set 1.")


def test_not_yet_done_is_no_failure(session: Session, ada: Talker, goal: Goal) -> None:
    ada.begin("start_step")
    ada.say("not yet")
    assert ada.texts == ["OK, set 1 waits for you."]
    assert not any(step.done_at for step in steps_of(session, goal.tenant_id, [goal.id]))


def test_a_goal_without_steps_can_be_worked_on(classroom: Classroom, student: Student, ada: Talker) -> None:
    set_goal(classroom.session, student, date(2026, 12, 4), competency_id=classroom.targets["Slope"].id, now=classroom.clock.now)
    ada.begin("start_step")
    ada.press("Done")
    assert ada.texts == ["You worked on slope today. How is it going? [Check in]"]


def test_without_a_goal_there_is_none_to_start(ada: Talker) -> None:
    ada.begin("start_step")
    assert ada.buttons == ["Set a goal"]
