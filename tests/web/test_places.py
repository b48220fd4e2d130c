"""Where people may go: their courses, their school, and out."""

from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from core.courses.enrolments import Enrolment
from core.data.db import Database
from core.data.vault import Vault
from core.people.access import Role
from core.people.accounts import LTI, Account
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


def test_signing_out_closes_the_pages_of_every_tab(look: Look, kept_school: School) -> None:
    here, there = look(kept_school.student, Role.STUDENT), look(kept_school.student, Role.STUDENT)
    here.post("/sign-out")
    assert there.get().status_code == 404


@pytest.mark.parametrize(("role", "active"), [(Role.STUDENT, True), (Role.ASSISTANT, True), (Role.TEACHER, False)])
def test_a_roster_closes_to_whom_the_lms_made_something_else(
    look: Look, database: Database, kept_school: School, role: Role, active: bool
) -> None:
    teacher = look(kept_school.teacher, Role.TEACHER)
    assert teacher.get("/roster").status_code == 200
    with database.aside() as session:
        session.execute(update(Enrolment).where(col(Enrolment.person_id) == kept_school.teacher.id).values(role=role, active=active))
    assert teacher.get("/roster").status_code == 404
    assert teacher.post("/gradebook", send="yes").status_code == 404


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
    assert "later" not in page


@pytest.mark.parametrize(
    ("language", "here", "contact", "way"),
    [
        ("en", "an advisor of this school", "a safety contact of this school", "Open the inbox"),
        ("es", "parte de la orientación", "contacto de seguridad", "Abrir la bandeja"),
    ],
)
def test_who_has_roles_of_the_school_reads_which(
    look: Look, database: Database, vault: Vault, kept_school: School, now: datetime, language: str, here: str, contact: str, way: str
) -> None:
    with database.aside() as session:
        brooks = add_person(session, vault, kept_school.tenant.id, "Ms Brooks", now=now)
        brooks.language = language
        for role in (SchoolRole.ADVISOR, SchoolRole.SAFETY_CONTACT):
            grant(session, kept_school.tenant.id, brooks.id, role, by=None, now=now)
    page = look(brooks, Role.VISITOR, None).read()
    for said in ("Ms Brooks", here, contact, way):
        assert said in page
    for unsaid in ("nobody has given you a role", "No course here lists you", "nadie te ha dado", "Ningún curso"):
        assert unsaid not in page


@pytest.mark.parametrize(("role", "way"), [(Role.TENANT_ADMIN, "/admin"), (Role.VISITOR, "/place")])
def test_an_admins_home_leads_to_the_school(
    look: Look, database: Database, vault: Vault, kept_school: School, now: datetime, role: Role, way: str
) -> None:
    with database.aside() as session:
        ortiz = add_person(session, vault, kept_school.tenant.id, "Principal Ortiz", now=now)
        grant(session, kept_school.tenant.id, ortiz.id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    admin = look(ortiz, role, None)
    page = admin.read()
    assert "School administration" in page
    assert f"/v/{admin.me.handle}{way}" in admin.get().text
    for unsaid in ("No course here lists you", "nobody has given you a role", "Were you invited?", "They come later"):
        assert unsaid not in page


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


@pytest.mark.parametrize("role", [Role.STUDENT, Role.GUARDIAN])
def test_who_is_a_student_or_guardian_anywhere_is_asked_for_no_invitation(
    look: Look, database: Database, kept_school: School, now: datetime, role: Role
) -> None:
    teacher = kept_school.teacher
    assert "Were you invited?" in look(teacher, Role.VISITOR, None).read()
    with database.aside() as session:
        enrol(session, add_course(session, kept_school.deployment, "Chess club", now=now), teacher, role, now=now)
    for looks_as, course in ((Role.VISITOR, None), (Role.TEACHER, kept_school.course)):
        assert "Were you invited?" not in look(teacher, looks_as, course).read()


def test_whom_the_lms_calls_family_is_asked_for_no_invitation(
    look: Look, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    with database.aside() as session:
        alex = add_person(session, vault, kept_school.tenant.id, "Alex", now=now)
        realm = kept_school.platform.id.hex
        session.add(Account(tenant_id=kept_school.tenant.id, person_id=alex.id, channel=LTI, realm=realm, subject="alex", created_at=now))
    visitor = look(alex, Role.VISITOR, None)
    assert "Were you invited?" in visitor.read()
    with database.aside() as session:
        session.execute(update(Account).where(col(Account.person_id) == alex.id).values(is_family=True))
    assert "Were you invited?" not in visitor.read()
