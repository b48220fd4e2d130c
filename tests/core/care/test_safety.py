"""Safety concerns: an acute one reaches a person at once, another asks first, and none is lost on the way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select
from sqlmodel import Session, col

from core.care import safety
from core.care.contacts import close, see
from core.care.safety import (
    KEPT,
    WORDS,
    ConcernState,
    ConcernTold,
    Outcome,
    Reason,
    SafetyConcern,
    Tier,
    answer_check,
    ask_for_help_now,
    contacts_of,
    escalate_unanswered,
    forget_concerns,
    tell_newly_named,
    told_of,
)
from core.data.outbox import OutboxEntry
from core.data.vault import Vault
from core.errors import NotFound
from core.journal.notices import TALK
from core.people.access import Role
from core.people.people import Person
from core.people.roles import SchoolRole, grant, revoke
from intents import loader
from tests.core.care.conftest import HURT, Adult, Named, Noticed, Raise
from tests.people_made import School, join

TUESDAY_MORNING = timedelta(hours=22)  # after Monday, 10:00, in California: the first school hour that follows
Answer = Callable[..., SafetyConcern]


def concerns(session: Session) -> list[SafetyConcern]:
    return list(session.scalars(select(SafetyConcern).order_by(col(SafetyConcern.raised_at))))


@pytest.fixture
def answer(session: Session, school: School, now: datetime) -> Answer:
    """Let Ada answer a check, a minute later."""

    def said(concern: SafetyConcern, wants_help: bool) -> SafetyConcern:
        later = now + timedelta(minutes=1)
        return answer_check(session, school.tenant.id, school.student.id, concern.id, wants_help, now=later)

    return said


@pytest.fixture
def press(session: Session, school: School, now: datetime) -> Callable[[], SafetyConcern]:
    """Let Ada press *I need help now*."""
    return lambda: ask_for_help_now(session, tenant_id=school.tenant.id, person_id=school.student.id, channel="web", now=now)


# What the detector says and what care knows


def test_every_tier_and_reason_of_the_detector_is_known_here() -> None:
    assert set(loader.Tier) == {str(one) for one in Tier}
    assert {str(one) for one in Reason} - set(loader.Reason) == {"asked"}


# Acute


def test_an_acute_concern_is_told_to_every_contact_at_once(
    session: Session, vault: Vault, school: School, okafor: Adult, kim: Adult, named: Named, raised: Raise, noticed: Noticed, now: datetime
) -> None:
    brooks = named("Mr Brooks", SchoolRole.SAFETY_CONTACT)
    concern = raised()
    assert (concern.state, concern.tier, concern.reason, concern.rule) == ("open", "acute", "self_harm", "en.hurt_myself")
    assert (concern.raised_at, concern.check_due_at, concern.channel) == (now, None, "web")
    assert concern.sealed_words is not None
    assert vault.key_of(school.student.id).open(concern.sealed_words, WORDS) == HURT
    payload = {"concern": str(concern.id), "at": now.isoformat()}
    assert noticed() == [(okafor.person_id, payload), (brooks.person_id, payload)]


def test_the_notice_holds_ids_and_no_words(session: Session, okafor: Adult, raised: Raise) -> None:
    raised()
    (entry,) = session.scalars(select(OutboxEntry))
    assert (entry.kind, entry.destination) == ("notice.concern_raised", TALK)
    assert HURT not in str(vars(entry))


@pytest.mark.parametrize("words", ["", "help \ud83d me", "a" * 100_000, "línea\ny otra"])
def test_whatever_was_written_is_kept_whole(vault: Vault, school: School, raised: Raise, words: str) -> None:
    concern = raised(words=words)
    assert concern.sealed_words is not None
    kept = vault.key_of(school.student.id).open(concern.sealed_words, WORDS)
    assert kept == words.encode(errors="replace").decode()


def test_a_reason_that_nobody_knows_is_a_fault_and_not_a_silence(raised: Raise) -> None:
    with pytest.raises(ValueError, match="boredom"):
        raised(reason="boredom")


def test_while_no_contact_is_named_the_admins_are_told(
    okafor: Adult, kim: Adult, raised: Raise, noticed: Noticed, session: Session
) -> None:
    assert contacts_of(session, kim.tenant_id) == [okafor.person_id]
    revoke(session, okafor.tenant_id, okafor.person_id, SchoolRole.SAFETY_CONTACT)
    raised()
    assert [who for who, _ in noticed()] == [kim.person_id]


def test_with_nobody_to_tell_the_concern_is_kept_until_somebody_is_named(
    session: Session, named: Named, raised: Raise, noticed: Noticed, now: datetime
) -> None:
    concern = raised()
    assert noticed() == []
    assert tell_newly_named(session, now=now) == 0
    kim = named("Kim Lee", SchoolRole.TENANT_ADMIN)
    assert tell_newly_named(session, now=now) == 1
    okafor = named("Ms Okafor", SchoolRole.SAFETY_CONTACT)
    assert [tell_newly_named(session, now=now) for _ in range(3)] == [1, 0, 0]
    assert [who for who, _ in noticed()] == [kim.person_id, okafor.person_id]
    see(session, Adult(okafor.tenant_id, okafor.person_id, Role.VISITOR), concern.id, now=now)
    named("Mr Brooks", SchoolRole.SAFETY_CONTACT)
    assert tell_newly_named(session, now=now) == 0


def test_nobody_is_told_of_a_concern_about_themselves(
    session: Session, school: School, okafor: Adult, raised: Raise, noticed: Noticed, now: datetime
) -> None:
    grant(session, school.tenant.id, school.student.id, SchoolRole.SAFETY_CONTACT, by=None, now=now)
    raised()
    assert [who for who, _ in noticed()] == [okafor.person_id]


def test_another_schools_contacts_hear_nothing(
    session: Session, neighbours: School, okafor: Adult, raised: Raise, noticed: Noticed, now: datetime
) -> None:
    grant(session, neighbours.tenant.id, neighbours.teacher.id, SchoolRole.SAFETY_CONTACT, by=None, now=now)
    raised()
    assert [who for who, _ in noticed()] == [okafor.person_id]
    raised(person=neighbours.student)
    assert [who for who, _ in noticed()] == [okafor.person_id, neighbours.teacher.id]


# Ambiguous: the student is asked first


def test_an_ambiguous_concern_waits_for_the_students_answer(okafor: Adult, raised: Raise, noticed: Noticed, now: datetime) -> None:
    concern = raised(Tier.AMBIGUOUS)
    assert (concern.state, concern.check_due_at, concern.wants_help) == ("checking", now + timedelta(minutes=15), None)
    assert noticed() == []


def test_im_ok_ends_the_check_and_tells_nobody(
    session: Session, okafor: Adult, raised: Raise, answer: Answer, noticed: Noticed, now: datetime
) -> None:
    concern = answer(raised(Tier.AMBIGUOUS), wants_help=False)
    assert (concern.state, concern.wants_help, concern.answered_at) == ("answered", False, now + timedelta(minutes=1))
    assert escalate_unanswered(session, now=now + timedelta(days=9)) == 0
    assert noticed() == []


@pytest.mark.parametrize("thought_again", [False, True])
def test_i_want_help_tells_the_contacts_at_once_even_after_im_ok(
    session: Session, okafor: Adult, raised: Raise, answer: Answer, noticed: Noticed, thought_again: bool
) -> None:
    concern = raised(Tier.AMBIGUOUS)
    if thought_again:
        answer(concern, wants_help=False)
    for _ in range(2):
        assert answer(concern, wants_help=True) is concern
    assert (concern.state, concern.wants_help) == ("open", True)
    assert [who for who, _ in noticed()] == [okafor.person_id]


def test_one_answer_is_for_the_earlier_checks_that_wait_too(
    session: Session, okafor: Adult, raised: Raise, answer: Answer, noticed: Noticed, now: datetime
) -> None:
    first, second = raised(Tier.AMBIGUOUS), raised(Tier.AMBIGUOUS, now=now + timedelta(seconds=30))
    third = raised(Tier.AMBIGUOUS, now=now + timedelta(seconds=40))
    answer(second, wants_help=False)
    assert [one.state for one in (first, second, third)] == ["answered", "answered", "checking"]


def test_a_check_that_nobody_answers_reaches_a_contact_once(
    session: Session, okafor: Adult, raised: Raise, noticed: Noticed, now: datetime
) -> None:
    concern = raised(Tier.AMBIGUOUS, now=now + timedelta(hours=8))
    due = now + TUESDAY_MORNING
    assert concern.check_due_at == due
    assert escalate_unanswered(session, now=due - timedelta(seconds=1)) == 0
    assert [escalate_unanswered(session, now=due) for _ in range(3)] == [1, 0, 0]
    assert [concern.state, concern.check_due_at] == ["open", None]
    assert [who for who, _ in noticed()] == [okafor.person_id]


def test_a_late_im_ok_is_noted_and_a_contact_looks_all_the_same(
    session: Session, okafor: Adult, raised: Raise, answer: Answer, noticed: Noticed, now: datetime
) -> None:
    concern = raised(Tier.AMBIGUOUS)
    escalate_unanswered(session, now=now + timedelta(hours=1))
    answer(concern, wants_help=False)
    assert (concern.state, concern.wants_help) == ("open", False)
    assert len(noticed()) == 1


@pytest.mark.parametrize("closed", [False, True])
def test_who_wants_help_after_a_contact_looked_is_heard_again(
    session: Session, okafor: Adult, raised: Raise, answer: Answer, noticed: Noticed, now: datetime, closed: bool
) -> None:
    concern = raised(Tier.AMBIGUOUS)
    escalate_unanswered(session, now=now + timedelta(hours=1))
    see(session, okafor, concern.id, now=now)
    if closed:
        close(session, okafor, concern.id, Outcome.TALKED, now=now)
    before = concern.state
    again = answer(concern, wants_help=True)
    assert (again.reason, again.state, again.id == concern.id) == ("asked", "open", False)
    assert (concern.state, concern.wants_help) == (before, None)
    assert [payload["concern"] for _, payload in noticed()] == [str(concern.id), str(again.id)]


def test_nobody_elses_check_can_be_answered(
    session: Session, vault: Vault, school: School, neighbours: School, raised: Raise, now: datetime
) -> None:
    concern = raised(Tier.AMBIGUOUS)
    ben = join(session, vault, school.course, "Ben", Role.STUDENT, now=now)
    for tenant_id, person_id, which in (
        (school.tenant.id, ben.id, concern.id),
        (neighbours.tenant.id, school.student.id, concern.id),
        (school.tenant.id, school.student.id, uuid4()),
    ):
        with pytest.raises(NotFound):
            answer_check(session, tenant_id, person_id, which, False, now=now)
    assert concern.state == "checking"


# I need help now


def test_i_need_help_now_reaches_the_contacts_without_any_words(
    okafor: Adult, press: Callable[[], SafetyConcern], noticed: Noticed
) -> None:
    concern = press()
    assert (concern.tier, concern.reason, concern.rule, concern.sealed_words, concern.state) == ("acute", "asked", "asked", None, "open")
    assert [who for who, _ in noticed()] == [okafor.person_id]


def test_pressed_again_it_is_the_same_until_somebody_looked(
    session: Session, okafor: Adult, press: Callable[[], SafetyConcern], noticed: Noticed, now: datetime
) -> None:
    first = press()
    assert press() is first
    assert len(noticed()) == 1
    see(session, okafor, first.id, now=now)
    assert press() is not first
    assert len(noticed()) == 2


# What the student knows


def test_a_student_sees_that_there_is_one_how_it_stands_and_who_was_told(
    session: Session, school: School, okafor: Adult, named: Named, raised: Raise, now: datetime
) -> None:
    brooks = named("Mr Brooks", SchoolRole.SAFETY_CONTACT)
    first, second = raised(), raised(Tier.AMBIGUOUS, now=now + timedelta(minutes=1))
    see(session, okafor, first.id, now=now)
    newest, oldest = told_of(session, school.tenant.id, school.student.id)
    assert (newest.concern_id, newest.state, newest.told, newest.seen_by) == (second.id, ConcernState.CHECKING, (), None)
    assert (oldest.concern_id, oldest.raised_at, oldest.state, oldest.seen_by) == (first.id, now, ConcernState.SEEN, okafor.person_id)
    assert set(oldest.told) == {okafor.person_id, brooks.person_id}


def test_nobody_elses_concerns_are_told(session: Session, school: School, neighbours: School, raised: Raise) -> None:
    raised()
    assert told_of(session, school.tenant.id, school.teacher.id) == []
    assert told_of(session, neighbours.tenant.id, school.student.id) == []


# How long it is kept


def test_a_concern_goes_a_year_after_it_was_closed_or_answered_and_what_waits_stays(
    session: Session, school: School, okafor: Adult, raised: Raise, answer: Answer, now: datetime
) -> None:
    answered, checking, open_, seen, closed = (
        raised(tier) for tier in (Tier.AMBIGUOUS, Tier.AMBIGUOUS, Tier.ACUTE, Tier.ACUTE, Tier.ACUTE)
    )
    checking.raised_at += timedelta(hours=1)  # so that the answer is not for this one too
    session.flush()
    answer(answered, wants_help=False)
    see(session, okafor, seen.id, now=now)
    close(session, okafor, closed.id, Outcome.OTHER, now=now)
    session.flush()
    forget_concerns(session, before=now)
    assert len(concerns(session)) == 5
    for _ in range(2):
        forget_concerns(session, before=now + KEPT)
        assert {one.state for one in concerns(session)} == {"checking", "open", "seen"}
    told = set(session.scalars(select(col(ConcernTold.concern_id))))
    assert told == {open_.id, seen.id}


def test_who_is_erased_takes_their_concerns_along(session: Session, school: School, okafor: Adult, raised: Raise) -> None:
    raised()
    other: UUID = raised(person=school.teacher).id
    session.execute(delete(Person).where(col(Person.id) == school.student.id))
    session.expire_all()
    assert [one.id for one in concerns(session)] == [other]
    assert safety.contacts_of(session, school.tenant.id) == [okafor.person_id]
