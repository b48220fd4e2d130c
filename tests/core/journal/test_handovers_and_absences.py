"""Passing a request on, which asks first; and being away, with another teacher in one's place."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from core.data.vault import Vault
from core.errors import NotFound
from core.journal.absences import KEPT, Absence, AbsenceEndsInPast, NotATeacherHere, absence_of, come_back, forget_absences, go_away
from core.journal.adults import NotTheirAdult
from core.journal.handovers import HandoverState, decide, handovers_of, pass_on
from core.journal.help_answers import answer, read_words, see, waiting_for
from core.journal.help_requests import Helped, HelpRequest, HelpResolved, HelpState, Kind, ask, resolve
from core.journal.student import Student
from tests.core.journal.conftest import Adult, Later
from tests.people_made import School

Told = Callable[[], list[str]]
TODAY = date(2026, 11, 23)


@pytest.fixture
def academic(session: Session, ada: Student, rivera: Adult, later: Later) -> HelpRequest:
    made = ask(session, ada, rivera.person_id, Kind.ACADEMIC, "im lost", now=later())
    see(session, rivera, [made.id], now=later())
    return made


def reads(session: Session, vault: Vault, reader: Adult, request: HelpRequest, now: datetime) -> bool:
    try:
        return bool(read_words(session, vault, reader, [request.id], why="inbox", now=now))
    except NotFound:
        return False


# Passing on


def test_the_student_is_asked_first(
    session: Session, vault: Vault, ada: Student, rivera: Adult, okafor: Adult, academic: HelpRequest, later: Later
) -> None:
    proposed = pass_on(session, rivera, academic.id, okafor.person_id, now=later())
    assert (proposed.state, academic.to_person_id, academic.state) == (HandoverState.PROPOSED, rivera.person_id, HelpState.SEEN)
    assert not reads(session, vault, okafor, academic, later())
    assert list(handovers_of(session, ada.tenant_id, ada.person_id)) == [proposed]
    decide(session, ada.tenant_id, ada.person_id, proposed.id, True, now=later())
    assert (proposed.state, proposed.decided_at) == (HandoverState.DONE, later.now)
    assert (academic.to_person_id, academic.state, academic.seen_at) == (okafor.person_id, HelpState.OPEN, None)
    assert reads(session, vault, okafor, academic, later())
    assert reads(session, vault, rivera, academic, later())
    assert [one.request_id for one in waiting_for(session, okafor, TODAY)] == [academic.id]
    assert len(answer(session, vault, okafor, [academic.id], "come by", now=later())) == 1


def test_after_a_no_it_stays_where_it_is(
    session: Session, vault: Vault, ada: Student, rivera: Adult, okafor: Adult, academic: HelpRequest, later: Later
) -> None:
    proposed = pass_on(session, rivera, academic.id, okafor.person_id, now=later())
    decide(session, ada.tenant_id, ada.person_id, proposed.id, False, now=later())
    assert (proposed.state, academic.to_person_id, academic.state) == (HandoverState.DECLINED, rivera.person_id, HelpState.SEEN)
    assert not reads(session, vault, okafor, academic, later())
    with pytest.raises(NotFound):
        decide(session, ada.tenant_id, ada.person_id, proposed.id, True, now=later())


def test_what_is_urgent_does_not_wait(
    session: Session, vault: Vault, rivera: Adult, okafor: Adult, academic: HelpRequest, later: Later
) -> None:
    made = pass_on(session, rivera, academic.id, okafor.person_id, urgent=True, now=later())
    assert (made.state, made.urgent, academic.to_person_id) == (HandoverState.DONE, True, okafor.person_id)
    assert reads(session, vault, okafor, academic, later())


def test_what_is_personal_does_not_wait_and_is_then_the_advisors_alone(
    session: Session, vault: Vault, ada: Student, rivera: Adult, okafor: Adult, told: Told, later: Later
) -> None:
    request = ask(session, ada, rivera.person_id, Kind.PERSONAL, "can we talk", now=later())
    made = pass_on(session, rivera, request.id, okafor.person_id, now=later())
    assert list(handovers_of(session, ada.tenant_id, ada.person_id)) == [made]
    assert [reads(session, vault, reader, request, later()) for reader in (okafor, rivera)] == [True, False]
    assert told() == []


@pytest.mark.parametrize("who", ["rivera", "bell", "lane", "stranger"])
def test_it_is_passed_on_to_an_advisor_only(
    session: Session, rivera: Adult, academic: HelpRequest, now: datetime, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotTheirAdult):
        pass_on(session, rivera, academic.id, request.getfixturevalue(who).person_id, urgent=True, now=now)


def test_only_who_may_read_passes_on_and_only_its_student_decides(
    session: Session, ben: Student, rivera: Adult, okafor: Adult, lane: Adult, academic: HelpRequest, neighbours: School, now: datetime
) -> None:
    with pytest.raises(NotFound):
        pass_on(session, lane, academic.id, okafor.person_id, now=now)
    proposed = pass_on(session, rivera, academic.id, okafor.person_id, now=now)
    for tenant_id in (ben.tenant_id, neighbours.tenant.id):
        with pytest.raises(NotFound):
            decide(session, tenant_id, ben.person_id, proposed.id, True, now=now)
    assert handovers_of(session, ben.tenant_id, ben.person_id) == []


def test_a_second_proposal_replaces_the_first(
    session: Session, ada: Student, rivera: Adult, bell: Adult, okafor: Adult, academic: HelpRequest, later: Later
) -> None:
    pass_on(session, rivera, academic.id, okafor.person_id, now=later())
    second = pass_on(session, bell, academic.id, okafor.person_id, now=later())
    assert list(handovers_of(session, ada.tenant_id, ada.person_id)) == [second]


def test_what_is_resolved_is_not_passed_on(
    session: Session, ada: Student, rivera: Adult, okafor: Adult, academic: HelpRequest, later: Later
) -> None:
    proposed = pass_on(session, rivera, academic.id, okafor.person_id, now=later())
    resolve(session, ada.tenant_id, ada.person_id, academic.id, Helped.YES, now=later())
    with pytest.raises(HelpResolved):
        decide(session, ada.tenant_id, ada.person_id, proposed.id, True, now=later())
    with pytest.raises(HelpResolved):
        pass_on(session, rivera, academic.id, okafor.person_id, now=later())


# Away


def away(session: Session, school: School, who: Adult, days: int, now: datetime, delegate: Adult | None = None) -> None:
    until, delegate_id = TODAY + timedelta(days=days), delegate.person_id if delegate else None
    go_away(session, who, school.course.id, until, delegate_id=delegate_id, zone="America/Los_Angeles", now=now)


def test_away_until_a_day_with_somebody_in_ones_place(session: Session, school: School, rivera: Adult, bell: Adult, now: datetime) -> None:
    ask_of = (session, school.tenant.id, rivera.person_id, school.course.id)
    away(session, school, rivera, 3, now)
    away(session, school, rivera, 1, now, bell)
    found = absence_of(*ask_of, TODAY + timedelta(days=1))
    assert found is not None
    assert (found.until_on, found.delegate_id) == (TODAY + timedelta(days=1), bell.person_id)
    assert absence_of(*ask_of, TODAY + timedelta(days=2)) is None
    assert absence_of(session, school.tenant.id, bell.person_id, school.course.id, TODAY) is None
    for _ in range(2):
        come_back(session, rivera, school.course.id)
    assert absence_of(*ask_of, TODAY) is None


def test_away_is_said_by_a_teacher_of_the_course_for_days_to_come(
    session: Session, school: School, rivera: Adult, lane: Adult, okafor: Adult, now: datetime
) -> None:
    for somebody in (lane, okafor):
        with pytest.raises(NotFound):
            away(session, school, somebody, 1, now)
    with pytest.raises(AbsenceEndsInPast):
        away(session, school, rivera, -1, now)
    for delegate in (rivera, lane, okafor):
        with pytest.raises(NotATeacherHere):
            away(session, school, rivera, 1, now, delegate)
    away(session, school, rivera, 0, now)


def test_what_is_over_is_forgotten(session: Session, school: School, rivera: Adult, bell: Adult, now: datetime) -> None:
    away(session, school, rivera, 0, now)
    away(session, school, bell, 9, now)
    forget_absences(session, before=now + timedelta(days=8) - KEPT)
    assert session.execute(select(func.count()).select_from(Absence)).scalar_one() == 1
