"""Viewers: an opaque handle for two hours, bound to a cookie once the browser keeps one."""

import string
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import Session, col

from core.data.db import Database
from core.data.ids import digest
from core.people.access import Role
from core.people.viewers import (
    LIFETIME,
    Me,
    Opened,
    Viewer,
    ViewerClosed,
    bind_viewer,
    close_viewers,
    close_viewers_from,
    cookie_of,
    find_viewer,
    forget_expired,
    keeps_cookie,
    open_viewer,
)
from tests.people_made import School

HANDLES = string.ascii_letters + string.digits + "-_"


def look(session: Session, school: School, now: datetime, **more: Any) -> Opened:
    facts: dict[str, Any] = {
        "tenant_id": school.tenant.id,
        "person_id": school.student.id,
        "course_id": school.course.id,
        "role": Role.STUDENT,
        "platform_id": school.platform.id,
    }
    return open_viewer(session, **facts | more, now=now)


def is_open(session: Session, opened: Opened, now: datetime, cookie: str | None = None) -> bool:
    try:
        find_viewer(session, opened.handle, cookie, now=now)
    except ViewerClosed:
        return False
    return True


def test_a_viewer_knows_all_that_a_page_needs(session: Session, school: School, now: datetime) -> None:
    opened = look(session, school, now)
    me = find_viewer(session, opened.handle, None, now=now)
    assert me == Me(
        handle_hash=digest(opened.handle),
        handle=opened.handle,
        tenant_id=school.tenant.id,
        tenant_name="Riverside High",
        person_id=school.student.id,
        pseudonym=school.student.pseudonym,
        sealed_name=school.student.sealed_name,
        course_id=school.course.id,
        platform_id=school.platform.id,
        role=Role.STUDENT,
        language="en",
        zone="America/Los_Angeles",
        frame_origins=("https://lms.riverside.example",),
        bound=False,
        cookie_hash=digest(opened.cookie),
    )


def test_a_persons_own_language_and_zone_come_before_the_schools(session: Session, school: School, now: datetime) -> None:
    school.student.language, school.student.zone = "es", "America/New_York"
    session.add(school.student)
    session.flush()
    me = find_viewer(session, look(session, school, now).handle, None, now=now)
    assert (me.language, me.zone) == ("es", "America/New_York")


def test_a_viewer_needs_neither_course_nor_platform(session: Session, school: School, now: datetime) -> None:
    opened = look(session, school, now, course_id=None, platform_id=None, role=Role.VISITOR)
    me = find_viewer(session, opened.handle, None, now=now)
    assert (me.course_id, me.platform_id, me.frame_origins, me.role) == (None, None, (), Role.VISITOR)


def test_only_digests_are_stored(session: Session, school: School, now: datetime) -> None:
    opened = look(session, school, now)
    kept = session.scalars(select(Viewer)).one()
    stored = " ".join(str(value) for value in kept.model_dump().values())
    assert opened.handle not in stored
    assert opened.cookie not in stored
    assert (kept.handle_hash, kept.cookie_hash) == (digest(opened.handle), digest(opened.cookie))


def test_every_handle_and_every_cookie_is_another(session: Session, school: School, now: datetime) -> None:
    secrets = [secret for _ in range(20) for opened in [look(session, school, now)] for secret in (opened.handle, opened.cookie)]
    assert len(set(secrets)) == 40


@pytest.mark.parametrize("guess", ["", "x", "ñ", "\ud800", "a" * 10_000, "' OR 1=1 --", "\x00"])
def test_a_forged_handle_opens_nothing(session: Session, school: School, now: datetime, guess: str) -> None:
    look(session, school, now)
    with pytest.raises(ViewerClosed):
        find_viewer(session, guess, None, now=now)


def test_a_stored_digest_is_no_handle(session: Session, school: School, now: datetime) -> None:
    opened = look(session, school, now)
    with pytest.raises(ViewerClosed):
        find_viewer(session, digest(opened.handle), None, now=now)


def test_a_viewer_closes_after_two_hours(session: Session, school: School, now: datetime) -> None:
    opened = look(session, school, now)
    assert is_open(session, opened, now + LIFETIME - timedelta(seconds=1))
    assert not is_open(session, opened, now + LIFETIME)


