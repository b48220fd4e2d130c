"""Checking in, from the work to the mood: the first and the fourth conversation of the design, word for word."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from bot.turn import Speaker
from core.courses.guide import set_guide
from core.data.outbox import OutboxEntry
from core.journal.checkins import BLOCKER, CheckIn, Mood, Progress, own_moods, record_check_in, say_mood
from core.journal.goal_ends import complete
from core.journal.goal_setting import Details, set_goal
from core.journal.goals import PLAN, Goal, steps_of
from core.journal.prompts import PromptAsked
from core.journal.reflections import WORDS, Reflection
from core.journal.stuck import Count, own_counts
from core.journal.student import Student, student_of
from core.people.access import Role
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker
from tests.people_made import add_competency, add_course, enrol, join

LAST_TUESDAY = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
FRIDAY = date(2026, 12, 4)
SETS = ("Practice set 1", "Practice set 2", "Practice set 3")


def student(classroom: Classroom) -> Student:
    school = classroom.school
    return student_of(classroom.session, classroom.vault, school.tenant.id, school.student.id, school.course.id)


def slope(classroom: Classroom, steps: tuple[str, ...] = SETS, *, by: date = FRIDAY, at: datetime = LAST_TUESDAY) -> Goal:
    """Ada's goal, set last Tuesday."""
    competency_id = classroom.targets["Slope"].id
    return set_goal(classroom.session, student(classroom), by, competency_id=competency_id, details=Details(steps=steps), now=at)


def checked_in(classroom: Classroom, goal: Goal, done: int, at: datetime = LAST_TUESDAY) -> None:
    """Ada checked in before."""
    record_check_in(classroom.session, student(classroom), Progress(goal_id=goal.id, steps_done=done), now=at)


def check_ins(session: Session) -> list[CheckIn]:
    return list(session.scalars(select(CheckIn).order_by(col(CheckIn.day))))


@pytest.fixture
def goal(classroom: Classroom) -> Goal:
    return slope(classroom)


@pytest.fixture
def luis(classroom: Classroom) -> Talker:
    """Luis learns fractions with Sra. Rivera; he means to do three exercises by Friday."""
    session, vault, school, now = classroom.session, classroom.vault, classroom.school, LAST_TUESDAY
    course = add_course(session, school.deployment, "Matemáticas 6", now=now)
    join(session, vault, course, "Sra. Rivera", Role.TEACHER, now=now)
    person = join(session, vault, course, "Luis", Role.STUDENT, now=now)
    fractions = add_competency(session, school.framework, "Fracciones")
    set_guide(session, school.tenant.id, course.id, [(fractions.id, FRIDAY, 10_000)])
    learner = student_of(session, vault, school.tenant.id, person.id, course.id)
    steps = Details(steps=("Ejercicio 1", "Ejercicio 2", "Ejercicio 3"))
    set_goal(session, learner, FRIDAY, competency_id=fractions.id, details=steps, now=now)
    speaker = Speaker(school.tenant.id, person.id, Role.STUDENT, "es", "America/Los_Angeles", course.id)
    return Talker(session, classroom.talk, speaker, classroom.clock)


