"""Where people may go: their courses, their school, and out."""

from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.data.db import Database
from core.data.vault import Vault
from core.people.access import Role
from core.people.invitations import Invitation, invite
from core.people.people import add_person
from core.people.roles import SchoolRole, grant, roles_of
from core.people.viewers import COOKIE, Viewer, bind_viewer
from tests.people_made import School, add_course, enrol, make_school
from tests.web.conftest import Look
from tests.web.looking import Looker


def test_from_course_to_course_with_a_page_of_each_role(ada: Looker, database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        chess = add_course(session, kept_school.deployment, "Chess club", now=now)
        enrol(session, chess, kept_school.student, Role.TEACHER, now=now)
    answer = ada.post("/place", course=chess.id)
    assert answer.location.endswith("/roster")
    assert "Nobody has opened Paceline yet." in ada.follow(answer)
    assert "Hi Ada" in ada.read(), "the page that was open stays open"
    with database.session(writes=False) as session:
        newest = session.scalars(select(Viewer).where(col(Viewer.course_id) == chess.id)).one()
        assert (newest.role, newest.platform_id) == (Role.TEACHER, kept_school.platform.id)


@pytest.mark.parametrize("form", [{"course": str(uuid4())}, {"school": "yes"}, {}, {"course": "", "school": "no"}, {"course": "x' OR 1=1"}])
def test_no_place_of_ones_own_is_refused(ada: Looker, database: Database, form: dict[str, str]) -> None:
    assert ada.post("/place", **form).status_code in (404, 422)
    with database.session(writes=False) as session:
        assert len(session.scalars(select(Viewer)).all()) == 1


def test_another_schools_course_is_not_there(ada: Looker, database: Database, vault: Vault, now: datetime) -> None:
    with database.aside() as session:
        theirs = make_school(session, vault, now=now, name="Lakeside High", issuer="https://lms.lakeside.example")
    assert ada.post("/place", course=theirs.course.id).status_code == 404


def test_the_cookie_goes_along_where_the_browser_keeps_one(ada: Looker, database: Database, kept_school: School, now: datetime) -> None:
    assert "Set-Cookie" not in ada.post("/place", course=kept_school.course.id).headers
    with database.aside() as session:
        bind_viewer(session, ada.me.handle_hash, now=now)
    form = {"csrf": ada.me.csrf, "course": kept_school.course.id}
    answer = ada.browser.post(f"/v/{ada.me.handle}/place", data=form, headers={"Cookie": f"{COOKIE}={ada.cookie}"})
    cookie = answer.headers["Set-Cookie"]
    assert answer.status_code == 303
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", f"Path={answer.location}"))


def test_signing_out_closes_the_page_and_takes_the_cookie(ada: Looker) -> None:
    answer = ada.post("/sign-out")
    assert "You are signed out" in answer.text
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert ada.get().status_code == 404


def test_somebody_without_a_course_sees_their_list(look: Look, kept_school: School) -> None:
    page = look(kept_school.student, Role.VISITOR, None).read()
    assert "Choose a course to go on." in page
    assert "Algebra 1" in page


def test_a_visitor_is_told_how_to_get_a_role(look: Look, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        alex = add_person(session, vault, kept_school.tenant.id, "Alex", now=now)
    page = look(alex, Role.VISITOR, None).read()
    for said in ("nobody has given you a role here yet", "ask its teacher to add you", "Were you invited?"):
        assert said in page


def test_a_teachers_home_leads_to_the_roster_and_to_the_school_they_administer(
    ms_rivera: Looker, database: Database, kept_school: School, now: datetime
) -> None:
    assert "School administration" not in ms_rivera.read()
    with database.aside() as session:
        grant(session, kept_school.tenant.id, kept_school.teacher.id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    assert "Open the roster" in ms_rivera.read()
    assert "School administration" in ms_rivera.follow(ms_rivera.post("/place", school="yes"))


@pytest.mark.parametrize("role", [Role.ADVISOR, Role.GUARDIAN])
def test_a_role_without_a_page_is_told_so(
    look: Look, database: Database, vault: Vault, kept_school: School, now: datetime, role: Role
) -> None:
    with database.aside() as session:
        person = add_person(session, vault, kept_school.tenant.id, None, now=now)
        enrol(session, kept_school.course, person, role, now=now)
    page = look(person, role).read()
    assert page.count("There is no page for your role in this course yet.") == 1
    assert "Hello" in page


def test_an_invitation_makes_a_visitor_an_admin_once(
    look: Look, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    with database.aside() as session:
        alex = add_person(session, vault, kept_school.tenant.id, "Alex", now=now)
        code = invite(session, kept_school.tenant.id, by=None, now=now)
    visitor = look(alex, Role.VISITOR, None)
    assert "School administration" in visitor.follow(visitor.post("/invitation", code=f"https://paceline.test/invitation/{code}"))
    with database.session(writes=False) as session:
        assert roles_of(session, kept_school.tenant.id, alex.id) == {SchoolRole.TENANT_ADMIN}
    again = visitor.post("/invitation", code=code)
    assert again.status_code == 403
    assert "This code opens nothing" in again.text


def test_an_invitation_of_another_school_is_neither_taken_nor_spent(
    look: Look, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    with database.aside() as session:
        alex = add_person(session, vault, kept_school.tenant.id, "Alex", now=now)
        theirs = make_school(session, vault, now=now, name="Lakeside High", issuer="https://lms.lakeside.example")
        code = invite(session, theirs.tenant.id, by=None, now=now)
    assert look(alex, Role.VISITOR, None).post("/invitation", code=code).status_code == 403
    with database.session(writes=False) as session:
        invitation = session.scalars(select(Invitation)).one()
        assert (invitation.used_at, invitation.attempts) == (None, 1)
        assert roles_of(session, theirs.tenant.id, alex.id) == set()


def test_students_accept_no_invitation(ada: Looker, database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        code = invite(session, kept_school.tenant.id, by=None, now=now)
    assert ada.post("/invitation", code=code).status_code == 403
    assert "Were you invited?" not in ada.read()
