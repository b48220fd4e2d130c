"""What a student may need most is never missed for the way it was said: typed for the button, left in the box, or at a fault of ours."""

import pytest
from sqlalchemy import select

from bot.turn import Inbound
from core.care.safety import ConcernState, SafetyConcern
from core.journal.goals import Goal
from core.journal.reflections import Reflection, ReflectionReader
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker

ACUTE = "i want to kill myself"


def concerns(classroom: Classroom) -> list[SafetyConcern]:
    return list(classroom.session.scalars(select(SafetyConcern)))


@pytest.mark.parametrize("words", ["I need help now", "help me now!!", "necesito ayuda ahora"])
def test_the_words_of_the_button_are_as_good_as_the_button(classroom: Classroom, ada: Talker, words: str) -> None:
    ada.say("finish slope by friday")
    ada.say(words)
    assert [one.state for one in concerns(classroom)] == [ConcernState.OPEN]
    assert ada.heard[0].care
    assert classroom.session.scalars(select(Goal)).all() == [], "they became no plan"


def test_words_left_in_the_box_beside_a_button_are_looked_after(classroom: Classroom, ada: Talker) -> None:
    ada.say("hi there")
    ada.send(Inbound("beside", token=ada.token("Check in"), beside=ACUTE))
    assert len(concerns(classroom)) == 1
    assert ada.heard[0].care


def test_a_fault_of_ours_keeps_no_concern_from_the_contacts(classroom: Classroom, ada: Talker) -> None:
    classroom.talk.keep(classroom.session, ada.speaker, Inbound("fault", words=ACUTE), now=classroom.clock.now)
    assert [one.state for one in concerns(classroom)] == [ConcernState.OPEN]
    assert ada.look()[0].care


@pytest.mark.parametrize("words", ["cancel", "undo"])
def test_the_caring_question_cannot_be_left_by_a_word(classroom: Classroom, ada: Talker, words: str) -> None:
    ada.say(ACUTE)
    ada.say(words)
    assert "Nothing more was saved" not in str(ada.texts)
    assert "I'm OK" in ada.buttons


@pytest.mark.parametrize("words", ["im fine", "estoy bien", "i'm ok"])
def test_being_fine_is_understood(classroom: Classroom, ada: Talker, words: str) -> None:
    ada.say("i cant do this anymore")
    ada.say(words)
    assert [one.state for one in concerns(classroom)] == [ConcernState.ANSWERED]


@pytest.mark.parametrize("words", ["not ms rivera", "can ms rivera read this?", "does rivera see it"])
def test_a_refusal_or_a_question_shares_nothing(classroom: Classroom, ada: Talker, words: str) -> None:
    ada.say("reflect")
    ada.say("i learned that graphs help me")
    ada.say(words)
    assert classroom.session.scalars(select(ReflectionReader)).all() == []


def test_naming_an_adult_shares_with_that_adult(classroom: Classroom, ada: Talker) -> None:
    ada.say("reflect")
    ada.say("i learned that graphs help me")
    ada.say("share it with ms rivera please")
    assert len(classroom.session.scalars(select(Reflection)).all()) == 1
    assert [one.reader_id for one in classroom.session.scalars(select(ReflectionReader))] == [classroom.school.teacher.id]


def test_words_too_long_to_send_are_kept_to_be_written_again(ada: Talker) -> None:
    ada.begin("ask_help")
    ada.say("x" * 2001)
    assert ada.texts[0].startswith("This is longer than")
    ada.say("slope is hard")
    assert ada.texts[0].startswith("Send this to")
