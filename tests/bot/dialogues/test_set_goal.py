"""Setting a goal, as a conversation: nothing is asked twice, the numbers come once, and undo takes everything back."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, select
from sqlmodel import Session, col

from bot.turn import Inbound
from core.data.outbox import OutboxEntry
from core.evidence.evidence import Observation, Source, record_evidence
from core.journal.goal_setting import Details, set_goal
from core.journal.goal_steps import count_steps_done
from core.journal.goals import PLAN, STEP, WHY, WORDS, Goal, GoalState, steps_of
from core.journal.notices import Notice
from core.journal.student import student_of
from core.people.access import Role
from core.people.people import add_person
from tests.bot.conftest import UNIT_4, Classroom, reach
from tests.bot.talking import Talker
from tests.people_made import add_course, enrol

FRIDAY, LATER = date(2026, 12, 4), date(2026, 12, 18)


Goals = Callable[[], dict[str, Goal]]


@pytest.fixture
def goals(session: Session) -> Goals:
    """All goals by id, in the order in which they were set."""

    def every() -> dict[str, Goal]:
        session.flush()
        session.expire_all()
        return {str(one.id): one for one in session.scalars(select(Goal).order_by(col(Goal.id)))}

    return every


@pytest.fixture
def slope_goal(classroom: Classroom) -> Goal:
    """Ada is at work on slope: two of three sets are done."""
    school = classroom.school
    student = student_of(classroom.session, classroom.vault, school.tenant.id, school.student.id, school.course.id)
    sets = Details(steps=["Set 1", "Set 2", "Set 3"])
    goal = set_goal(
        classroom.session, student, date(2026, 12, 11), competency_id=school.competency.id, details=sets, now=classroom.clock.now
    )
    count_steps_done(classroom.session, student, goal.id, 2, now=classroom.clock.now)
    classroom.clock.pass_by(minutes=1)
    return goal


def talk(talker: Talker, said: str) -> None:
    """Say words, or press a button that is written as `[Label]`."""
    if said.startswith("["):
        talker.press(said[1:-1])
    else:
        talker.say(said)


def kinds(session: Session) -> list[str]:
    """The kinds of what was promised, in order."""
    session.flush()
    return list(session.scalars(select(col(OutboxEntry.kind)).order_by(col(OutboxEntry.seq))))


def words(classroom: Classroom, goal: Goal) -> tuple[str | None, str | None]:
    """What a student wrote: words and plan."""
    key = classroom.vault.key_of(goal.person_id)
    said = key.open(goal.sealed_words, WORDS) if goal.sealed_words else None
    return said, key.open(goal.sealed_plan, PLAN) if goal.sealed_plan else None


def only(goals: Goals) -> Goal:
    (goal,) = goals().values()
    return goal


# The transcript


def test_the_transcript_of_the_design(ada: Talker, slope_goal: Goal, classroom: Classroom, goals: Goals) -> None:
    ada.say("finish all of unit 4 by friday")
    assert ada.texts == [
        "Unit 4 by Fri 4 Dec is 5 targets in 4 school days. Lately you finish about 2 a week. [Keep Friday] [Fri 18 Dec] [2 by Friday]"
    ]
    ada.say("2 by friday")
    assert ada.texts == ["Slope and intercepts by Fri 4 Dec; the rest by 18 Dec. When will you start, and where?"]
    ada.say("after practice at home")
    assert ada.texts == ['"After practice, at home, I open slope set 3." Saved; Ms Rivera can see the goal. [Undo] [Remind me 5 pm]']
    slope, unit, intercepts = goals().values()
    assert (unit.competency_id, unit.target_on, words(classroom, unit)) == (classroom.unit.id, LATER, ("finish all of unit 4", None))
    assert (slope.id, slope.target_on, slope.parent_id) == (slope_goal.id, FRIDAY, unit.id)
    assert words(classroom, slope)[1] == "After practice, at home, I open slope set 3."
    assert (intercepts.competency_id, intercepts.target_on, intercepts.parent_id) == (classroom.targets["Intercepts"].id, FRIDAY, unit.id)
    assert [one.done_at is not None for one in steps_of(classroom.session, unit.tenant_id, [slope.id])] == [True, True, False]
    assert kinds(classroom.session)[-3:] == ["goal.set", "goal.updated", "goal.set"]


def test_undo_takes_back_everything_that_the_deed_wrote(ada: Talker, slope_goal: Goal, goals: Goals) -> None:
    ada.say("finish all of unit 4 by friday")
    ada.press("2 by Friday")
    ada.say("after practice at home")
    ada.press("Undo")
    assert ada.texts == ["Taken back. It is off your list."]
    slope, unit, intercepts = goals().values()
    assert (slope.state, slope.target_on, slope.parent_id, slope.sealed_plan) == (GoalState.OPEN, date(2026, 12, 11), None, None)
    assert {unit.state, intercepts.state} == {GoalState.DROPPED}
    ada.press("Undo")
    assert ada.texts == ["There is nothing to undo here."]


def test_a_goal_that_was_changed_since_is_not_taken_back(ada: Talker, goals: Goals, classroom: Classroom) -> None:
    ada.say("i want to learn slope by friday")
    ada.say("skip")
    undo = ada.token("Undo")
    classroom.clock.pass_by(minutes=1)
    ada.say("move my goal to 2026-12-11")
    ada._take(Inbound("late", token=undo))
    assert ada.texts == ["There is nothing to undo here."]
    assert (only(goals).state, only(goals).target_on) == (GoalState.OPEN, date(2026, 12, 11))


# Their own pace


@pytest.mark.parametrize("said", ["keep friday", "[Keep Friday]", "yes", "friday", "5", "skip"])
def test_they_may_keep_the_day(ada: Talker, goals: Goals, classroom: Classroom, said: str) -> None:
    ada.say("finish all of unit 4 by friday")
    talk(ada, said)
    assert ada.texts == ["Unit 4 by Fri 4 Dec. When will you start, and where?"]
    ada.say("at home")
    assert ada.texts == ['"At home, I start slope." Saved; Ms Rivera can see the goal. [Undo] [Remind me 5 pm]']
    assert (only(goals).competency_id, only(goals).target_on) == (classroom.unit.id, FRIDAY)


@pytest.mark.parametrize(("said", "day"), [("[Fri 18 Dec]", LATER), ("by next friday", date(2026, 12, 11)), ("12/18", LATER)])
def test_another_day_is_taken_without_a_word_about_pace(ada: Talker, goals: Goals, said: str, day: date) -> None:
    ada.say("finish all of unit 4 by friday")
    talk(ada, said)
    ada.say("skip")
    assert only(goals).target_on == day


def test_another_number_of_targets_is_taken_as_it_is(ada: Talker, goals: Goals) -> None:
    ada.say("finish all of unit 4 by friday")
    ada.say("make it 3")
    assert ada.texts == ["Slope, intercepts, and parallel lines by Fri 4 Dec; the rest by 18 Dec. When will you start, and where?"]
    ada.say("skip")
    assert ada.texts == [
        "Saved: Slope, intercepts, and parallel lines by Fri 4 Dec; the rest by 18 Dec. Ms Rivera can see the goal. [Undo] [Remind me 5 pm]"
    ]
    assert [goal.target_on for goal in goals().values()] == [LATER, FRIDAY, FRIDAY, FRIDAY]


def test_more_than_three_targets_are_counted(ada: Talker) -> None:
    ada.say("finish all of unit 4 by friday")
    ada.say("4")
    assert ada.texts == ["The first 4 by Fri 4 Dec; the rest by 18 Dec. When will you start, and where?"]


def test_the_numbers_come_once(ada: Talker) -> None:
    ada.say("finish all of unit 4 by friday")
    ada.say("by thursday")
    assert ada.texts == ["Unit 4 by Thu 3 Dec. When will you start, and where?"]


def test_a_day_that_fits_is_not_spoken_of(ada: Talker) -> None:
    ada.say("i want to learn slope by friday")
    assert ada.texts == ["Slope by Fri 4 Dec. When will you start, and where?"]


def test_one_target_that_does_not_fit_cannot_be_split(ada: Talker) -> None:
    ada.say("my goal is to learn slope by tomorrow")
    assert ada.texts == ["Slope by Tue 1 Dec is 1 target in 1 school day. Lately you finish about 2 a week. [Keep Tuesday] [Tue 8 Dec]"]


def test_without_a_pace_of_their_own_nothing_speaks_against_a_wish(classroom: Classroom) -> None:
    mia = classroom.talker(classroom.join("Mia"))
    mia.say("finish all of unit 4 by friday")
    assert mia.texts == ["Unit 4 by Fri 4 Dec. When will you start, and where?"]


def test_a_unit_that_is_reached_asks_what_is_next(ada: Talker, classroom: Classroom) -> None:
    reach(classroom.session, classroom.school, [classroom.targets[name] for name in UNIT_4], classroom.clock.now)
    ada.say("finish all of unit 4 by friday")
    assert ada.texts == ["You have reached all of Unit 4. What is next? [Next: Negative slope]"]
    ada.say("all of unit 4 again")
    assert ada.texts == ["You have reached all of Unit 4. What is next?"]
    ada.say("negative slope")
    assert ada.texts == ["Negative slope by Fri 4 Dec. When will you start, and where?"], "the day was told before"


# What they aim for


def test_three_aims_are_offered(ada: Talker, goals: Goals, classroom: Classroom) -> None:
    record_evidence(
        classroom.session,
        classroom.school.course,
        Observation(classroom.school.student.id, classroom.targets["Parallel lines"].id, 3_000, classroom.clock.now, Source.TEACHER),
        now=classroom.clock.now,
    )
    ada.say("i want to set a goal")
    assert ada.texts == [
        "What do you aim for? Pick one, or write your own. [Next: Slope] [Unfinished: Parallel lines] [Stretch: Intercepts]"
    ]
    ada.press("Unfinished: Parallel lines")
    assert ada.texts == ["Parallel lines: by when? [Fri 4 Dec] [Fri 11 Dec] [Fri 18 Dec]"]
    ada.press("Fri 18 Dec")
    ada.say("idk")
    assert ada.texts == ["Saved: Parallel lines by Fri 18 Dec. Ms Rivera can see the goal. [Undo] [Remind me 5 pm]"]
    assert only(goals).competency_id == classroom.targets["Parallel lines"].id


def test_what_is_not_certain_is_asked_and_own_words_can_stay(ada: Talker, goals: Goals, classroom: Classroom) -> None:
    ada.begin("set_goal")
    ada.say("systems by 2026-12-11")
    assert ada.texts == ['Did you mean one of these? "systems" [Systems by graphing] [Systems by substitution] [Keep my words]']
    ada.press("Keep my words")
    assert ada.texts == ["“systems” by Fri 11 Dec. When will you start, and where?"]
    ada.say("undo")
    ada.say("graphing")
    assert ada.texts == ["Systems by graphing by Fri 11 Dec. When will you start, and where?"]
    ada.say("undo")
    ada.say("no")
    ada.say("tomorrow at school")
    assert ada.texts[0].startswith('"Tomorrow, at school: systems." Saved')
    assert (only(goals).competency_id, words(classroom, only(goals))[0]) == (None, "systems")


def test_a_misspelled_target_is_found(ada: Talker) -> None:
    ada.begin("set_goal")
    ada.say("paralel lines by friday")
    assert ada.texts == ["Parallel lines by Fri 4 Dec. When will you start, and where?"]


def test_a_unit_said_in_another_language_is_asked(ada: Talker) -> None:
    ada.say("quiero terminar la unidad 4 para el viernes")
    assert ada.texts == ['Did you mean one of these? "terminar la unidad 4" [Unit 4] [Keep my words]']
    ada.say("yes")
    assert ada.texts[0].startswith("Unit 4 by Fri 4 Dec is 5 targets")


def test_several_targets_become_a_goal_each(ada: Talker, goals: Goals, classroom: Classroom) -> None:
    ada.begin("set_goal")
    ada.say("slope, intercepts and parallel lines by friday")
    ada.press("2 by Friday")
    ada.say("after lunch at school")
    slope, intercepts, parallel = goals().values()
    assert [one.target_on for one in (slope, intercepts, parallel)] == [FRIDAY, FRIDAY, date(2026, 12, 11)]
    assert [one.parent_id for one in (slope, intercepts, parallel)] == [None] * 3
    assert [words(classroom, one)[1] for one in (slope, intercepts, parallel)] == ["After lunch, at school, I start slope.", None, None]


def test_parts_that_are_counted_become_steps(ada: Talker, goals: Goals, classroom: Classroom) -> None:
    ada.say("set a goal to do 3 practice sets on slope by friday")
    ada.say("after lunch at school")
    assert ada.texts[0].startswith('"After lunch, at school, I open slope set 1." Saved')
    key = classroom.vault.key_of(only(goals).person_id)
    steps = steps_of(classroom.session, only(goals).tenant_id, [only(goals).id])
    assert [key.open(step.sealed_words, STEP) for step in steps] == ["Practice set 1", "Practice set 2", "Practice set 3"]


def test_a_goal_in_own_words_needs_no_guide(classroom: Classroom, session: Session, goals: Goals) -> None:
    biology = add_course(session, classroom.school.deployment, "Biology", now=classroom.clock.now)
    zoe = add_person(session, classroom.vault, classroom.school.tenant.id, "Zoe", now=classroom.clock.now)
    enrol(session, biology, zoe, Role.STUDENT, now=classroom.clock.now)
    talker = classroom.talker(zoe)
    talker.say("new goal")
    assert talker.texts == ["What do you aim for? Write it in your own words."]
    talker.say("read the whole chapter on cells")
    assert talker.texts == ["“read the whole chapter on cells”: by when? [Fri 4 Dec] [Fri 11 Dec]"]
    talker.say("thursday")
    talker.say("I’ll read on the bus")
    assert talker.texts == ['"I’ll read on the bus." Saved; your teachers can see the goal. [Undo] [Remind me 5 pm]']
    assert (only(goals).course_id, words(classroom, only(goals))[0]) == (biology.id, "read the whole chapter on cells")


def test_words_that_cannot_be_kept_are_refused_and_asked_again(ada: Talker, goals: Goals) -> None:
    ada.begin("set_goal")
    ada.say("read " * 500)
    assert ada.texts[0] == "This is longer than 2000 characters. Send it in two parts."
    ada.say("slope by friday")
    ada.say("home " * 500)
    assert ada.texts[1:] == ["Slope by Fri 4 Dec. When will you start, and where?"]
    ada.say("at home")
    assert only(goals).target_on == FRIDAY


# By when


@pytest.mark.parametrize("said", ["2020-01-01", "2026-11-29"])
def test_a_day_that_has_passed_is_refused_and_asked_again(ada: Talker, said: str) -> None:
    ada.begin("set_goal")
    ada.say("slope")
    ada.say(said)
    assert ada.texts == ["That day has passed. Choose today or a later day.", "Slope: by when? [Fri 4 Dec] [Fri 11 Dec]"]
    ada.say("today")
    assert "Slope by Mon 30 Nov is 1 target in 0 school days." in ada.texts[0]


def test_a_digression_comes_back_to_the_question(ada: Talker) -> None:
    ada.begin("set_goal")
    ada.say("slope")
    ada.say("am i on pace")
    assert ada.texts[0].startswith("8 of 8 targets due by today are done.")
    assert ada.texts[1:] == ["Back to your goal for slope:", "Slope: by when? [Fri 4 Dec] [Fri 11 Dec]"]


def test_a_change_of_mind_begins_anew_and_cancel_leaves_nothing(ada: Talker, goals: Goals) -> None:
    ada.begin("set_goal")
    ada.say("slope")
    ada.say("i want to learn intercepts by friday")
    assert ada.texts == ["Intercepts by Fri 4 Dec. When will you start, and where?"]
    ada.say("never mind")
    assert ada.texts == ["OK, we leave that. Nothing more was saved."]
    assert goals() == {}


def test_a_call_for_help_is_no_aim(ada: Talker, goals: Goals) -> None:
    ada.begin("set_goal")
    ada.say("i don't understand this lesson")
    assert "Ms Rivera" in ada.texts[0]
    assert goals() == {}


def test_a_goal_set_twice_is_one_goal(ada: Talker, goals: Goals) -> None:
    for _ in range(2):
        ada.say("i want to learn slope by friday")
        ada.say("at home")
    assert only(goals).target_on == FRIDAY


def test_a_course_is_asked_for_where_there_are_two(classroom: Classroom, session: Session, ada: Talker, goals: Goals) -> None:
    biology = add_course(session, classroom.school.deployment, "Biology", now=classroom.clock.now)
    enrol(session, biology, classroom.school.student, Role.STUDENT, now=classroom.clock.now)
    nowhere = ada.in_course(None)
    nowhere.say("my goal is to read 20 pages by friday")
    assert nowhere.buttons == ["Algebra 1", "Biology"]
    nowhere.press("Biology")
    assert nowhere.texts == ["“read 20 pages” by Fri 4 Dec. When will you start, and where?"]
    nowhere.say("skip")
    assert only(goals).course_id == biology.id


# Afterwards


def test_a_reminder_is_promised_once_for_five_where_the_student_is(ada: Talker, classroom: Classroom, session: Session) -> None:
    ada.say("i want to learn slope by friday")
    ada.say("skip")
    ada.press("Remind me 5 pm")
    assert ada.texts == ["Reminder for slope: today, 5 pm. [Say why it matters]"]
    ada.press("Remind me 5 pm")
    (entry,) = session.scalars(select(OutboxEntry).where(col(OutboxEntry.kind) == Notice.REMINDER))
    assert entry.due_at == datetime(2026, 12, 1, 1, tzinfo=UTC), "five in the afternoon in California"
    assert entry.payload.keys() == {"goal", "at"}


def test_after_five_the_reminder_is_for_tomorrow(ada: Talker, classroom: Classroom) -> None:
    classroom.clock.pass_by(hours=8)
    ada.say("i want to learn slope by friday")
    ada.say("skip")
    ada.press("Remind me 5 pm")
    assert ada.texts == ["Reminder for slope: tomorrow, 5 pm. [Say why it matters]"]


def test_why_it_matters_is_kept_and_can_be_taken_back(ada: Talker, goals: Goals, classroom: Classroom) -> None:
    ada.say("i want to learn slope by friday")
    ada.say("skip")
    ada.press("Remind me 5 pm")
    classroom.clock.pass_by(minutes=1)
    ada.press("Say why it matters")
    assert ada.texts == ["Why does slope matter to you? [Skip] *(Ms Rivera sees this)*"]
    ada.say("i need it for the robot club")
    assert ada.texts == ["Kept with your goal. [Undo]"]
    why = only(goals).sealed_why
    assert why and classroom.vault.key_of(only(goals).person_id).open(why, WHY) == "i need it for the robot club"
    ada.say("undo")
    assert (ada.texts, only(goals).sealed_why) == (["The goal is as it was before."], None)
    ada.press("Say why it matters")
    ada.press("Skip")
    assert (ada.texts, only(goals).sealed_why) == (["OK, no reason needed."], None)


def test_somebody_elses_goal_is_not_reminded_of(ada: Talker, luis: Talker, goals: Goals, session: Session) -> None:
    ada.say("i want to learn slope by friday")
    ada.say("skip")
    luis.lines.append(ada.line)
    luis._take(Inbound("forged", token=ada.token("Remind me 5 pm")))
    assert Notice.REMINDER not in kinds(session)


# In Spanish


def test_a_goal_in_spanish(luis: Talker, goals: Goals, classroom: Classroom) -> None:
    luis.say("quiero poner una meta")
    assert luis.texts == [
        "¿Qué quieres lograr? Elige una opción o escribe la tuya. [Sigue: Slope] [Sin terminar: Warm-up 1] [Reto: Intercepts]"
    ]
    luis.say("hacer 3 ejercicios de fracciones")
    assert luis.texts == ["“hacer 3 ejercicios de fracciones”: ¿para cuándo? [viernes 4 de diciembre] [viernes 11 de diciembre]"]
    luis.say("el viernes")
    assert luis.texts == ["“hacer 3 ejercicios de fracciones” para el viernes 4 de diciembre. ¿Cuándo empiezas, y dónde?"]
    luis.say("después de clases en casa")
    assert luis.texts[0].startswith('"Después de clases, en casa, abro ejercicio 1." Listo;')
    assert luis.buttons == ["Deshacer", "Recuérdame a las 17:00"]
    assert len(steps_of(classroom.session, only(goals).tenant_id, [only(goals).id])) == 3


def test_the_pace_in_spanish(classroom: Classroom) -> None:
    ada = classroom.talker(classroom.school.student, language="es")
    ada.say("quiero terminar unit 4 para el viernes")
    assert ada.texts == [
        "Unit 4 para el viernes 4 de diciembre: 5 objetivos en 4 días de clase. Últimamente terminas más o menos 2 por semana. "
        "[Dejar el viernes] [viernes 18 de diciembre] [2 para el viernes]"
    ]
    ada.say("2 para el viernes")
    assert ada.texts == ["Slope e intercepts para el viernes 4 de diciembre; lo demás para el 18 de diciembre. ¿Cuándo empiezas, y dónde?"]


# What it costs


def test_the_turn_that_saves_is_short(ada: Talker, session: Session) -> None:
    ada.say("i want to learn slope by friday")
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE")):
            statements.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", count)
    ada.say("after practice at home")
    session.flush()
    event.remove(engine, "before_cursor_execute", count)
    assert len(statements) <= 12, "\n".join(statements)


def test_a_reminder_in_words_is_for_the_goal_that_is_open(classroom: Classroom, ada: Talker, slope_goal: Goal) -> None:
    ada.say("remind me at 5")
    assert ada.texts[0].startswith("Reminder for slope: today, 5 pm")
    assert Notice.REMINDER in kinds(classroom.session)


def test_a_reminder_without_a_goal_offers_one(ada: Talker) -> None:
    ada.say("remind me at 5")
    assert ada.buttons == ["Set a goal"]
    assert ada.open == []


@pytest.mark.parametrize("words", ["finish unit 4 by dec 4", "set a goal: read 20 pages by 2027-01-01", "goal: essay by friday"])
def test_a_goal_with_its_day_is_not_asked_for_the_day(ada: Talker, words: str) -> None:
    ada.say(words)
    assert not any("by when" in text or "Did you mean" in text for text in ada.texts)
    assert ada.open == ["set_goal"]


@pytest.mark.parametrize(
    ("day", "said"), [("by yesterday", "That day has passed."), ("last friday", "That day has passed."), ("feb 30", "not in the calendar")]
)
def test_a_day_that_is_none_to_come_is_said_so_and_asked_again(ada: Talker, day: str, said: str) -> None:
    ada.say("set a goal")
    ada.say("my book report")
    asked = ada.texts[-1]
    ada.say(day)
    assert said in ada.texts[0]
    assert ada.texts[-1] == asked
