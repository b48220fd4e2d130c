"""Calls for help: to a named adult, read by whom they are for, answered to each privately, each step pressed by a person."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from core.courses.enrolments import Enrolment
from core.data.vault import KeyDestroyed, Vault
from core.errors import CoreError, NotFound
from core.journal.absences import go_away
from core.journal.adults import NotTheirAdult
from core.journal.help_answers import answer, groups, read_words, resolve_all, see, waiting_for
from core.journal.help_requests import (
    ANSWER,
    WORDS,
    AnswerForm,
    HelpAnswer,
    Helped,
    HelpNotAnswered,
    HelpRequest,
    HelpResolved,
    HelpSeen,
    HelpState,
    Kind,
    answers_to,
    ask,
    reopen,
    resolve,
    say_if_it_fits,
    take_back,
)
from core.journal.student import Student, student_of
from core.journal.words import WordsMissing, WordsTooLong
from core.people.access import Role
from core.people.audit import reads_of
from tests.core.journal.conftest import Adult, Later
from tests.people_made import School, add_competency, add_course, enrol, join

Told = Callable[[], list[str]]
TODAY = date(2026, 11, 23)
LOST = "im so lost on negative slope"


def call(
    session: Session, student: Student, to: Adult, now: datetime, kind: Kind = Kind.ACADEMIC, words: str = LOST, **more: Any
) -> HelpRequest:
    return ask(session, student, to.person_id, kind, words, now=now, **more)


def read(session: Session, vault: Vault, reader: Adult, *requests: HelpRequest, now: datetime) -> dict[Any, str]:
    return read_words(session, vault, reader, [one.id for one in requests], why="inbox", now=now)


def ids(requests: Sequence[Any]) -> list[Any]:
    return [one.request_id for one in requests]


# Asking


def test_it_is_the_students_words_to_a_named_adult(
    session: Session, school: School, ada: Student, rivera: Adult, told: Told, now: datetime
) -> None:
    request = call(session, ada, rivera, now, words="  im lost ", competency_id=school.competency.id)
    assert ada.key.open(request.sealed_words, WORDS) == "  im lost "
    assert (request.state, request.to_person_id, request.competency_id, request.asked_at) == (
        HelpState.OPEN,
        rivera.person_id,
        school.competency.id,
        now,
    )
    assert told() == ["help.requested"]


@pytest.mark.parametrize(
    ("of", "who", "may"),
    [
        (Kind.ACADEMIC, "rivera", True),
        (Kind.ACADEMIC, "okafor", False),
        (Kind.ACADEMIC, "lane", False),
        (Kind.PERSONAL, "rivera", True),
        (Kind.PERSONAL, "okafor", True),
        (Kind.PERSONAL, "lane", False),
        (Kind.PERSONAL, "stranger", False),
    ],
)
def test_whom_a_student_can_ask(
    session: Session, ada: Student, now: datetime, of: Kind, who: str, may: bool, request: pytest.FixtureRequest
) -> None:
    to: Adult = request.getfixturevalue(who)
    if may:
        assert call(session, ada, to, now, of).to_person_id == to.person_id
    else:
        with pytest.raises(NotTheirAdult):
            call(session, ada, to, now, of)


@pytest.mark.parametrize(("words", "error"), [("", WordsMissing), ("\t", WordsMissing), ("x" * 2001, WordsTooLong)])
def test_words_that_cannot_be_kept_send_nothing(
    session: Session, ada: Student, rivera: Adult, told: Told, now: datetime, words: str, error: type[CoreError]
) -> None:
    with pytest.raises(error):
        call(session, ada, rivera, now, words=words)
    assert told() == []


def test_a_competency_of_another_school_is_not_found(
    session: Session, neighbours: School, ada: Student, rivera: Adult, now: datetime
) -> None:
    with pytest.raises(NotFound):
        call(session, ada, rivera, now, competency_id=neighbours.competency.id)


def test_no_event_tells_that_a_personal_request_exists(
    session: Session, vault: Vault, ada: Student, okafor: Adult, told: Told, later: Later
) -> None:
    request = call(session, ada, okafor, later(), Kind.PERSONAL)
    see(session, okafor, [request.id], now=later())
    answer(session, vault, okafor, [request.id], "come by", now=later())
    resolve(session, ada.tenant_id, ada.person_id, request.id, Helped.NOT_YET, now=later())
    resolve(session, ada.tenant_id, ada.person_id, request.id, Helped.YES, now=later())
    assert told() == []


# Who may read: the matrix of the design, over both kinds


@pytest.mark.parametrize(
    ("of", "who", "may"),
    [
        (Kind.ACADEMIC, "rivera", True),
        (Kind.ACADEMIC, "bell", True),
        (Kind.ACADEMIC, "okafor", False),
        (Kind.ACADEMIC, "lane", False),
        (Kind.ACADEMIC, "stranger", False),
        (Kind.ACADEMIC, "assistant", False),
        (Kind.ACADEMIC, "classmate", False),
        (Kind.PERSONAL, "rivera", True),
        (Kind.PERSONAL, "bell", False),
        (Kind.PERSONAL, "okafor", False),
        (Kind.PERSONAL, "lane", False),
        (Kind.PERSONAL, "stranger", False),
        (Kind.PERSONAL, "assistant", False),
        (Kind.PERSONAL, "guardian", False),
    ],
)
def test_who_reads_and_answers(
    session: Session,
    vault: Vault,
    school: School,
    ada: Student,
    rivera: Adult,
    told: Told,
    now: datetime,
    of: Kind,
    who: str,
    may: bool,
    request: pytest.FixtureRequest,
) -> None:
    others = {"assistant": Role.ASSISTANT, "guardian": Role.GUARDIAN, "classmate": Role.STUDENT}
    if who in others:
        person = join(session, vault, school.course, "Sam", others[who], now=now)
        reader = Adult(school.tenant.id, person.id, others[who])
    else:
        reader = request.getfixturevalue(who)
    made = call(session, ada, rivera, now, of)
    before = told()
    if may:
        assert read(session, vault, reader, made, now=now) == {made.id: LOST}
        (audited,) = reads_of(session, ada.tenant_id, ada.person_id)
        assert (audited.reader_id, audited.record_class, audited.record_id, audited.why) == (
            reader.person_id,
            "help_request",
            made.id,
            "inbox",
        )
        assert len(answer(session, vault, reader, [made.id], "ok", now=now)) == 1
        return
    deeds: list[Callable[[], object]] = [
        lambda: read(session, vault, reader, made, now=now),
        lambda: see(session, reader, [made.id], now=now),
        lambda: answer(session, vault, reader, [made.id], "x", now=now),
        lambda: resolve_all(session, reader, [made.id], Helped.YES, now=now),
    ]
    for deed in deeds:
        with pytest.raises(NotFound):
            deed()
    assert ids(waiting_for(session, reader, TODAY)) == []
    assert (made.state, reads_of(session, ada.tenant_id, ada.person_id), told()) == (HelpState.OPEN, [], before)


def test_whoever_leaves_the_course_reads_no_more(session: Session, vault: Vault, ada: Student, rivera: Adult, now: datetime) -> None:
    requests = [call(session, ada, rivera, now, kind) for kind in Kind]
    session.execute(update(Enrolment).where(col(Enrolment.person_id) == rivera.person_id).values(active=False))
    for request in requests:
        with pytest.raises(NotFound):
            read(session, vault, rivera, request, now=now)
    assert waiting_for(session, rivera, TODAY) == []


def test_one_that_is_not_theirs_opens_none(session: Session, vault: Vault, ada: Student, rivera: Adult, bell: Adult, now: datetime) -> None:
    mine, personal = call(session, ada, rivera, now), call(session, ada, rivera, now, Kind.PERSONAL)
    with pytest.raises(NotFound):
        read(session, vault, bell, mine, personal, now=now)
    assert reads_of(session, ada.tenant_id, ada.person_id) == []


def test_after_the_key_is_destroyed_nobody_reads_or_answers(
    session: Session, vault: Vault, ada: Student, ben: Student, rivera: Adult, now: datetime
) -> None:
    gone, there = call(session, ada, rivera, now), call(session, ben, rivera, now)
    vault.destroy(ada.person_id)
    with pytest.raises(KeyDestroyed):
        read(session, vault, rivera, gone, there, now=now)
    with pytest.raises(KeyDestroyed):
        answer(session, vault, rivera, [gone.id, there.id], "x", now=now)
    assert session.exec(select(HelpAnswer)).all() == []


# Open, seen, answered, resolved


def test_seen_means_somebody_pressed_and_once(session: Session, ada: Student, rivera: Adult, bell: Adult, told: Told, later: Later) -> None:
    request = call(session, ada, rivera, later())
    see(session, rivera, [request.id], now=later())
    seen_at = request.seen_at
    see(session, bell, [request.id], now=later())
    assert (request.state, request.seen_at) == (HelpState.SEEN, seen_at)
    assert told() == ["help.requested", "help.seen"]


def test_twelve_get_one_answer_each_privately(
    session: Session, vault: Vault, school: School, rivera: Adult, told: Told, later: Later
) -> None:
    class_ = []
    for number in range(12):
        person = join(session, vault, school.course, f"Student {number}", Role.STUDENT, now=later())
        class_.append(student_of(session, vault, school.tenant.id, person.id, school.course.id))
    requests = [call(session, one, rivera, later(), competency_id=school.competency.id) for one in class_]
    (group,) = groups(session, rivera, school.course.id, since=later.now - timedelta(days=1))
    assert (group.short_name, len(group.requests)) == ("Slope", 12)
    made = answer(session, vault, rivera, ids(group.requests), "draw both points first", now=later())
    assert len(made) == 12
    for student, request in zip(class_, requests, strict=True):
        (own,) = answers_to(session, student.tenant_id, student.person_id, request.id)
        assert student.key.open(own.sealed_words, ANSWER) == "draw both points first"
        assert (request.state, request.seen_at, request.answered_at) == (HelpState.ANSWERED, later.now, later.now)
    assert len({one.sealed_words for one in made}) == 12
    assert told() == ["help.requested"] * 12 + ["help.answered"] * 12
    assert groups(session, rivera, school.course.id, since=later.now - timedelta(days=1)) == []
    assert len(resolve_all(session, rivera, ids(group.requests), Helped.YES, now=later())) == 12
    assert {(one.state, one.helped, one.resolved_by) for one in requests} == {("resolved", "yes", rivera.person_id)}


def test_a_meeting_is_an_answer_that_can_fit_or_not(
    session: Session, vault: Vault, ada: Student, ben: Student, rivera: Adult, later: Later
) -> None:
    request = call(session, ada, rivera, later())
    (met,) = answer(session, vault, rivera, [request.id], "period 3", form=AnswerForm.MEETING, now=later())
    assert (met.form, met.fits) == ("meeting", None)
    for fits in (False, True):
        assert say_if_it_fits(session, ada.tenant_id, ada.person_id, met.id, fits, now=later()).fits is fits
    with pytest.raises(NotFound):
        say_if_it_fits(session, ben.tenant_id, ben.person_id, met.id, True, now=later())
    (words,) = answer(session, vault, rivera, [request.id], "or lunch", now=later())
    with pytest.raises(NotFound):
        say_if_it_fits(session, ada.tenant_id, ada.person_id, words.id, True, now=later())
    assert [one.form for one in answers_to(session, ada.tenant_id, ada.person_id, request.id)] == ["meeting", "words"]


def test_what_was_resolved_meanwhile_is_left_alone(
    session: Session, vault: Vault, ada: Student, ben: Student, rivera: Adult, later: Later
) -> None:
    done, open_ = call(session, ada, rivera, later()), call(session, ben, rivera, later())
    resolve(session, ada.tenant_id, ada.person_id, done.id, Helped.YES, now=later())
    made = answer(session, vault, rivera, [done.id, open_.id], "look at page 4", now=later())
    assert [one.help_request_id for one in made] == [open_.id]
    assert resolve_all(session, rivera, [done.id, open_.id], Helped.SOME, now=later()) == [open_.id]
    assert (done.helped, done.resolved_by) == ("yes", ada.person_id)
    with pytest.raises(HelpResolved):
        answer(session, vault, rivera, [done.id], "x", now=later())


@pytest.mark.parametrize("helped", [Helped.YES, Helped.SOME])
def test_its_student_resolves_it_once_and_may_open_it_again(
    session: Session, vault: Vault, ada: Student, rivera: Adult, told: Told, later: Later, helped: Helped
) -> None:
    request = call(session, ada, rivera, later())
    answer(session, vault, rivera, [request.id], "try", now=later())
    me = (session, ada.tenant_id, ada.person_id, request.id)
    resolve(*me, helped, now=later())
    assert (request.state, request.helped, request.resolved_by, request.resolved_at) == (
        HelpState.RESOLVED,
        helped,
        ada.person_id,
        later.now,
    )
    with pytest.raises(HelpResolved):
        resolve(*me, helped, now=later())
    reopen(*me, now=later())
    assert (request.state, request.seen_at, request.answered_at, request.resolved_at) == (HelpState.OPEN, None, None, None)
    assert ids(waiting_for(session, rivera, TODAY)) == [request.id]
    assert told() == ["help.requested", "help.answered", "help.resolved", "help.reopened"]
    with pytest.raises(HelpNotAnswered):
        reopen(*me, now=later())


def test_not_yet_opens_it_again(session: Session, vault: Vault, ada: Student, rivera: Adult, told: Told, later: Later) -> None:
    request = call(session, ada, rivera, later())
    answer(session, vault, rivera, [request.id], "try", now=later())
    resolve(session, ada.tenant_id, ada.person_id, request.id, Helped.NOT_YET, now=later())
    assert (request.state, request.helped) == (HelpState.OPEN, "not_yet")
    answer(session, vault, rivera, [request.id], "then this", now=later())
    resolve_all(session, rivera, [request.id], Helped.NOT_YET, now=later())
    assert request.state == HelpState.OPEN
    assert told() == ["help.requested", *["help.answered", "help.reopened"] * 2]
    assert len(answers_to(session, ada.tenant_id, ada.person_id, request.id)) == 2


def test_unseen_it_can_be_taken_back(session: Session, vault: Vault, ada: Student, rivera: Adult, told: Told, later: Later) -> None:
    request = call(session, ada, rivera, later())
    take_back(session, ada.tenant_id, ada.person_id, request.id, now=later())
    assert session.exec(select(HelpRequest)).all() == []
    assert told() == ["help.requested", "help.withdrawn"]
    seen, answered = call(session, ada, rivera, later()), call(session, ada, rivera, later())
    see(session, rivera, [seen.id], now=later())
    answer(session, vault, rivera, [answered.id], "x", now=later())
    reopen(session, ada.tenant_id, ada.person_id, answered.id, now=later())
    for one in (seen, answered):
        with pytest.raises(HelpSeen):
            take_back(session, ada.tenant_id, ada.person_id, one.id, now=later())


def test_nobody_elses_request_is_found(
    session: Session, neighbours: School, ada: Student, ben: Student, rivera: Adult, now: datetime
) -> None:
    request = call(session, ada, rivera, now)
    for tenant_id, person_id in ((ben.tenant_id, ben.person_id), (neighbours.tenant.id, ada.person_id)):
        with pytest.raises(NotFound):
            take_back(session, tenant_id, person_id, request.id, now=now)
        with pytest.raises(NotFound):
            resolve(session, tenant_id, person_id, request.id, Helped.YES, now=now)
        with pytest.raises(NotFound):
            reopen(session, tenant_id, person_id, request.id, now=now)
        assert answers_to(session, tenant_id, person_id, request.id) == []


# What waits, and groups


def test_what_waits_is_oldest_first_over_all_courses_and_without_what_is_done(
    session: Session, vault: Vault, school: School, ada: Student, ben: Student, rivera: Adult, bell: Adult, later: Later
) -> None:
    biology = add_course(session, school.deployment, "Biology", now=later())
    enrol(session, biology, school.teacher, Role.TEACHER, now=later())
    enrol(session, biology, school.student, Role.STUDENT, now=later())
    there = student_of(session, vault, school.tenant.id, ada.person_id, biology.id)
    mine = [call(session, ada, rivera, later()), call(session, there, rivera, later()), call(session, ben, rivera, later(), Kind.PERSONAL)]
    call(session, ada, bell, later())
    done = call(session, ada, rivera, later())
    answer(session, vault, rivera, [done.id], "ok", now=later())
    see(session, rivera, [mine[0].id], now=later())
    found = waiting_for(session, rivera, TODAY)
    assert ids(found) == [one.id for one in mine]
    assert [(one.kind, one.state, one.delegated) for one in found] == [
        (Kind.ACADEMIC, HelpState.SEEN, False),
        (Kind.ACADEMIC, HelpState.OPEN, False),
        (Kind.PERSONAL, HelpState.OPEN, False),
    ]


def test_groups_are_of_one_course_since_a_day_and_academic(
    session: Session, school: School, ada: Student, ben: Student, rivera: Adult, bell: Adult, lane: Adult, later: Later
) -> None:
    roots = add_competency(session, school.framework, "Roots")
    since = later()
    call(session, ada, rivera, since - timedelta(minutes=1), competency_id=roots.id)
    one = call(session, ada, rivera, since, competency_id=roots.id)
    two = [call(session, who, bell, later(), competency_id=school.competency.id) for who in (ada, ben)]
    loose = call(session, ben, rivera, later())
    call(session, ben, rivera, later(), Kind.PERSONAL, competency_id=roots.id)
    found = groups(session, rivera, school.course.id, since=since)
    assert [(group.short_name, ids(group.requests)) for group in found] == [
        ("Slope", [request.id for request in two]),
        ("Roots", [one.id]),
        (None, [loose.id]),
    ]
    assert groups(session, lane, school.course.id, since=since) == []


def test_while_somebody_is_away_their_delegate_has_the_academic_ones(
    session: Session, school: School, ada: Student, rivera: Adult, bell: Adult, later: Later
) -> None:
    academic, _ = call(session, ada, rivera, later()), call(session, ada, rivera, later(), Kind.PERSONAL)
    assert waiting_for(session, bell, TODAY) == []
    until = TODAY + timedelta(days=2)
    go_away(session, rivera, school.course.id, until, delegate_id=bell.person_id, zone="UTC", now=later())
    (found,) = waiting_for(session, bell, until)
    assert (found.request_id, found.delegated) == (academic.id, True)
    assert waiting_for(session, bell, until + timedelta(days=1)) == []
    assert len(waiting_for(session, rivera, until)) == 2
