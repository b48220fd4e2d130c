"""Notices: whoever must know of a deed is told of it once, in the deed's own transaction, by ids and never by words."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import Session

from core.courses.calendar import add_break
from core.data.outbox import OutboxEntry
from core.data.vault import Vault
from core.journal import claims, handovers, help_answers, help_requests, reflections, suggestions
from core.journal.absences import go_away
from core.journal.goal_setting import set_goal
from core.journal.help_requests import ANSWER, AnswerForm, Helped, HelpRequest, HelpResolved, HelpState, Kind, answers_to
from core.journal.notices import Notice, To, promise_notice, promise_notices
from core.journal.student import Student, student_of
from core.people.access import Role
from tests.core.journal.conftest import Adult, Later
from tests.people_made import School, join

Noticed = Callable[..., list[OutboxEntry]]
DAY = date(2026, 12, 4)


def call(session: Session, student: Student, to: Adult, now: datetime, kind: Kind = Kind.ACADEMIC) -> HelpRequest:
    return help_requests.ask(session, student, to.person_id, kind, "im so lost", now=now)


def told(entries: Sequence[OutboxEntry]) -> list[tuple[str, UUID | None]]:
    return [(one.kind, one.subject_id) for one in entries]


@pytest.fixture
def class_(session: Session, vault: Vault, school: School, now: datetime) -> list[Student]:
    """Twelve students."""
    people = [join(session, vault, school.course, f"Student {number}", Role.STUDENT, now=now) for number in range(12)]
    return [student_of(session, vault, school.tenant.id, one.id, school.course.id) for one in people]


@pytest.fixture
def asked(session: Session, school: School, class_: list[Student], rivera: Adult, later: Later) -> list[HelpRequest]:
    """The twelve ask for help with slope."""
    about = school.competency.id
    return [help_requests.ask(session, one, rivera.person_id, Kind.ACADEMIC, "im lost", competency_id=about, now=later()) for one in class_]


# One answer to many


def test_twelve_requests_one_answer_twelve_private_deliveries_twelve_statuses(
    session: Session, vault: Vault, class_: list[Student], asked: list[HelpRequest], rivera: Adult, noticed: Noticed, later: Later
) -> None:
    made = help_answers.answer(session, vault, rivera, [one.id for one in asked], "draw both points first", now=later())
    assert {one.state for one in asked} == {HelpState.ANSWERED}
    notices = noticed(Notice.HELP_ANSWERED)
    assert [one.subject_id for one in notices] == [one.person_id for one in class_]
    for student, request, notice in zip(class_, asked, notices, strict=True):
        (own,) = answers_to(session, student.tenant_id, student.person_id, request.id)
        assert student.key.open(own.sealed_words, ANSWER) == "draw both points first"
        assert notice.payload == {"help_answer": str(own.id), "help_request": str(request.id), "at": later.now.isoformat()}
    assert len({one.sealed_words for one in made}) == 12


def test_a_second_press_sends_nothing_again(
    session: Session, vault: Vault, class_: list[Student], asked: list[HelpRequest], rivera: Adult, noticed: Noticed, later: Later
) -> None:
    ids = [one.id for one in asked]
    help_answers.answer(session, vault, rivera, ids, "draw both points first", now=later())
    before, answered_at = told(noticed()), asked[0].answered_at
    assert help_answers.answer(session, vault, rivera, ids, "draw both points first", now=later()) == []
    assert (told(noticed()), asked[0].answered_at) == (before, answered_at)
    assert len(answers_to(session, class_[0].tenant_id, class_[0].person_id, ids[0])) == 1


def test_other_words_another_form_or_a_request_opened_again_are_answered_again(
    session: Session, vault: Vault, class_: list[Student], asked: list[HelpRequest], rivera: Adult, bell: Adult, later: Later
) -> None:
    ada, request = class_[0], asked[0]

    def say(who: Adult, words: str, form: AnswerForm = AnswerForm.WORDS) -> int:
        return len(help_answers.answer(session, vault, who, [request.id], words, form=form, now=later()))

    assert [say(rivera, "page 4"), say(rivera, "page 5"), say(rivera, "page 5", AnswerForm.MEETING), say(bell, "page 5")] == [1] * 4
    help_requests.reopen(session, ada.tenant_id, ada.person_id, request.id, now=later())
    assert say(bell, "page 5") == 1
    help_requests.resolve(session, ada.tenant_id, ada.person_id, request.id, Helped.YES, now=later())
    with pytest.raises(HelpResolved):
        say(bell, "page 5")


def test_twelve_are_answered_and_told_in_as_many_statements_as_two(
    session: Session, vault: Vault, asked: list[HelpRequest], rivera: Adult, later: Later
) -> None:
    def statements(requests: list[HelpRequest]) -> int:
        ids = [one.id for one in requests]
        session.expire_all()
        heard: list[str] = []

        def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            heard.append(statement)

        event.listen(session.get_bind(), "before_cursor_execute", hear)
        help_answers.answer(session, vault, rivera, ids, "draw both points first", now=later())
        event.remove(session.get_bind(), "before_cursor_execute", hear)
        return len(heard)

    assert statements(asked[:2]) == statements(asked[2:]) <= 9


def test_did_it_help_is_asked_once_a_round_at_three_on_the_next_school_day(
    session: Session, vault: Vault, school: School, asked: list[HelpRequest], rivera: Adult, noticed: Noticed, now: datetime
) -> None:
    wednesday = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)  # seven in the evening of the 25th in California
    add_break(session, school.tenant.id, "Thanksgiving", date(2026, 11, 26), date(2026, 11, 27))
    made = help_answers.answer(session, vault, rivera, [one.id for one in asked], "page 4", now=wednesday)
    (notice,) = noticed(Notice.HELP_DID_IT)
    assert notice.subject_id == rivera.person_id
    assert notice.due_at == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert notice.order_key is None, "nothing else that is said to her waits for that hour"
    (answer_id,) = (UUID(value) for name, value in notice.payload.items() if name == "help_answer")
    assert answer_id in {one.id for one in made}
    assert help_answers.round_of(session, rivera, answer_id) == [one.id for one in asked]


def test_a_round_is_what_still_stands_answered_and_its_adults_alone(
    session: Session, vault: Vault, class_: list[Student], asked: list[HelpRequest], rivera: Adult, bell: Adult, later: Later
) -> None:
    first, second, alone = asked[:3]
    made = help_answers.answer(session, vault, rivera, [first.id, second.id], "page 4", now=later())
    help_answers.answer(session, vault, rivera, [alone.id], "page 4", now=later())
    help_requests.resolve(session, class_[0].tenant_id, class_[0].person_id, first.id, Helped.YES, now=later())
    assert help_answers.round_of(session, rivera, made[0].id) == [second.id]
    assert help_answers.round_of(session, bell, made[0].id) == []


# Asking, seeing, meeting, passing on


def test_the_adult_is_told_who_was_asked(session: Session, ada: Student, rivera: Adult, noticed: Noticed, now: datetime) -> None:
    request = call(session, ada, rivera, now)
    (notice,) = noticed()
    assert (notice.kind, notice.subject_id, notice.payload["help_request"]) == (Notice.HELP_ASKED, rivera.person_id, str(request.id))
    assert "lost" not in str(notice.payload)


@pytest.mark.parametrize(
    ("of", "delegate", "who"), [("academic", True, "bell"), ("academic", False, "rivera"), ("personal", True, "rivera")]
)
def test_while_away_the_delegate_is_told_but_never_of_what_is_personal(
    session: Session, ada: Student, rivera: Adult, bell: Adult, noticed: Noticed, now: datetime, of: str, delegate: bool, who: str
) -> None:
    instead = bell.person_id if delegate else None
    go_away(session, rivera, ada.course.id, date(2026, 11, 24), delegate_id=instead, zone=ada.zone, now=now)
    call(session, ada, rivera, now, Kind(of))
    assert told(noticed()) == [(Notice.HELP_ASKED, {"bell": bell, "rivera": rivera}[who].person_id)]


def test_after_the_last_day_away_the_addressee_is_told_again(
    session: Session, ada: Student, rivera: Adult, bell: Adult, noticed: Noticed, now: datetime
) -> None:
    go_away(session, rivera, ada.course.id, date(2026, 11, 24), delegate_id=bell.person_id, zone=ada.zone, now=now)
    call(session, ada, rivera, now + timedelta(days=2))
    assert told(noticed()) == [(Notice.HELP_ASKED, rivera.person_id)]


def test_seen_is_told_once_and_again_after_it_was_opened_again(
    session: Session, vault: Vault, ada: Student, rivera: Adult, noticed: Noticed, later: Later
) -> None:
    request = call(session, ada, rivera, later())
    for _ in range(2):
        help_answers.see(session, rivera, [request.id], now=later())
    assert told(noticed(Notice.HELP_SEEN)) == [(Notice.HELP_SEEN, ada.person_id)]
    help_answers.answer(session, vault, rivera, [request.id], "try", now=later())
    help_requests.resolve(session, ada.tenant_id, ada.person_id, request.id, Helped.NOT_YET, now=later())
    help_answers.see(session, rivera, [request.id], now=later())
    assert len(noticed(Notice.HELP_SEEN)) == 2
    assert told(noticed(Notice.HELP_ASKED)) == [(Notice.HELP_ASKED, rivera.person_id)] * 2, "still stuck: the adult hears it"


def test_whoever_proposed_a_meeting_is_told_whether_it_fits(
    session: Session, vault: Vault, ada: Student, rivera: Adult, bell: Adult, noticed: Noticed, later: Later
) -> None:
    request = call(session, ada, rivera, later())
    (met,) = help_answers.answer(session, vault, bell, [request.id], "period 3", form=AnswerForm.MEETING, now=later())
    for fits in (False, False, True):
        help_requests.say_if_it_fits(session, ada.tenant_id, ada.person_id, met.id, fits, now=later())
    notices = noticed(Notice.MEETING_ANSWERED)
    assert told(notices) == [(Notice.MEETING_ANSWERED, bell.person_id)] * 2, "saying the same twice is said once"
    assert {one.payload["help_answer"] for one in notices} == {str(met.id)}


def test_a_student_is_asked_before_a_request_is_passed_on_and_then_the_advisor_hears(
    session: Session, ada: Student, rivera: Adult, okafor: Adult, noticed: Noticed, later: Later
) -> None:
    request = call(session, ada, rivera, later())
    made = handovers.pass_on(session, rivera, request.id, okafor.person_id, now=later())
    assert handovers.pass_on(session, rivera, request.id, okafor.person_id, now=later()) is made
    (proposed,) = noticed(Notice.HANDOVER_PROPOSED)
    assert (proposed.subject_id, proposed.payload["handover"]) == (ada.person_id, str(made.id))
    handovers.decide(session, ada.tenant_id, ada.person_id, made.id, True, now=later())
    assert told(noticed(Notice.HELP_ASKED))[1:] == [(Notice.HELP_ASKED, okafor.person_id)]


@pytest.mark.parametrize(("of", "urgent"), [(Kind.ACADEMIC, True), (Kind.PERSONAL, False)])
def test_what_is_passed_on_at_once_reaches_the_advisor_at_once(
    session: Session, ada: Student, rivera: Adult, okafor: Adult, noticed: Noticed, later: Later, of: Kind, urgent: bool
) -> None:
    request = call(session, ada, rivera, later(), of)
    handovers.pass_on(session, rivera, request.id, okafor.person_id, urgent=urgent, now=later())
    assert told(noticed()) == [(Notice.HELP_ASKED, rivera.person_id), (Notice.HELP_ASKED, okafor.person_id)]


# Goals, claims, reflections


def test_a_suggestion_and_a_comment_reach_the_student_once(
    session: Session, vault: Vault, school: School, ada: Student, rivera: Adult, noticed: Noticed, later: Later
) -> None:
    goals = [suggestions.suggest(session, rivera, ada, DAY, competency_id=school.competency.id, now=later()) for _ in range(2)]
    comments = [suggestions.comment(session, vault, rivera, goals[0].id, "how about set 3?", now=later()) for _ in range(2)]
    assert (len({one.id for one in goals}), len({one.id for one in comments})) == (1, 1)
    assert told(noticed()) == [(Notice.GOAL_SUGGESTED, ada.person_id), (Notice.GOAL_COMMENTED, ada.person_id)]
    suggestions.suggest(session, rivera, ada, DAY + timedelta(days=1), competency_id=school.competency.id, now=later())
    suggestions.comment(session, vault, rivera, goals[0].id, "or set 4?", now=later())
    assert len(noticed()) == 4


def test_a_claim_reaches_every_teacher_of_the_course_once_and_its_decision_the_student(
    session: Session, vault: Vault, school: School, ada: Student, rivera: Adult, bell: Adult, noticed: Noticed, later: Later
) -> None:
    goal = set_goal(session, ada, DAY, competency_id=school.competency.id, now=later())
    made = claims.claim(session, ada, school.competency.id, words="done", now=later())
    claims.claim(session, ada, school.competency.id, link="https://drive.example/poster", now=later())
    assert set(told(noticed())) == {(Notice.CLAIM_MADE, rivera.person_id), (Notice.CLAIM_MADE, bell.person_id)}
    assert len(noticed()) == 2
    claims.confirm(session, bell, made.id, now=later())
    assert told(noticed())[2:] == [(Notice.GOAL_ACHIEVED, ada.person_id), (Notice.CLAIM_DECIDED, ada.person_id)]
    assert noticed(Notice.GOAL_ACHIEVED)[0].payload["goal"] == str(goal.id)
    another = claims.claim(session, ada, school.competency.id, now=later())
    claims.decline_claim(session, vault, rivera, another.id, "show your steps", now=later())
    assert [one.payload["claim"] for one in noticed(Notice.CLAIM_DECIDED)] == [str(made.id), str(another.id)]


def test_a_reflection_reaches_the_readers_chosen_and_the_answer_its_author(
    session: Session, vault: Vault, ada: Student, rivera: Adult, okafor: Adult, noticed: Noticed, later: Later
) -> None:
    prompt, readers = "first_step", (rivera.person_id, okafor.person_id)
    reflections.write_reflection(session, ada, prompt, "mine alone", now=later())
    assert noticed() == []
    shared = reflections.write_reflection(session, ada, prompt, "drawing it helped", readers=readers, now=later())
    assert set(told(noticed())) == {(Notice.REFLECTION_SHARED, one) for one in readers}
    replies = [reflections.reply(session, vault, rivera, shared.id, "good plan", now=later()) for _ in range(2)]
    (answered,) = noticed(Notice.REFLECTION_ANSWERED)
    assert (replies[0].id, answered.payload["reflection_reply"]) == (replies[1].id, str(replies[0].id))
    assert reflections.answered_by(session, rivera, [shared.id]) == {shared.id}
    assert reflections.answered_by(session, okafor, [shared.id]) == set()


# The promise itself


def test_many_are_promised_as_one_is_and_none_twice(
    session: Session, school: School, ada: Student, ben: Student, noticed: Noticed, now: datetime
) -> None:
    about, tenant_id = {"goal": school.competency.id}, school.tenant.id
    assert promise_notice(session, Notice.GOAL_SUGGESTED, ada.person_id, about, tenant_id=tenant_id, once="x", due_at=now)
    everybody = [To(one.person_id, about, "x") for one in (ada, ben)]
    promise_notices(session, Notice.GOAL_SUGGESTED, everybody, tenant_id=tenant_id, due_at=now)
    assert not promise_notice(session, Notice.GOAL_SUGGESTED, ben.person_id, about, tenant_id=tenant_id, once="x", due_at=now)
    first, second = noticed()
    assert (first.subject_id, second.subject_id) == (ada.person_id, ben.person_id)
    assert (first.payload, first.due_at, first.state) == (second.payload, second.due_at, second.state)
    assert (first.order_key, second.order_key) == (f"talk:{ada.person_id}", f"talk:{ben.person_id}")
    promise_notices(session, Notice.GOAL_SUGGESTED, [], tenant_id=tenant_id, due_at=now)
    assert len(noticed()) == 2
