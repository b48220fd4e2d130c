"""Invitations: one time, seven days, five tries."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import Session, col

from core.data.db import Database
from core.people.invitations import (
    MOST_ATTEMPTS,
    VALID_FOR,
    Invitation,
    InvitationInvalid,
    invite,
    open_invitations,
    try_code,
    use,
    withdraw,
)
from tests.people_made import School


@pytest.fixture
def code(session: Session, school: School, now: datetime) -> str:
    return invite(session, school.tenant.id, by=None, now=now)


def tried(session: Session, code: str, now: datetime) -> UUID:
    found = try_code(session, code, now=now)
    assert found is not None
    return found


def wrong(code: str) -> str:
    return code.partition(".")[0] + ".wrong"


def test_a_code_opens_its_school_once(session: Session, school: School, now: datetime, code: str) -> None:
    invitation_id = tried(session, code, now)
    assert use(session, invitation_id, now=now) == school.tenant.id
    assert try_code(session, code, now=now) is None
    with pytest.raises(InvitationInvalid):
        use(session, invitation_id, now=now)


def test_checking_a_code_does_not_spend_it(session: Session, school: School, now: datetime, code: str) -> None:
    tried(session, code, now)
    assert use(session, tried(session, code, now), now=now) == school.tenant.id


def test_the_secret_is_not_stored(session: Session, code: str) -> None:
    kept = session.scalars(select(Invitation)).one()
    assert code.startswith(kept.id.hex)
    assert code.partition(".")[2] not in str(kept.model_dump())


@pytest.mark.parametrize(
    "frame", ["{}", "  {}\n", "https://paceline.example/invitation/{}", "https://paceline.example/i/{} ", "x/{}"], ids=str
)
def test_a_whole_link_is_taken_for_its_code(session: Session, now: datetime, code: str, frame: str) -> None:
    assert try_code(session, frame.format(code), now=now) is not None


@pytest.mark.parametrize(("days", "opens"), [(timedelta(0), True), (VALID_FOR - timedelta(seconds=1), True), (VALID_FOR, False)])
def test_a_code_expires(session: Session, now: datetime, code: str, days: timedelta, opens: bool) -> None:
    assert (try_code(session, code, now=now + days) is not None) is opens


@pytest.mark.parametrize(("wrong_tries", "opens"), [(0, True), (MOST_ATTEMPTS - 1, True), (MOST_ATTEMPTS, False), (9, False)])
def test_five_wrong_tries_lock_it(session: Session, now: datetime, code: str, wrong_tries: int, opens: bool) -> None:
    for _ in range(wrong_tries):
        assert try_code(session, wrong(code), now=now) is None
    assert (try_code(session, code, now=now) is not None) is opens


def test_a_wrong_try_counts_although_all_else_is_refused(database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        code = invite(session, kept_school.tenant.id, by=None, now=now)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(InvitationInvalid):
            refuse_wrong(database, code, now)
    with database.aside() as session:
        assert try_code(session, code, now=now) is None


def refuse_wrong(database: Database, code: str, now: datetime) -> None:
    with database.aside() as session:
        found = try_code(session, wrong(code), now=now)
    if found is None:
        raise InvitationInvalid


def test_wrong_tries_lock_no_other_invitation(session: Session, school: School, now: datetime, code: str) -> None:
    other = invite(session, school.tenant.id, by=school.teacher.id, now=now)
    for _ in range(MOST_ATTEMPTS):
        try_code(session, wrong(other), now=now)
    assert try_code(session, code, now=now) is not None


def test_one_invitations_secret_does_not_open_another(session: Session, school: School, now: datetime, code: str) -> None:
    other = invite(session, school.tenant.id, by=None, now=now)
    assert try_code(session, f"{code.partition('.')[0]}.{other.partition('.')[2]}", now=now) is None


GARBAGE = ["", " ", ".", "/", "x", "x.y", "....", "ñ.ñ", "1_1.x", "\x00", "\ud800.\ud800", f"{uuid4().hex}.secret", uuid4().hex, "a" * 9000]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_opens_nothing(session: Session, now: datetime, code: str, garbage: str) -> None:
    assert try_code(session, garbage, now=now) is None


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.text() | st.uuids().map(lambda one: f"{one.hex}.") | st.text().map(lambda secret: f"{UUID(int=0).hex}.{secret}"))
def test_no_garbage_at_all_opens_anything(session: Session, now: datetime, garbage: str) -> None:
    assert try_code(session, garbage, now=now) is None


def test_nor_does_it_after_a_real_id(session: Session, now: datetime, code: str) -> None:
    for garbage in ("\ud800", "\x00", "ñ", ""):
        assert try_code(session, f"{code.partition('.')[0]}.{garbage}", now=now) is None


def test_open_invitations_are_listed_the_newest_first(session: Session, school: School, neighbours: School, now: datetime) -> None:
    codes = [invite(session, school.tenant.id, by=None, now=now + timedelta(minutes=minute)) for minute in range(4)]
    invite(session, neighbours.tenant.id, by=None, now=now)
    used, locked, withdrawn = (UUID(hex=one.partition(".")[0]) for one in codes[:3])
    use(session, used, now=now)
    for _ in range(MOST_ATTEMPTS):
        try_code(session, wrong(codes[1]), now=now)
    withdraw(session, school.tenant.id, withdrawn, now=now)
    newest = invite(session, school.tenant.id, by=None, now=now + timedelta(hours=1))
    listed = [one.id.hex for one in open_invitations(session, school.tenant.id, now=now + timedelta(hours=1))]
    assert listed == [newest.partition(".")[0], codes[3].partition(".")[0]]
    assert locked.hex not in listed


def test_a_withdrawn_code_opens_nothing(session: Session, school: School, now: datetime, code: str) -> None:
    withdraw(session, school.tenant.id, UUID(hex=code.partition(".")[0]), now=now)
    assert try_code(session, code, now=now) is None


def test_withdrawing_comes_before_spending_even_when_the_code_was_checked(
    session: Session, school: School, now: datetime, code: str
) -> None:
    checked = tried(session, code, now)
    withdraw(session, school.tenant.id, checked, now=now)
    with pytest.raises(InvitationInvalid):
        use(session, checked, now=now)


def test_another_school_cannot_withdraw_it(session: Session, neighbours: School, now: datetime, code: str) -> None:
    withdraw(session, neighbours.tenant.id, UUID(hex=code.partition(".")[0]), now=now)
    assert try_code(session, code, now=now) is not None


def test_withdrawing_a_used_one_keeps_its_history(session: Session, school: School, now: datetime, code: str) -> None:
    used = tried(session, code, now)
    use(session, used, now=now)
    withdraw(session, school.tenant.id, used, now=now)
    kept = session.scalars(select(Invitation).execution_options(populate_existing=True)).one()
    assert (kept.used_at, kept.expires_at) == (now, now + VALID_FOR)


def test_of_two_who_use_it_at_once_one_gets_in(database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        checked = tried(session, invite(session, kept_school.tenant.id, by=None, now=now), now)
    with database.aside() as first:
        assert use(first, checked, now=now) == kept_school.tenant.id
    with database.session() as second, pytest.raises(InvitationInvalid):
        use(second, checked, now=now)
    with database.session(writes=False) as session:
        used = select(func.count()).select_from(Invitation).where(col(Invitation.used_at).is_not(None))
        assert session.execute(used).scalar_one() == 1
