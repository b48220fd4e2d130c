"""Asking for help, from the words to the answer and whether it helped: the third conversation of the design, word for word."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from core.data.outbox import OutboxEntry
from core.data.vault import Vault
from core.journal import help_answers, help_requests
from core.journal.goal_setting import Details, set_goal
from core.journal.goal_steps import count_steps_done
from core.journal.help_requests import AnswerForm, HelpAnswer, HelpRequest, HelpState, Kind
from core.journal.notices import TALK
from core.journal.stuck import say_if_strategy_helped
from core.journal.student import student_of
from core.people.access import Role
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker

EVENING = datetime(2026, 12, 1, 5, 12, tzinfo=UTC)
"""Monday, 30 November, 9:12 pm in California."""

MORNING = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
"""Tuesday, half past seven."""


@pytest.fixture
def classmates(classroom: Classroom) -> list[Talker]:
    return [classroom.talker(classroom.join(name)) for name in ("Ben", "Mia", "Tom")]


@pytest.fixture
def history(classroom: Classroom, session: Session, vault: Vault) -> None:
    """Ms Rivera answered three calls on the next school day, the last by a meeting in period 3. Ada has slope sets and a drawing trick."""
    school = classroom.school
    student = student_of(session, vault, school.tenant.id, school.student.id, school.course.id)
    asked = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)
    reader = classroom.talker(school.teacher, Role.TEACHER).speaker
    for place, form in enumerate((AnswerForm.WORDS, AnswerForm.WORDS, AnswerForm.MEETING)):
        at = asked + timedelta(days=place)
        made = help_requests.ask(session, student, school.teacher.id, Kind.ACADEMIC, "help", now=at)
        words = "See them period 3" if form is AnswerForm.MEETING else "look at page 7"
        help_answers.answer(session, vault, reader, [made.id], words, form=form, now=at + timedelta(days=1))
        help_requests.resolve(session, student.tenant_id, student.person_id, made.id, help_requests.Helped.YES, now=at + timedelta(days=1))
    goal = set_goal(
        session,
        student,
        datetime(2026, 12, 4).date(),
        competency_id=classroom.targets["Slope"].id,
        details=Details(steps=("Set 1", "Set 2", "Set 3")),
        now=classroom.clock.now,
    )
    count_steps_done(session, student, goal.id, 2, now=classroom.clock.now)
    say_if_strategy_helped(session, student, "draw_it", True, now=classroom.clock.now)
    for entry in session.scalars(select(OutboxEntry).where(col(OutboxEntry.destination) == TALK)):
        entry.state = "done"


@pytest.mark.usefixtures("history")
def test_where_no_time_can_be_told_the_meanwhile_stands_in_a_message_of_its_own(ada: Talker, session: Session) -> None:
    for answer in session.scalars(select(HelpAnswer)):
        session.delete(answer)
    for request in session.scalars(select(HelpRequest)):
        request.answered_at = None
    session.flush()
    ada.say("im so lost on negative slope")
    ada.say("Send")
    assert ada.texts == [
        "Sent 10 am. You will see here when a person has read it.",
        "Meanwhile: your drawing trick, set 3? [Open]",
    ]


@pytest.mark.usefixtures("history")
def test_the_conversation_of_the_design(
    classroom: Classroom, ada: Talker, rivera: Talker, classmates: list[Talker], session: Session
) -> None:
    classroom.school.course.title = "Algebra"
    for classmate in classmates:
        classmate.say("i dont get negative slope")
        classmate.press("Send")
    classroom.clock.now = EVENING
    ada.say("im so lost on negative slope")
    assert ada.texts == ['Send this to Ms Rivera (Algebra)? "im so lost on negative slope" [Send] [Edit] [Hint first] [Something else]']
    ada.say("Send")
    assert ada.texts == ["Sent 9:12 pm; she usually answers the next school day. Meanwhile: your drawing trick, set 3? [Open]"]
    classroom.clock.now = MORNING
    classroom.tell(rivera)
    assert rivera.texts == [
        "Negative slope: 4 students asked since yesterday (Ada, Ben, Mia, Tom). [Reply to all, privately] [See them period 3] [One by one]"
    ]
    rivera.say("see them period 3")
    classroom.tell(ada)
    assert ada.texts == ['Ms Rivera saw this: "see them period 3", today. [OK] [Different time]']
    ada.say("ok")
    classroom.tell(rivera)
    assert rivera.texts == ["Ada says that the time fits."]
    classroom.clock.now += timedelta(days=1, hours=8)
    classroom.tell(rivera)
    assert rivera.texts[-1] == "Did it help? [Yes, all] [Some] [Not yet]"
    rivera.press("Yes, all")
    requests = session.scalars(select(HelpRequest).where(col(HelpRequest.competency_id) == classroom.targets["Negative slope"].id)).all()
    assert [request.state for request in requests] == [HelpState.RESOLVED] * 4
    assert session.scalars(select(HelpAnswer).where(col(HelpAnswer.fits).is_(True))).one().help_request_id in {one.id for one in requests}
