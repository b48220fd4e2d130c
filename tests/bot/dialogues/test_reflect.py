"""Reflecting: a prompt or own words, who reads it chosen each time, looked at again, and taken back."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from core.data.outbox import OutboxEntry
from core.journal import prompts
from core.journal.goal_setting import Details, set_goal
from core.journal.goals import Goal
from core.journal.notices import Notice
from core.journal.prompts import Kind, Phase, PromptAsked
from core.journal.reflections import WORDS, Reflection, ReflectionReader, reply, shared_with
from core.journal.student import Student, student_of
from core.people.access import Role
from core.people.audit import Reader
from core.people.people import Person
from core.people.roles import SchoolRole, grant
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker


@pytest.fixture
def student(classroom: Classroom) -> Student:
    school = classroom.school
    return student_of(classroom.session, classroom.vault, school.tenant.id, school.student.id, school.course.id)


@pytest.fixture
def rivera_reads(rivera: Talker) -> Reader:
    return rivera.speaker


@pytest.fixture
def goal(classroom: Classroom, student: Student) -> Goal:
    steps = Details(steps=("Practice set 1", "Practice set 2"))
    competency_id = classroom.targets["Slope"].id
    return set_goal(classroom.session, student, date(2026, 12, 4), competency_id=competency_id, details=steps, now=classroom.clock.now)


@pytest.fixture
def advisor(classroom: Classroom) -> Person:
    person = classroom.join("Mr Okafor", Role.ASSISTANT)
    grant(classroom.session, classroom.school.tenant.id, person.id, SchoolRole.ADVISOR, by=None, now=classroom.clock.now)
    return person


def written(session: Session) -> list[Reflection]:
    return list(session.scalars(select(Reflection).order_by(col(Reflection.written_at), col(Reflection.id))))


def readers(session: Session) -> list[object]:
    return [one.reader_id for one in session.scalars(select(ReflectionReader))]


def test_a_prompt_is_answered_for_oneself_by_default(session: Session, student: Student, ada: Talker, goal: Goal) -> None:
    ada.say("I want to reflect")
    asked = session.scalars(select(PromptAsked)).one().prompt
    assert prompts.find_prompt(asked).phase is Phase.FORETHOUGHT
    assert ada.texts == [
        f"{prompts.say(prompts.find_prompt(asked), 'en')} [About the topic] [How I work] [Me as a learner] [Skip]"
        " *(Only you, unless it sounds like someone may get hurt)*"
    ]
    ada.say("i think the table is the hard part")
    assert ada.texts == ['Who may read this one? "i think the table is the hard part" [Only me] [Ms Rivera] [Someone else]']
    ada.say("skip")
    assert ada.texts == ["Kept, for you alone. [Undo]"]
    one = written(session)[0]
    assert (one.prompt, one.phase, one.goal_id) == (asked, "forethought", goal.id)
    assert student.key.open(one.sealed_words, WORDS) == "i think the table is the hard part"
    assert readers(session) == []


def test_own_words_straight_away_are_the_answer(session: Session, student: Student, ada: Talker) -> None:
    ada.say("i learned that i need to study earlier")
    assert ada.heard[0].quote == "i learned that i need to study earlier"
    ada.press("Only me")
    one = written(session)[0]
    assert (one.phase, student.key.open(one.sealed_words, WORDS)) == ("self_reflection", "i learned that i need to study earlier")
    assert session.scalars(select(PromptAsked)).all() == []


def test_a_shared_one_says_in_words_who_can_read_it(session: Session, classroom: Classroom, rivera_reads: Reader, ada: Talker) -> None:
    ada.say("i learned that i need to study earlier")
    ada.press("Ms Rivera")
    assert ada.texts == ["Kept; Ms Rivera can read this one. You can take it back any time. [Undo]"]
    assert readers(session) == [classroom.school.teacher.id]
    told = session.scalars(select(OutboxEntry).where(col(OutboxEntry.kind) == Notice.REFLECTION_SHARED)).one()
    assert "study" not in str(told.payload)
    assert len(shared_with(session, rivera_reads, 5)) == 1
    ada.press("Undo")
    assert ada.texts == ["Taken back: only you can read it now."]
    assert shared_with(session, rivera_reads, 5) == []


def test_another_adult_can_be_chosen_by_button_or_by_name(session: Session, ada: Talker, advisor: Person) -> None:
    ada.say("i learned that i need to study earlier")
    ada.press("Someone else")
    assert ada.texts == ["Which of these adults? [Only me] [Mr Okafor]"]
    ada.press("Mr Okafor")
    ada.say("next time i will start sooner")
    ada.say("mr okafor please")
    assert readers(session) == [advisor.id, advisor.id]


def test_the_choice_is_made_each_time_anew(session: Session, ada: Talker) -> None:
    ada.say("i learned that i need to study earlier")
    ada.press("Ms Rivera")
    ada.say("next time i will start sooner")
    assert ada.texts == ['Who may read this one? "next time i will start sooner" [Only me] [Ms Rivera] [Someone else]']
    ada.say("nobody")
    assert len(readers(session)) == 1


@pytest.mark.parametrize(
    ("said", "about"), [("About the topic", Kind.CONTENT), ("how i work", Kind.PROCESS), ("Me as a learner", Kind.LEARNING)]
)
def test_a_question_of_another_kind_can_be_had(session: Session, ada: Talker, said: str, about: Kind) -> None:
    ada.say("reflection")
    ada.say(said)
    asked = [prompt for prompt in prompts.bank().values() if prompts.say(prompt, "en") == ada.heard[0].text]
    assert [prompt.kind for prompt in asked] == [about]
    ada.say("it was the graph")
    ada.press("Only me")
    assert written(session)[0].prompt == asked[0].key


def test_no_prompt_comes_twice_in_four_weeks_while_there_are_others(session: Session, classroom: Classroom, ada: Talker) -> None:
    met = []
    for _ in range(9):
        ada.say("reflection")
        met.append(ada.heard[0].text)
        ada.say("skip")
        assert ada.texts == ["OK, nothing is kept."]
    assert len(set(met)) == 9
    assert written(session) == []


def test_going_back_changes_who_reads_before_it_is_kept(session: Session, ada: Talker) -> None:
    ada.say("reflection")
    ada.say("drawing helped me")
    ada.say("undo")
    ada.say("drawing the line helped me")
    assert ada.heard[0].quote == "drawing the line helped me"
    ada.press("Only me")
    assert len(written(session)) == 1


def test_cancelled_words_are_not_kept(session: Session, ada: Talker) -> None:
    ada.say("i learned that i need to study earlier")
    ada.say("cancel")
    assert written(session) == []


def test_the_newest_can_be_looked_at_with_their_answers(session: Session, classroom: Classroom, rivera_reads: Reader, ada: Talker) -> None:
    ada.say("show my reflections")
    assert ada.texts == ["You have written no reflections yet. [Write one]"]
    ada.say("i learned that i need to study earlier")
    ada.press("Ms Rivera")
    reply(session, classroom.vault, rivera_reads, written(session)[0].id, "Good plan.", now=classroom.clock.now)
    ada.say("show my reflections")
    (card,) = ada.heard[0].cards
    assert card.lines == (
        ("Mon 30 Nov", "i learned that i need to study earlier"),
        ("Who can read it", "Ms Rivera"),
        ("Ms Rivera", "Good plan."),
    )


def test_one_of_the_last_three_is_taken_back_by_its_day(session: Session, classroom: Classroom, rivera_reads: Reader, ada: Talker) -> None:
    said = ("i learned to ask", "next time i will start sooner", "i noticed that i work better early", "it helped to do a bit each day")
    for words in said:
        ada.say(words)
        ada.press("Ms Rivera")
        classroom.clock.pass_by(days=1)
    ada.say("take back my reflection")
    assert ada.texts == [
        "Which one do you want to take back?"
        " [Thu 3 Dec: it helped to do a bit e…] [Wed 2 Dec: i noticed that i work b…] [Tue 1 Dec: next time i will start…]"
    ]
    ada.say("the second one")
    assert ada.texts == ["Taken back: only you can read it now."]
    assert [one.withdrawn_at is not None for one in written(session)] == [False, False, True, False]
    assert len(shared_with(session, rivera_reads, 5)) == 3


def test_nothing_to_take_back(ada: Talker) -> None:
    ada.begin("withdraw_reflection")
    assert ada.texts == ["Nothing was taken back."]


def test_reflecting_in_spanish(session: Session, ada: Talker) -> None:
    ada = replace(ada, speaker=replace(ada.speaker, language="es"))
    ada.say("aprendí que necesito estudiar más")
    assert ada.texts == ['¿Quién puede leer esta? "aprendí que necesito estudiar más" [Solo yo] [Ms Rivera] [Otra persona]']
    ada.say("solo yo")
    assert ada.texts == ["Guardada, solo para ti. [Deshacer]"]
    ada.say("ver mis reflexiones")
    assert ada.heard[0].cards[0].lines[1] == ("Quién puede leerla", "Solo tú")
    assert readers(session) == []