def test_a_platform_that_is_removed_takes_its_viewers_along_but_not_the_admins(session: Session, school: School, now: datetime) -> None:
    ada, admin = look(session, school, now), look(session, school, now, person_id=school.teacher.id, role=Role.TENANT_ADMIN)
    close_viewers_from(session, uuid4(), school.tenant.id)
    assert is_open(session, ada, now)
    close_viewers_from(session, school.platform.id, school.tenant.id)
    assert [is_open(session, one, now) for one in (ada, admin)] == [False, True]


def test_signing_out_everywhere_closes_all_windows_of_that_person(session: Session, school: School, now: datetime) -> None:
    mine, mine_too = look(session, school, now), look(session, school, now)
    hers = look(session, school, now, person_id=school.teacher.id, role=Role.TEACHER)
    close_viewers(session, school.student.id)
    assert [is_open(session, one, now) for one in (mine, mine_too, hers)] == [False, False, True]


def test_before_it_is_bound_a_viewer_needs_no_cookie(session: Session, school: School, now: datetime) -> None:
    opened = look(session, school, now)
    assert is_open(session, opened, now)
    assert is_open(session, opened, now, cookie="another's")


@pytest.mark.parametrize(("cookie", "opens"), [(None, False), ("", False), ("another's", False), ("ñ", False), ("own", True)])
def test_once_bound_a_viewer_needs_its_cookie(session: Session, school: School, now: datetime, cookie: str | None, opens: bool) -> None:
    opened = look(session, school, now)
    bind_viewer(session, find_viewer(session, opened.handle, None, now=now).handle_hash, now=now)
    assert is_open(session, opened, now, cookie=opened.cookie if cookie == "own" else cookie) is opens


def test_a_cookie_that_comes_back_is_to_be_bound_once(session: Session, school: School, now: datetime) -> None:
    opened = look(session, school, now)
    me = find_viewer(session, opened.handle, None, now=now)
    assert [keeps_cookie(me, cookie) for cookie in (None, "another's", opened.cookie)] == [False, False, True]
    bind_viewer(session, me.handle_hash, now=now)
    bound = find_viewer(session, opened.handle, opened.cookie, now=now)
    assert bound.bound
    assert not keeps_cookie(bound, opened.cookie)


def test_the_cookie_stays_inside_the_frame_and_its_own_path() -> None:
    cookie = cookie_of(Opened("handle", "secret"))
    assert cookie["value"] == "secret"
    assert cookie["path"] == "/v/handle/"
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["partitioned"]) == (True, True, "None", True)
    assert cookie["max_age"] == LIFETIME


def test_a_forms_value_belongs_to_one_handle(session: Session, school: School, now: datetime) -> None:
    one, two = (find_viewer(session, look(session, school, now).handle, None, now=now) for _ in range(2))
    assert one.csrf != two.csrf
    assert one.csrf == replace(one, bound=True).csrf
    assert one.handle not in one.csrf
    assert len(one.csrf) == 32


@given(handle=st.text(HANDLES), other=st.text(HANDLES))
def test_two_handles_have_two_form_values(handle: str, other: str) -> None:
    facts: dict[str, Any] = dict.fromkeys(Me.__dataclass_fields__)
    assert (Me(**facts | {"handle": handle}).csrf == Me(**facts | {"handle": other}).csrf) is (handle == other)


def test_expired_viewers_are_forgotten_and_open_ones_kept(session: Session, school: School, now: datetime) -> None:
    look(session, school, now - LIFETIME)
    opened = look(session, school, now - LIFETIME + timedelta(seconds=1))
    forget_expired(session, now=now)
    assert list(session.scalars(select(col(Viewer.handle_hash)))) == [digest(opened.handle)]


def test_a_viewer_goes_with_its_person(database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        opened = look(session, kept_school, now, person_id=kept_school.teacher.id, role=Role.TEACHER, course_id=None)
    with database.aside() as session:
        from_table = session.get(type(kept_school.teacher), kept_school.teacher.id)
        session.delete(from_table)
    with database.session(writes=False) as session:
        assert not is_open(session, opened, now)


def test_closing_what_is_not_there_changes_nothing(session: Session, school: School, now: datetime) -> None:
    opened = look(session, school, now)
    close_viewers(session, uuid4())
    assert is_open(session, opened, now)
