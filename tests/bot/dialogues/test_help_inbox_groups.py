"""Help from the adult's side, where one student asked twice, and where several groups can be meant."""

from sqlalchemy import select
from sqlmodel import col

from core.journal.help_requests import HelpAnswer, HelpRequest, HelpState
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker

SLOPE, PARALLEL = "i dont get negative slope", "i dont get parallel lines"


def ask(talker: Talker, words: str) -> None:
    talker.say(words)
    talker.press("Send")


def asked_by(classroom: Classroom, words: str, *names: str) -> list[Talker]:
    talkers = [classroom.talker(classroom.join(name)) for name in names]
    for talker in talkers:
        ask(talker, words)
    return talkers


def states(classroom: Classroom) -> list[HelpState]:
    found = classroom.session.scalars(select(HelpRequest).order_by(col(HelpRequest.asked_at), col(HelpRequest.id)))
    return [HelpState(request.state) for request in found]


def test_whoever_asked_twice_is_one_student_and_is_answered_once(classroom: Classroom, rivera: Talker) -> None:
    ben, mia = asked_by(classroom, SLOPE, "Ben", "Mia")
    classroom.clock.pass_by(minutes=3)
    ask(ben, "negative slope again, i still dont get it")
    rivera.begin("help_inbox")
    assert [text.partition(" [")[0] for text in rivera.texts] == ["Negative slope: 2 students asked today (Ben, Mia)."]
    rivera.press("Reply to all, privately")
    assert rivera.texts == ["What shall I tell the 2 of them? Each gets it privately."]
    rivera.say("Draw the line first.")
    assert rivera.texts[0].startswith("Send this to all 2, each privately?")
    rivera.press("Send")
    assert rivera.texts == ["Sent to 2 students, each privately."]
    assert states(classroom) == [HelpState.ANSWERED] * 3
    for student in (ben, mia):
        before = len(student.talk_lines())
        classroom.tell(student)
        assert len(student.talk_lines()) == before + 1
    ben.press("Yes")
    assert sorted(states(classroom)) == [HelpState.ANSWERED, HelpState.RESOLVED, HelpState.RESOLVED]
    ben.press("Undo")
    assert sorted(states(classroom)) == [HelpState.ANSWERED, HelpState.OPEN, HelpState.OPEN]


def test_one_student_who_asked_twice_stands_there_by_name(classroom: Classroom, rivera: Talker) -> None:
    (ben,) = asked_by(classroom, SLOPE, "Ben")
    ask(ben, "negative slope again, i still dont get it")
    rivera.begin("help_inbox")
    assert rivera.texts == ["Negative slope: Ben asked today. [Read it] [Reply] [See them…]"]
    rivera.say("see them period 3")
    assert rivera.texts == ["Told. They can say whether that fits."]
    assert states(classroom) == [HelpState.ANSWERED] * 2


def test_typed_words_that_two_groups_offer_are_asked_about_first(classroom: Classroom, rivera: Talker) -> None:
    asked_by(classroom, SLOPE, "Ben", "Mia")
    (tom,) = asked_by(classroom, PARALLEL, "Tom")
    rivera.begin("help_inbox")
    rivera.say("see them period 3")
    assert rivera.texts == ["Which one is that for? Nothing was sent yet. [Negative slope] [Parallel lines]"]
    assert classroom.session.scalars(select(HelpAnswer)).all() == []
    rivera.say("parallel lines")
    assert rivera.texts == ["Told. They can say whether that fits."]
    assert states(classroom) == [HelpState.OPEN, HelpState.OPEN, HelpState.ANSWERED]
    classroom.tell(tom)
    assert tom.texts == ['Ms Rivera saw this: "see them period 3", today. [OK] [Different time]']


def test_groups_on_the_same_thing_are_told_apart_by_who_asked(classroom: Classroom, rivera: Talker) -> None:
    for name in ("Tom", "Zoe"):
        student = classroom.talker(classroom.join(name))
        student.begin("ask_help")
        student.say("my home is loud")
        student.press("Something else")
        student.press("For Ms Rivera only")
        student.press("Send")
    rivera.begin("help_inbox")
    rivera.say("see them period 3")
    labels = rivera.buttons
    assert len(set(labels)) == len(labels) > 1
    assert "Something else (Tom)" in labels
    rivera.press("Something else (Tom)")
    assert sorted(states(classroom)).count(HelpState.ANSWERED) == 1