def test_the_first_conversation_of_the_design(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    checked_in(classroom, goal, 1)
    ada.say("check in")
    assert ada.texts == ["Hi Ada, slope: you planned 3 practice sets. How many are done? [0] [1] [2] [3]"]
    ada.say("2")
    assert ada.texts == [
        "2 of 3, one more than last week. Anything in the way? [No] [Time] [Don't get it] [Something else] *(Ms Rivera sees this)*"
    ]
    ada.say("dont get the neg ones")
    assert ada.texts == [
        "Got it: negative slope. What helped on the two you finished? [Skip] *(Only you, unless it sounds like someone may get hurt)*"
    ]
    ada.say("drawing it")
    assert ada.texts == [
        "Then draw set 3 first: about 10 min. [Start] [Ask Ms Rivera]",
        "How are you today? 😄 🙂 😐 🙁 😢 [Skip] *(Only you)*",
    ]
    ada.press("🙂")
    assert ada.texts == ["🙂 Kept for 30 days; only you see it. [Undo]"]

    today = check_ins(session)[-1]
    learner = student(classroom)
    assert (today.goal_id, today.steps_done, today.steps_planned, today.blocker) == (goal.id, 2, 3, "not_understood")
    assert learner.key.open(today.sealed_blocker or b"", BLOCKER) == "dont get the neg ones"
    written = session.scalars(select(Reflection)).one()
    assert (written.prompt, written.goal_id, learner.key.open(written.sealed_words, WORDS)) == ("what_helped", goal.id, "drawing it")
    assert own_counts(session, learner) == {"draw_it": Count(1, 0)}
    assert own_moods(session, learner.tenant_id, learner.person_id) == [(date(2026, 11, 30), 4)]
    assert [step.done_at is not None for step in steps_of(session, goal.tenant_id, [goal.id])] == [True, True, False]


def test_the_fourth_conversation_of_the_design(session: Session, luis: Talker) -> None:
    luis.begin("check_in")
    assert luis.texts == ["Hola, Luis, fracciones: ibas a hacer 3 ejercicios. ¿Cuántos llevas? [0] [1] [2] [3]"]
    luis.say("1 nomas, no tuve tiempo")
    assert luis.texts == ["Uno ya cuenta. ¿Probamos con menos? [2 esta semana] [Cambiar la fecha] [Pedir ayuda] *(Lo ve la Sra. Rivera)*"]
    luis.say("2 esta semana")
    assert luis.texts == ["Listo: 2 ejercicios para el viernes 4 de diciembre. ¿Cuándo empiezas?"]
    luis.say("mañana en la casa")
    assert luis.texts[0] == '"Mañana, en la casa, abro fracciones ejercicio 2." Listo; la Sra. Rivera puede ver la meta.'
    assert luis.texts[1] == "¿Cómo estás hoy? 😄 🙂 😐 🙁 😢 [Saltar] *(Solo tú)*"

    made, kept = check_ins(session)[0], session.scalars(select(Goal)).one()
    assert (made.steps_done, made.steps_planned, made.blocker) == (1, 3, "time")
    assert [step.done_at is not None for step in steps_of(session, kept.tenant_id, [kept.id])] == [True, False]
    assert kept.target_on == FRIDAY and kept.sealed_plan


# The work


@pytest.mark.parametrize(
    ("words", "done"),
    [("all of them", 3), ("none yet", 0), ("2 of 3", 2), ("i did two", 2), ("one more", 2), ("nada", 0), ("todos", 3), ("three", 3)],
)
def test_the_count_is_heard_in_many_ways(session: Session, classroom: Classroom, ada: Talker, goal: Goal, words: str, done: int) -> None:
    checked_in(classroom, goal, 1)
    ada.say("check in")
    ada.say(words)
    assert check_ins(session)[-1].steps_done == done


def test_a_count_beyond_the_plan_is_asked_again(session: Session, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.say("7")
    assert ada.texts == ["This goal has 3 practice sets. How many of these are done? [0] [1] [2] [3]"]
    assert check_ins(session) == []
    ada.press("3")
    assert check_ins(session)[0].steps_done == 3


def test_it_is_never_said_how_far_behind(classroom: Classroom, ada: Talker, goal: Goal) -> None:
    checked_in(classroom, goal, 2)
    ada.say("check in")
    ada.say("1")
    assert ada.texts[0].startswith("1 of 3. Anything in the way?")
    ada.say("undo")
    ada.say("2")
    assert ada.texts[0].startswith("2 of 3, the same as last week. Anything in the way?")


def test_coming_back_after_a_stall_is_celebrated_with_its_day(classroom: Classroom, ada: Talker, goal: Goal) -> None:
    checked_in(classroom, goal, 1, datetime(2026, 11, 16, 18, 0, tzinfo=UTC))
    ada.say("check in")
    assert ada.texts == [
        "Hi Ada, good that you are back; last time was Mon 16 Nov. Slope, 3 practice sets: how many are done? [0] [1] [2] [3]"
    ]
    ada.say("2")
    assert ada.texts[0].startswith("2 of 3, one more than on Mon 16 Nov.")


def test_when_all_is_done_the_goal_may_be_reached(classroom: Classroom, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.say("all done")
    assert ada.texts[0] == "All 3 practice sets are done. Is slope reached? [It is reached] [Ask Ms Rivera]"
    assert ada.texts[1].startswith("How are you today?")


def test_a_goal_without_steps_is_asked_for_in_words_not_numbers(session: Session, classroom: Classroom, ada: Talker) -> None:
    goal = slope(classroom, ())
    ada.say("check in")
    assert ada.texts == ["Hi Ada, how is slope going? [Lost] [Shaky] [OK] [Could teach it] [Skip] *(Ms Rivera sees this)*"]
    ada.say("shaky")
    assert (check_ins(session)[0].goal_id, check_ins(session)[0].confidence) == (goal.id, "shaky")
    ada.press("No")
    assert ada.texts[0] == "Next is slope: about 10 min. [Start] [Ask Ms Rivera]"


def test_without_a_goal_the_check_in_is_light_and_offers_one(session: Session, ada: Talker) -> None:
    ada.say("check in")
    assert ada.texts == [
        "Hi Ada, you have no open goal here. Anything in the way? [No] [Time] [Don't get it] [Something else] *(Ms Rivera sees this)*"
    ]
    ada.say("nothing")
    assert ada.texts[0] == "Shall we set one small goal, so that the next step is clear? [Set a goal] [Ask Ms Rivera]"
    assert (check_ins(session)[0].goal_id, check_ins(session)[0].blocker) == (None, "nothing")


def test_a_goal_in_own_words_stands_in_quotes(classroom: Classroom, ada: Talker) -> None:
    details = Details(words="Finish my essay", steps=("Read the book", "Write page 1"))
    set_goal(classroom.session, student(classroom), FRIDAY, details=details, now=LAST_TUESDAY)
    ada.say("check in")
    assert ada.texts == ["Hi Ada, “Finish my essay”: you planned 2 steps. How many are done? [0] [1] [2]"]
    ada.say("0")
    ada.say("no")
    assert ada.texts[0] == "Next is “Read the book”: about 10 min. [Start] [Ask Ms Rivera]"


def test_words_choose_among_goals_and_else_the_one_due_next(classroom: Classroom, ada: Talker, goal: Goal) -> None:
    later, intercepts = Details(steps=("Page 1", "Page 2")), classroom.targets["Intercepts"].id
    set_goal(classroom.session, student(classroom), date(2026, 12, 11), competency_id=intercepts, details=later, now=LAST_TUESDAY)
    ada.say("check in")
    assert "slope: you planned 3 practice sets" in ada.texts[0]
    ada.say("cancel")
    ada.say("i want to check in on intercepts")
    assert ada.texts == ["Hi Ada, intercepts: you planned 2 pages. How many are done? [0] [1] [2]"]


def test_from_no_course_the_goal_due_next_names_it(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    other = add_course(session, classroom.school.deployment, "Biology", now=LAST_TUESDAY)
    enrol(session, other, classroom.school.student, Role.STUDENT, now=LAST_TUESDAY)
    ada = ada.in_course(None)
    ada.say("check in")
    assert ada.texts == ["Hi Ada, slope: you planned 3 practice sets. How many are done? [0] [1] [2] [3]"]
    there = ada.in_course(other.id)
    there.say("cancel")
    there.say("check in")
    assert there.texts[0].startswith("Hi Ada, you have no open goal here.")


def test_feminine_steps_are_counted_so_in_spanish(classroom: Classroom, ada: Talker) -> None:
    slope(classroom, ("Hoja 1", "Hoja 2"))
    ada = replace(ada, speaker=replace(ada.speaker, language="es"))
    ada.say("check in")
    assert ada.texts == ["Hola, Ada, slope: ibas a hacer 2 hojas. ¿Cuántas llevas? [0] [1] [2]"]


# What is in the way


def test_a_button_asks_for_the_words_behind_it(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.press("1")
    ada.press("Don't get it")
    assert ada.texts == ["Which part is it? Your own words help most. [Skip] *(Ms Rivera sees this)*"]
    assert check_ins(session)[0].blocker == "not_understood"
    ada.say("where negative slopes go")
    assert ada.texts[0] == (
        "Got it: negative slope. For set 2, there is a way to try first, or a person to ask. [Try one way] [Start] [Ask Ms Rivera]"
    )
    made = check_ins(session)[0]
    assert student(classroom).key.open(made.sealed_blocker or b"", BLOCKER) == "where negative slopes go"


def test_something_else_is_kept_in_the_students_words(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.press("1")
    ada.say("my dog is sick")
    made = check_ins(session)[0]
    assert (made.blocker, student(classroom).key.open(made.sealed_blocker or b"", BLOCKER)) == ("something_else", "my dog is sick")
    assert "How are you today?" in ada.heard[-1].text


def test_a_question_in_between_is_answered_and_the_check_in_goes_on(session: Session, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.say("2")
    ada.say("what can you do")
    assert ada.texts[1] == "Back to your check-in:"
    assert ada.heard[2].text.endswith("Anything in the way?")
    ada.press("No")
    assert check_ins(session)[0].blocker == "nothing"


def test_leaving_midway_loses_nothing(session: Session, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.say("2")
    ada.say("cancel")
    assert check_ins(session)[0].steps_done == 2


def test_everything_can_be_skipped_and_then_nothing_is_kept(session: Session, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.say("skip")
    ada.say("skip")
    ada.say("skip")
    assert ada.texts == ["OK, nothing is kept."]
    assert check_ins(session) == []
    assert session.scalars(select(Mood)).all() == []


def test_going_back_corrects_what_was_said(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.press("3")
    ada.say("undo")
    assert ada.texts == ["Hi Ada, slope: you planned 3 practice sets. How many are done? [0] [1] [2] [3]"]
    ada.say("1")
    assert ada.texts[0].startswith("1 of 3. Anything in the way?")
    made = check_ins(session)
    assert [one.steps_done for one in made] == [1]
    assert [step.done_at is not None for step in steps_of(session, goal.tenant_id, [goal.id])] == [True, False, False]


def test_a_goal_that_ends_meanwhile_does_not_lose_the_answer(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    complete(session, student(classroom), goal.id, now=classroom.clock.now)
    ada.say("2")
    assert (check_ins(session)[0].goal_id, check_ins(session)[0].steps_done) == (None, 2)


# Every second time one prompt


def test_the_first_check_in_asks_no_prompt_and_the_second_does(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.say("1")
    ada.say("no")
    assert ada.texts[0] == "Next is set 2: about 10 min. [Start] [Ask Ms Rivera]"
    ada.say("skip")
    classroom.clock.pass_by(days=1)
    ada.say("check in")
    ada.say("2")
    ada.say("no")
    assert ada.texts == ["What helped on the two you finished? [Skip] *(Only you, unless it sounds like someone may get hurt)*"]
    ada.press("Skip")
    assert ada.texts[0] == "Next is set 3: about 10 min. [Start] [Ask Ms Rivera]"
    assert session.scalars(select(Reflection)).all() == []
    assert [asked.prompt for asked in session.scalars(select(PromptAsked))] == ["what_helped"]


def test_an_answer_without_a_way_of_working_gets_a_plain_next_step(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    checked_in(classroom, goal, 1)
    ada.say("check in")
    ada.say("2")
    ada.say("no")
    ada.say("my lucky pencil")
    assert ada.texts[0] == "Next is set 3: about 10 min. [Start] [Ask Ms Rivera]"
    assert own_counts(session, student(classroom)) == {}
    ada.say("undo")
    ada.say("drawing it")
    written = session.scalars(select(Reflection).order_by(col(Reflection.written_at))).all()
    assert [one.withdrawn_at is None for one in written].count(True) == 1


def test_no_words_of_a_student_leave_in_the_outbox(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    checked_in(classroom, goal, 1)
    for words in ("check in", "2", "dont get the neg ones", "drawing it"):
        ada.say(words)
    promised = session.scalars(select(OutboxEntry)).all()
    assert {entry.kind for entry in promised} >= {"check_in.made", "check_in.updated", "reflection.written", "goal.updated"}
    assert not any("neg" in str(entry.payload) or "drawing" in str(entry.payload) for entry in promised)


# Lighter


def test_another_day_can_be_chosen_and_taken_back(session: Session, luis: Talker) -> None:
    luis.begin("check_in")
    luis.say("0")
    luis.press("Tiempo")
    assert luis.texts == ["Eso pasa. ¿Probamos con menos? [2 esta semana] [Cambiar la fecha] [Pedir ayuda] *(Lo ve la Sra. Rivera)*"]
    luis.press("Cambiar la fecha")
    assert luis.texts == ["Entonces, ¿para qué día? [viernes 11 de diciembre] [viernes 18 de diciembre]"]
    luis.say("el 15 de diciembre")
    assert luis.texts[0] == "Guardado: fracciones para el martes 15 de diciembre."
    assert session.scalars(select(Goal)).one().target_on == date(2026, 12, 15)
    luis.say("deshacer")
    assert luis.texts == ["Entonces, ¿para qué día? [viernes 11 de diciembre] [viernes 18 de diciembre]"]
    assert session.scalars(select(Goal)).one().target_on == FRIDAY


def test_a_lighter_goal_can_be_taken_back_at_once_and_after_the_end(session: Session, luis: Talker) -> None:
    luis.begin("check_in")
    luis.say("1 nomas, no tuve tiempo")
    luis.say("2 esta semana")
    luis.say("deshacer")
    assert luis.texts[0].startswith("Uno ya cuenta. ¿Probamos con menos?")
    goal = session.scalars(select(Goal)).one()
    assert len(steps_of(session, goal.tenant_id, [goal.id])) == 3
    luis.say("2 esta semana")
    luis.say("saltar")
    luis.say("saltar")
    assert len(steps_of(session, goal.tenant_id, [goal.id])) == 2
    luis.say("deshacer")
    assert luis.texts == ["Deshecho: fracciones queda como antes."]
    assert [step.done_at is not None for step in steps_of(session, goal.tenant_id, [goal.id])] == [True, False, False]


@pytest.mark.parametrize(("day", "said"), [(29, "2 esta semana"), (30, "2 para el viernes"), (30, "2")])
def test_a_number_beside_the_end_of_the_week_makes_the_goal_lighter(session: Session, luis: Talker, day: int, said: str) -> None:
    luis.clock.now = datetime(2026, 11, day, 18, 0, tzinfo=UTC)
    luis.begin("check_in")
    luis.say("1 nomas, no tuve tiempo")
    luis.say(said)
    assert luis.texts == ["Listo: 2 ejercicios para el viernes 4 de diciembre. ¿Cuándo empiezas?"]
    goal = session.scalars(select(Goal)).one()
    assert (goal.target_on, len(steps_of(session, goal.tenant_id, [goal.id]))) == (FRIDAY, 2)


def test_a_goal_of_a_later_week_keeps_its_steps(session: Session, classroom: Classroom, ada: Talker) -> None:
    goal = slope(classroom, by=date(2026, 12, 18))
    ada.say("check in")
    ada.say("1, no time")
    assert ada.texts == [
        "One already counts. Shall we try with less? [2 this week] [Change the date] [Ask for help] *(Ms Rivera sees this)*"
    ]
    ada.say("yes")
    assert ada.texts == ["Done: 2 practice sets by Fri 4 Dec, the rest by Fri 18 Dec. When will you start?"]
    ada.say("after dinner at home")
    assert len(steps_of(session, goal.tenant_id, [goal.id])) == 3
    session.refresh(goal)
    assert student(classroom).key.open(goal.sealed_plan or b"", PLAN).startswith("After dinner, at home")


def test_who_wants_to_keep_it_keeps_it(session: Session, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.say("1, no time")
    ada.say("no")
    assert ada.texts[0] == "Next is set 2: about 10 min. [Start] [Ask Ms Rivera]"
    assert len(steps_of(session, goal.tenant_id, [goal.id])) == 3


def test_a_person_can_be_asked_instead(ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.say("1, no time")
    ada.press("Ask for help")
    assert ada.heard[-1].quote == "1, no time"
    assert "Send" in ada.buttons


def test_a_day_that_has_passed_asks_for_a_new_one(classroom: Classroom, ada: Talker) -> None:
    slope(classroom, by=date(2026, 11, 27))
    ada.say("check in")
    ada.say("1")
    ada.say("no")
    assert ada.texts == [
        "The day for this was Fri 27 Nov. Shall we try with less? [2 this week] [Change the date] [Ask for help] *(Ms Rivera sees this)*"
    ]
    ada.press("Change the date")
    assert ada.buttons == ["Mon 7 Dec", "Mon 14 Dec"]


# The mood


def test_a_mood_is_asked_once_a_day_over_all_courses(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    learner = student(classroom)
    say_mood(session, learner.tenant_id, learner.person_id, 3, zone="America/Los_Angeles", now=classroom.clock.now)
    ada.say("check in")
    ada.say("1")
    ada.say("no")
    assert ada.texts == ["Next is set 2: about 10 min. [Start] [Ask Ms Rivera]"]
    ada.say("undo")
    assert ada.buttons == ["Check in"]


def test_a_low_face_offers_somebody_to_talk_to(session: Session, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.say("1")
    ada.say("no")
    ada.say("🙁")
    assert ada.texts == ["🙁 Thanks for saying so; only you see it. Do you want to talk to someone? [Talk to someone] [Undo]"]
    ada.press("Undo")
    assert ada.texts == ["Taken back: today's face is forgotten."]
    assert session.scalars(select(Mood)).all() == []


def test_a_mood_alone(session: Session, classroom: Classroom, ada: Talker) -> None:
    ada.say("feeling great")
    assert ada.texts == ["😄 Kept for 30 days; only you see it. [Undo]"]
    ada.say("i'm stressed out")
    assert ada.texts == ["How are you today? 😄 🙂 😐 🙁 😢 [Skip] *(Only you)*"]
    ada.say("3")
    assert ada.texts == ["Which face fits today? 😄 🙂 😐 🙁 😢 [Skip] *(Only you)*"]
    ada.say("so so")
    learner = student(classroom)
    assert own_moods(session, learner.tenant_id, learner.person_id) == [(date(2026, 11, 30), 3)]
    assert session.scalars(select(OutboxEntry).where(col(OutboxEntry.kind).like("mood%"))).all() == []
    ada.say("take it back")
    assert own_moods(session, learner.tenant_id, learner.person_id) == []


# Who reads it


def test_all_teachers_of_the_course_are_named_as_readers(classroom: Classroom, ada: Talker, goal: Goal) -> None:
    classroom.join("Mr Kim", Role.TEACHER)
    ada.say("check in")
    ada.say("1")
    assert ada.heard[0].reads in ("Ms Rivera and Mr Kim see this", "Mr Kim and Ms Rivera see this")


def test_a_school_without_names_greets_nobody_by_name(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    classroom.school.student.sealed_name = None
    classroom.school.teacher.sealed_name = None
    session.flush()
    ada.say("check in")
    assert ada.texts[0].startswith("Hi, slope: you planned 3 practice sets.")
    ada.say("1")
    assert ada.heard[0].reads == f"{classroom.school.teacher.pseudonym} sees this"


def test_two_tabs_that_answer_the_same_question_count_once(session: Session, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.press("2", event="one")
    ada.press("2", event="one")
    ada.press("3")
    assert ada.texts[0] == "That question has its answer already."
    assert [one.steps_done for one in check_ins(session)] == [2]


def test_another_day_is_another_check_in_though_the_talk_went_on(session: Session, classroom: Classroom, ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.press("2")
    classroom.clock.pass_by(days=1)
    ada.press("Time")
    first, second = check_ins(session)
    assert (first.steps_done, first.blocker) == (2, None)
    assert (second.goal_id, second.blocker) == (goal.id, "time")


def test_a_pause_asks_whether_it_is_still_about_the_check_in(ada: Talker, goal: Goal) -> None:
    ada.say("check in")
    ada.press("2")
    ada.press("Something else")
    ada.clock.pass_by(hours=3)
    ada.say("my dog is sick")
    assert ada.texts == ["Still on your check-in? [Yes] [No, something new]"]
    ada.press("Yes")
    assert ada.heard[-1].text == "How are you today?"
