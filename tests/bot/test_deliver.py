"""What a person is told unasked: in words, at the last moment, once, and outside our pages only as they wish."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from bot.turn import Speaker
from core.care.safety import raise_concern
from core.data.outbox import Dropped, OutboxEntry
from core.journal import claims, feedback, goal_ends, goals, handovers, help_answers, help_requests, reflections, suggestions
from core.journal.goal_setting import Details, set_goal
from core.journal.help_requests import Helped, Kind
from core.journal.notices import Notice, promise_notice
from core.journal.student import Student, student_of
from core.people import roles
from core.people.access import Role
from core.people.addresses import EMAIL, confirm_address, enter_address
from core.people.people import add_person
from core.people.preferences import Topic, Way, choose_channel, mute_topic, stop
from core.people.roles import SchoolRole
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker

PROMPT = "what_helped"


@pytest.fixture
def student(classroom: Classroom) -> Student:
    school = classroom.school
    return student_of(classroom.session, classroom.vault, school.tenant.id, school.student.id, school.course.id)


@pytest.fixture
def teacher(rivera: Talker) -> Speaker:
    return rivera.speaker


def ask(classroom: Classroom, student: Student, kind: Kind = Kind.ACADEMIC) -> help_requests.HelpRequest:
    slope = classroom.targets["Slope"].id
    return help_requests.ask(
        classroom.session, student, classroom.school.teacher.id, kind, "i am lost", competency_id=slope, now=classroom.clock.now
    )


def goal_of(classroom: Classroom, student: Student, plan: str | None = None) -> goals.Goal:
    slope, day = classroom.targets["Slope"].id, date(2026, 12, 4)
    return set_goal(classroom.session, student, day, competency_id=slope, details=Details(plan=plan), now=classroom.clock.now)


# To the student


def test_seen_is_told(classroom: Classroom, student: Student, teacher: Speaker, ada: Talker) -> None:
    help_answers.see(classroom.session, teacher, [ask(classroom, student).id], now=classroom.clock.now)
    classroom.tell(ada)
    assert ada.texts == ["Ms Rivera saw your message about slope."]


def test_an_answer_says_more_than_seen_and_asks_whether_it_helped(
    classroom: Classroom, student: Student, teacher: Speaker, ada: Talker
) -> None:
    request = ask(classroom, student)
    help_answers.see(classroom.session, teacher, [request.id], now=classroom.clock.now)
    help_answers.answer(classroom.session, classroom.vault, teacher, [request.id], "Draw the line first.", now=classroom.clock.now)
    seen, answered = classroom.tell(ada)
    assert isinstance(seen, Dropped)
    assert ada.texts == ['Ms Rivera answered. Did it help? "Draw the line first." [Yes] [Some] [Not yet]']
    ada.press("Not yet")
    assert request.state == help_requests.HelpState.OPEN
    assert not isinstance(answered, Dropped)


def test_a_suggested_goal_is_theirs_to_take(classroom: Classroom, student: Student, teacher: Speaker, ada: Talker) -> None:
    slope = classroom.targets["Slope"].id
    goal = suggestions.suggest(classroom.session, teacher, student, date(2026, 12, 11), competency_id=slope, now=classroom.clock.now)
    classroom.tell(ada)
    assert ada.texts == [
        "Ms Rivera suggests a goal: Slope, by Fri 11 Dec. It is yours only if you want it. [Take it] [Change it] [No, thanks]"
    ]
    suggestions.decline(classroom.session, student, goal.id, now=classroom.clock.now)
    promise(classroom, Notice.GOAL_SUGGESTED, ada, goal=goal)
    assert [type(one) for one in classroom.tell(ada)] == [Dropped]


def test_a_comment_on_a_goal_is_quoted(classroom: Classroom, student: Student, teacher: Speaker, ada: Talker) -> None:
    goal = goal_of(classroom, student)
    suggestions.comment(classroom.session, classroom.vault, teacher, goal.id, "Good plan.", now=classroom.clock.now)
    classroom.tell(ada)
    assert ada.texts == ['Ms Rivera wrote about your goal Slope: "Good plan."']


def test_a_claim_that_was_confirmed_reaches_the_goal_too(classroom: Classroom, student: Student, teacher: Speaker, ada: Talker) -> None:
    goal_of(classroom, student)
    made = claims.claim(classroom.session, student, classroom.targets["Slope"].id, now=classroom.clock.now)
    claims.confirm(classroom.session, teacher, made.id, now=classroom.clock.now)
    classroom.tell(ada)
    said = [message.text for line in ada.talk_lines() for message in line]
    assert "Ms Rivera confirmed it: Slope is done." in said
    assert "Slope: reached on Mon 30 Nov. The work you handed in shows it." in said


def test_a_claim_that_was_declined_says_why(classroom: Classroom, student: Student, teacher: Speaker, ada: Talker) -> None:
    made = claims.claim(classroom.session, student, classroom.targets["Slope"].id, now=classroom.clock.now)
    claims.decline_claim(classroom.session, classroom.vault, teacher, made.id, "Set 3 is missing.", now=classroom.clock.now)
    classroom.tell(ada)
    assert ada.texts == ['Ms Rivera looked at Slope: not there yet. Here is why: "Set 3 is missing."']


def test_a_reply_to_a_reflection_is_quoted(classroom: Classroom, student: Student, teacher: Speaker, ada: Talker) -> None:
    written = reflections.write_reflection(
        classroom.session, student, PROMPT, "drawing", readers=[teacher.person_id], now=classroom.clock.now
    )
    reflections.reply(classroom.session, classroom.vault, teacher, written.id, "Keep drawing.", now=classroom.clock.now)
    classroom.tell(ada)
    assert ada.texts == ['Ms Rivera answered your reflection: "Keep drawing."']


def test_being_passed_on_is_asked_first(classroom: Classroom, student: Student, teacher: Speaker, ada: Talker) -> None:
    advisor = add_person(classroom.session, classroom.vault, student.tenant_id, "Ms Okafor", now=classroom.clock.now)
    roles.grant(classroom.session, student.tenant_id, advisor.id, SchoolRole.ADVISOR, by=None, now=classroom.clock.now)
    request = ask(classroom, student)
    handovers.pass_on(classroom.session, teacher, request.id, advisor.id, now=classroom.clock.now)
    classroom.tell(ada)
    assert ada.texts == ["Ms Rivera would like to pass your message on to Ms Okafor. Is that OK? [Yes, pass it on] [No, keep it]"]
    ada.press("Yes, pass it on")
    assert request.to_person_id == advisor.id


def test_a_reminder_has_the_plan_and_is_idle_once_the_goal_has_ended(classroom: Classroom, student: Student, ada: Talker) -> None:
    goal = goal_of(classroom, student, plan="After practice, at home")
    promise(classroom, Notice.REMINDER, ada, goal=goal)
    classroom.tell(ada)
    assert ada.texts == ['You asked for a reminder: Slope. Your plan: "After practice, at home" [Start] [Check in]']
    goal_ends.drop(classroom.session, student, goal.id, now=classroom.clock.now)
    promise(classroom, Notice.REMINDER, ada, once=2, goal=goal)
    assert [type(one) for one in classroom.tell(ada)] == [Dropped]


def test_feedback_is_answered_in_the_talk(classroom: Classroom, ada: Talker) -> None:
    session, now = classroom.session, classroom.clock.now
    admin = add_person(session, classroom.vault, ada.speaker.tenant_id, "Dr Okafor", now=now)
    roles.grant(session, ada.speaker.tenant_id, admin.id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    ada.begin("feedback")
    ada.say("more colours please")
    ada.press("Send")
    reader = Speaker(ada.speaker.tenant_id, admin.id, Role.TENANT_ADMIN, "en", "UTC")
    (given,) = feedback.open_feedback(session, classroom.vault, reader, now=now)
    feedback.answer_feedback(session, classroom.vault, reader, given.feedback_id, "Soon.", now=now)
    classroom.tell(ada)
    assert ada.texts == ['Your school answered what you told us: "Soon."']


# To the adult


def test_a_claim_and_a_shared_reflection_are_facts_without_words(
    classroom: Classroom, student: Student, teacher: Speaker, rivera: Talker
) -> None:
    claims.claim(classroom.session, student, classroom.targets["Slope"].id, words="see my sheet", now=classroom.clock.now)
    classroom.tell(rivera)
    assert rivera.texts == ["Ada says Slope is finished, and asks you to look. It is in your inbox."]
    reflections.write_reflection(classroom.session, student, PROMPT, "drawing", readers=[teacher.person_id], now=classroom.clock.now)
    classroom.tell(rivera)
    assert rivera.texts == ["Ada shared a reflection with you. It is in your inbox."]


def test_an_answer_that_its_student_has_judged_is_not_asked_about(
    classroom: Classroom, student: Student, teacher: Speaker, rivera: Talker
) -> None:
    request = ask(classroom, student)
    help_answers.answer(classroom.session, classroom.vault, teacher, [request.id], "Look.", now=classroom.clock.now)
    help_requests.resolve(classroom.session, student.tenant_id, student.person_id, request.id, Helped.YES, now=classroom.clock.now)
    classroom.clock.pass_by(days=2)
    assert {type(one) for one in classroom.tell(rivera)} == {Dropped}


def test_a_personal_call_is_told_at_once_and_without_its_words(classroom: Classroom, student: Student, rivera: Talker) -> None:
    ask(classroom, student, Kind.PERSONAL)
    classroom.tell(rivera)
    assert rivera.texts == ["Slope: Ada asked today. [Read it] [Reply] [See them…]"]


def test_a_safety_alert_holds_no_name_and_goes_by_e_mail_whatever_they_prefer(classroom: Classroom, student: Student) -> None:
    contact = contact_with_address(classroom)
    stop(classroom.session, student.tenant_id, contact.speaker.person_id, now=classroom.clock.now)
    raise_acute(classroom, student)
    classroom.tell(contact)
    assert contact.texts == ["A student may be in danger. Please open Safety in Paceline now. [Open Safety]"]
    assert [entry.due_at for entry in notes(classroom.session)] == [classroom.clock.now]


# Outside our pages


@pytest.mark.parametrize(
    ("wish", "goes_out"),
    [
        ("nothing", False),
        ("email", True),
        ("muted", False),
        ("stopped", False),
    ],
)
def test_a_note_goes_out_only_as_its_reader_wishes(
    classroom: Classroom, student: Student, rivera: Talker, wish: str, goes_out: bool
) -> None:
    give_address(classroom, rivera)
    session, ids, now = classroom.session, (rivera.speaker.tenant_id, rivera.speaker.person_id), classroom.clock.now
    if wish != "nothing":
        choose_channel(session, *ids, Way.EMAIL, now=now)
    if wish == "muted":
        mute_topic(session, *ids, Topic.GOALS, now=now)
    if wish == "stopped":
        stop(session, *ids, now=now)
    claims.claim(session, student, classroom.targets["Slope"].id, now=now)
    classroom.tell(rivera)
    assert rivera.texts, "the talk says it all the same"
    assert len(notes(session)) == goes_out
    for entry in notes(session):
        assert set(entry.payload) == {"notice", "at"}


def test_quiet_hours_hold_a_note_back_until_morning(classroom: Classroom, student: Student, rivera: Talker) -> None:
    give_address(classroom, rivera)
    choose_channel(classroom.session, rivera.speaker.tenant_id, rivera.speaker.person_id, Way.EMAIL, now=classroom.clock.now)
    classroom.clock.pass_by(hours=13)
    claims.claim(classroom.session, student, classroom.targets["Slope"].id, now=classroom.clock.now)
    classroom.tell(rivera)
    assert [entry.due_at - classroom.clock.now for entry in notes(classroom.session)] == [timedelta(hours=8)]


def test_what_is_told_twice_is_said_once(classroom: Classroom, student: Student, ada: Talker) -> None:
    goal = goal_of(classroom, student)
    promise(classroom, Notice.REMINDER, ada, goal=goal)
    classroom.tell(ada)
    for entry in classroom.session.scalars(select(OutboxEntry).where(col(OutboxEntry.kind) == Notice.REMINDER)):
        entry.state = "waiting"
    classroom.tell(ada)
    assert len(ada.talk_lines()) == 1


def promise(classroom: Classroom, notice: Notice, to: Talker, *, once: int = 1, **about: goals.Goal) -> None:
    ids = {name: row.id for name, row in about.items()}
    speaker = to.speaker
    promise_notice(
        classroom.session, notice, speaker.person_id, ids, tenant_id=speaker.tenant_id, once=f"again {once}", due_at=classroom.clock.now
    )


def notes(session: Session) -> list[OutboxEntry]:
    return list(session.scalars(select(OutboxEntry).where(col(OutboxEntry.destination) == EMAIL)))


def give_address(classroom: Classroom, talker: Talker) -> None:
    session, speaker, now = classroom.session, talker.speaker, classroom.clock.now
    key = classroom.vault.key_of(speaker.person_id)
    code = enter_address(session, key, speaker.tenant_id, speaker.person_id, "rivera@school.example", now=now)
    assert confirm_address(session, speaker.tenant_id, speaker.person_id, code, now=now)


def contact_with_address(classroom: Classroom) -> Talker:
    person = classroom.join("Ms Okafor", Role.TEACHER)
    contact = classroom.talker(person, Role.TEACHER)
    roles.grant(classroom.session, person.tenant_id, person.id, SchoolRole.SAFETY_CONTACT, by=None, now=classroom.clock.now)
    give_address(classroom, contact)
    return contact


def raise_acute(classroom: Classroom, student: Student) -> None:
    raise_concern(
        classroom.session,
        student.key,
        tenant_id=student.tenant_id,
        person_id=student.person_id,
        tier="acute",
        reason="self_harm",
        rule="en.test",
        words="words",
        channel="web",
        zone=student.zone,
        now=classroom.clock.now,
    )
