"""The adult's side of safety concerns: who reads what, every read written down, and each step pressed by a person."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import Session, col

from core.care.contacts import (
    MOST_CLOSED,
    ConcernClosed,
    close,
    concerns_for,
    fact_for_teacher,
    find_concern,
    is_contact,
    read_concern,
    see,
)
from core.care.safety import Outcome, Reason, SafetyConcern, Tier, answer_check, ask_for_help_now, escalate_unanswered
from core.courses.enrolments import Enrolment
from core.data.vault import KeyDestroyed, Vault
from core.errors import NotFound
from core.people.access import Role
from core.people.audit import reads_of
from core.people.people import add_person
from core.people.roles import SchoolRole, grant, revoke
from tests.core.care.conftest import HURT, Adult, Named, Raise, adult
from tests.people_made import School, add_course, enrol, join


@pytest.fixture
def brooks(named: Named) -> Adult:
    """The other contact."""
    return named("Mr Brooks", SchoolRole.SAFETY_CONTACT)


# Who may


@pytest.mark.parametrize(
    ("school_role", "role", "may"),
    [
        (SchoolRole.SAFETY_CONTACT, Role.ADVISOR, True),
        (SchoolRole.SAFETY_CONTACT, Role.TEACHER, True),
        (SchoolRole.SAFETY_CONTACT, Role.ASSISTANT, True),
        (SchoolRole.SAFETY_CONTACT, Role.TENANT_ADMIN, True),
        (SchoolRole.SAFETY_CONTACT, Role.VISITOR, True),
        (SchoolRole.SAFETY_CONTACT, Role.STUDENT, False),
        (SchoolRole.SAFETY_CONTACT, Role.GUARDIAN, False),
        (SchoolRole.ADVISOR, Role.ADVISOR, False),
        (SchoolRole.ADVISOR, Role.TEACHER, False),
        (SchoolRole.TENANT_ADMIN, Role.TENANT_ADMIN, False),
    ],
)
def test_only_a_named_contact_reads_sees_or_closes(
    session: Session,
    vault: Vault,
    school: School,
    named: Named,
    raised: Raise,
    now: datetime,
    school_role: SchoolRole,
    role: Role,
    may: bool,
) -> None:
    reader, concern = named("Pat", school_role, role), raised()
    deeds = every_deed(session, vault, reader, concern, now)
    assert is_contact(session, reader) is may
    for deed in deeds:
        if may:
            deed()
        else:
            with pytest.raises(NotFound):
                deed()
    assert concern.state == ("closed" if may else "open")
    assert len(reads_of(session, school.tenant.id, school.student.id)) == may


def every_deed(session: Session, vault: Vault, reader: Adult, concern: SafetyConcern, now: datetime) -> list[Callable[[], object]]:
    return [
        lambda: concerns_for(session, reader),
        lambda: find_concern(session, reader, concern.id),
        lambda: read_concern(session, vault, reader, concern.id, why="concern", now=now),
        lambda: see(session, reader, concern.id, now=now),
        lambda: close(session, reader, concern.id, Outcome.TALKED, now=now),
    ]


def test_a_teacher_a_classmate_and_another_schools_contact_find_nothing(
    session: Session, vault: Vault, school: School, neighbours: School, rivera: Adult, raised: Raise, now: datetime
) -> None:
    grant(session, neighbours.tenant.id, neighbours.teacher.id, SchoolRole.SAFETY_CONTACT, by=None, now=now)
    stranger = adult(neighbours.teacher, Role.TEACHER)
    classmate = adult(join(session, vault, school.course, "Ben", Role.STUDENT, now=now), Role.STUDENT)
    concern = raised()
    assert concerns_for(session, stranger) == []
    for reader in (rivera, stranger, classmate):
        for deed in every_deed(session, vault, reader, concern, now)[1:]:
            with pytest.raises(NotFound):
                deed()
    assert (concern.state, reads_of(session, school.tenant.id, school.student.id)) == ("open", [])


def test_who_is_no_contact_any_more_reads_no_more(session: Session, vault: Vault, okafor: Adult, raised: Raise, now: datetime) -> None:
    concern = raised()
    revoke(session, okafor.tenant_id, okafor.person_id, SchoolRole.SAFETY_CONTACT)
    for deed in every_deed(session, vault, okafor, concern, now):
        with pytest.raises(NotFound):
            deed()


def test_what_is_between_the_student_and_the_program_no_adult_finds(
    session: Session, vault: Vault, school: School, okafor: Adult, raised: Raise, now: datetime
) -> None:
    checking, answered = raised(Tier.AMBIGUOUS, now=now + timedelta(minutes=1)), raised(Tier.AMBIGUOUS)
    answer_check(session, school.tenant.id, school.student.id, answered.id, False, now=now)
    assert concerns_for(session, okafor) == []
    for concern in (checking, answered):
        for deed in every_deed(session, vault, okafor, concern, now)[1:]:
            with pytest.raises(NotFound):
                deed()
    escalate_unanswered(session, now=now + timedelta(days=1))
    assert [one.id for one in concerns_for(session, okafor)] == [checking.id]


# Reading


def test_the_words_are_read_and_the_read_is_written_down(
    session: Session, vault: Vault, school: School, okafor: Adult, raised: Raise, now: datetime
) -> None:
    concern = raised()
    assert read_concern(session, vault, okafor, concern.id, why="concern", channel="slack", now=now) == HURT
    (read,) = reads_of(session, school.tenant.id, school.student.id)
    assert (read.reader_id, read.reader_role, read.record_class, read.record_id) == (
        okafor.person_id,
        "advisor",
        "safety_concern",
        concern.id,
    )
    assert (read.why, read.channel, read.read_at) == ("concern", "slack", now)


def test_a_call_without_words_is_read_too(session: Session, vault: Vault, school: School, okafor: Adult, now: datetime) -> None:
    concern = ask_for_help_now(session, tenant_id=school.tenant.id, person_id=school.student.id, channel="web", now=now)
    assert read_concern(session, vault, okafor, concern.id, why="concern", now=now) is None
    assert len(reads_of(session, school.tenant.id, school.student.id)) == 1


def test_after_the_key_is_destroyed_nobody_reads(
    session: Session, vault: Vault, school: School, okafor: Adult, raised: Raise, now: datetime
) -> None:
    concern = raised()
    vault.destroy(school.student.id)
    with pytest.raises(KeyDestroyed):
        read_concern(session, vault, okafor, concern.id, why="concern", now=now)


# The list


def test_open_ones_come_first_and_the_longest_waiting_before_them_all(
    session: Session, okafor: Adult, raised: Raise, now: datetime
) -> None:
    first, second, third, done = (raised(now=now + timedelta(minutes=minute)) for minute in (1, 2, 3, 0))
    see(session, okafor, first.id, now=now)
    close(session, okafor, done.id, Outcome.MISTAKEN, now=now)
    assert [one.id for one in concerns_for(session, okafor)] == [second.id, third.id, first.id, done.id]


def test_of_the_closed_ones_the_newest_are_listed(session: Session, okafor: Adult, raised: Raise, now: datetime) -> None:
    for minute in range(MOST_CLOSED + 2):
        close(session, okafor, raised().id, Outcome.TALKED, now=now + timedelta(minutes=minute))
    waiting = raised()
    found = concerns_for(session, okafor)
    assert (found[0].id, len(found)) == (waiting.id, MOST_CLOSED + 1)
    assert found[1].closed_at == now + timedelta(minutes=MOST_CLOSED + 1)


# Seen and closed


def test_seen_means_somebody_pressed_and_the_first_stays(
    session: Session, okafor: Adult, brooks: Adult, raised: Raise, now: datetime
) -> None:
    concern = raised()
    for reader, minute in ((okafor, 1), (brooks, 2)):
        see(session, reader, concern.id, now=now + timedelta(minutes=minute))
    assert (concern.state, concern.seen_by, concern.seen_at) == ("seen", okafor.person_id, now + timedelta(minutes=1))


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("looked", [False, True])
def test_a_contact_closes_it_once_and_has_then_seen_it(
    session: Session, okafor: Adult, brooks: Adult, raised: Raise, now: datetime, outcome: Outcome, looked: bool
) -> None:
    concern = raised()
    if looked:
        see(session, brooks, concern.id, now=now)
    close(session, okafor, concern.id, outcome, now=now + timedelta(minutes=1))
    assert (concern.state, concern.outcome, concern.closed_by) == ("closed", outcome, okafor.person_id)
    assert concern.closed_at == now + timedelta(minutes=1)
    assert concern.seen_by == (brooks if looked else okafor).person_id
    with pytest.raises(ConcernClosed):
        close(session, brooks, concern.id, Outcome.OTHER, now=now)
    assert see(session, brooks, concern.id, now=now).state == "closed"


def test_what_is_not_there_is_not_found(session: Session, okafor: Adult, now: datetime) -> None:
    with pytest.raises(NotFound):
        see(session, okafor, uuid4(), now=now)


# The fact for a teacher


@pytest.fixture
def knows(session: Session, school: School) -> Callable[[Adult], bool]:
    """Whether a reader learns the fact about Ada."""
    return lambda reader: fact_for_teacher(session, reader, school.student.id)


def test_a_teacher_learns_the_fact_while_somebody_looks_after_it(
    session: Session, school: School, okafor: Adult, rivera: Adult, raised: Raise, knows: Callable[[Adult], bool], now: datetime
) -> None:
    assert not knows(rivera)
    concern = raised(Tier.AMBIGUOUS)
    assert not knows(rivera)
    answer_check(session, school.tenant.id, school.student.id, concern.id, True, now=now)
    assert knows(rivera)
    see(session, okafor, concern.id, now=now)
    assert knows(rivera)
    close(session, okafor, concern.id, Outcome.REFERRED, now=now)
    assert not knows(rivera)


def test_nobody_but_the_students_own_teachers_learns_it(
    session: Session,
    vault: Vault,
    school: School,
    neighbours: School,
    kim: Adult,
    raised: Raise,
    knows: Callable[[Adult], bool],
    now: datetime,
) -> None:
    raised()
    biology = add_course(session, school.deployment, "Biology", now=now)
    others = [
        adult(join(session, vault, biology, "Mr Lane", Role.TEACHER, now=now), Role.TEACHER),
        adult(join(session, vault, school.course, "Sam", Role.ASSISTANT, now=now), Role.ASSISTANT),
        adult(join(session, vault, school.course, "Ben", Role.STUDENT, now=now), Role.STUDENT),
        adult(add_person(session, vault, school.tenant.id, "Ms Advisor", now=now), Role.ADVISOR),
        adult(school.teacher, Role.TENANT_ADMIN),
        adult(neighbours.teacher, Role.TEACHER),
        kim,
    ]
    assert [knows(one) for one in others] == [False] * len(others)


@pytest.mark.parametrize("who", ["teacher", "student"])
def test_whoever_left_the_course_changes_that(
    session: Session, school: School, rivera: Adult, raised: Raise, knows: Callable[[Adult], bool], who: str
) -> None:
    raised()
    left = getattr(school, who).id
    session.execute(update(Enrolment).where(col(Enrolment.person_id) == left).values(active=False))
    assert not knows(rivera)


def test_of_abuse_no_teacher_learns_even_the_fact(
    session: Session, school: School, rivera: Adult, raised: Raise, knows: Callable[[Adult], bool], now: datetime
) -> None:
    raised(reason=Reason.ABUSE)
    assert not knows(rivera)
    enrol(session, add_course(session, school.deployment, "Biology", now=now), school.teacher, Role.TEACHER, now=now)
    assert not knows(rivera)
    raised(reason=Reason.DANGER)
    assert knows(rivera)
