"""Help from the adult's side of the talk: many at once, one by one, seen only when pressed, and did it help."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.journal.help_requests import HelpAnswer, HelpRequest, HelpState
from core.people.audit import ReadAudit
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker

ANSWER = "Draw the line first, then count the squares."


def asked_by(classroom: Classroom, *names: str, words: str = "i dont get negative slope") -> list[Talker]:
    talkers = [classroom.talker(classroom.join(name)) for name in names]
    for talker in talkers:
        talker.say(words)
        talker.press("Send")
    return talkers


def requests(classroom: Classroom) -> list[HelpRequest]:
    return list(classroom.session.scalars(select(HelpRequest).order_by(col(HelpRequest.asked_at), col(HelpRequest.id))))


def test_twelve_who_ask_the_same_get_one_answer_each_privately(classroom: Classroom, rivera: Talker) -> None:
    students = asked_by(classroom, *(f"Student{chr(65 + number)}" for number in range(12)))
    rivera.say("hi there")
    rivera.press("Who needs help?")
    assert rivera.texts[0].startswith("Negative slope: 12 students asked today (")
    rivera.press("Reply to all, privately")
    rivera.say(ANSWER)
    assert rivera.texts == [f'Send this to all 12, each privately? "{ANSWER}" [Send] [Edit]']
    rivera.press("Send")
    assert rivera.texts == ["Sent to 12 students, each privately."]
    assert [request.state for request in requests(classroom)] == [HelpState.ANSWERED] * 12
    sealed = [answer.sealed_words for answer in classroom.session.scalars(select(HelpAnswer))]
    assert len(set(sealed)) == 12, "each is sealed with its own student's key"
    for student in students:
        classroom.tell(student)
        assert student.texts == [f'Ms Rivera answered. Did it help? "{ANSWER}" [Yes] [Some] [Not yet]']
    students[0].press("Yes")
    students[1].press("Not yet")
    states = [request.state for request in requests(classroom)]
    assert (states[0], states[1], set(states[2:])) == (HelpState.RESOLVED, HelpState.OPEN, {HelpState.ANSWERED})


def test_words_are_opened_one_by_one_and_each_read_is_written_down(classroom: Classroom, rivera: Talker) -> None:
    asked_by(classroom, "Ben", "Mia")
    rivera.begin("help_inbox")
    assert "i dont get" not in str(rivera.heard)
    assert classroom.session.scalars(select(ReadAudit)).all() == []
    rivera.press("One by one")
    assert rivera.texts == ['Ben wrote: "i dont get negative slope" [Reply] [See them…] [Seen] [Next]']
    assert [row.record_id for row in classroom.session.scalars(select(ReadAudit))] == [requests(classroom)[0].id]
    assert [request.state for request in requests(classroom)] == [HelpState.OPEN] * 2, "to read is not to have seen"
    rivera.press("Seen")
    assert [request.state for request in requests(classroom)] == [HelpState.SEEN, HelpState.OPEN]
    assert rivera.texts[-1].startswith("Mia wrote:")


def test_an_answer_can_be_written_again_before_it_is_sent(classroom: Classroom, rivera: Talker) -> None:
    asked_by(classroom, "Ben")
    rivera.begin("help_inbox")
    rivera.press("Reply")
    rivera.say("no idea")
    rivera.press("Edit")
    assert rivera.texts == ['Write it again the way you want it. Nothing was sent yet. "no idea"']
    rivera.say(ANSWER)
    rivera.say("yes")
    key = classroom.vault.key_of(requests(classroom)[0].person_id)
    (answer,) = classroom.session.scalars(select(HelpAnswer))
    assert key.open(answer.sealed_words, "help_answer.sealed_words") == ANSWER


def test_not_yet_opens_all_of_a_round_again(classroom: Classroom, rivera: Talker) -> None:
    asked_by(classroom, "Ben", "Mia")
    rivera.begin("help_inbox")
    rivera.press("Reply to all, privately")
    rivera.say(ANSWER)
    rivera.press("Send")
    classroom.clock.now += timedelta(days=1, hours=8)
    classroom.tell(rivera)
    assert rivera.texts[-1] == "Did it help? [Yes, all] [Some] [Not yet]"
    rivera.press("Not yet")
    assert [request.state for request in requests(classroom)] == [HelpState.OPEN] * 2


def test_a_personal_call_stands_alone_and_only_its_addressee_sees_it(classroom: Classroom, rivera: Talker) -> None:
    other = classroom.talker(classroom.join("Mr Bell", rivera.speaker.role), rivera.speaker.role)
    ben = classroom.talker(classroom.join("Ben"))
    ben.begin("ask_help")
    ben.say("my home is loud and i cant work there")
    ben.press("Something else")
    ben.press("Send to Ms Rivera")
    ben.press("Something else")
    ben.press("For Ms Rivera only")
    ben.press("Send")
    rivera.begin("help_inbox")
    assert len(rivera.heard) == 1
    other.begin("help_inbox")
    assert other.texts[0].startswith("Nobody is waiting for you.")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_nobody_waits(rivera: Talker) -> None:
    rivera.begin("help_inbox")
    assert rivera.texts[0].startswith("Nobody is waiting for you.")
