"""The school's admin page: each of its deeds, only inside its own school."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.data import outbox
from core.data.db import Database
from core.data.outbox import OutboxEntry, State
from core.data.vault import Vault
from core.people import platforms
from core.people.access import Role
from core.people.invitations import Invitation, invite
from core.people.people import Person, add_person
from core.people.platforms import AgeBand, Deployment, Platform
from core.people.roles import SchoolRole, grant, holders_of
from tests.people_made import School, join, make_school
from tests.web.conftest import Look
from tests.web.looking import Looker, words

MOODLE = {
    "name": "Riverside Moodle",
    "issuer": "https://moodle.riverside.example",
    "client_id": "A1b2",
    "auth_login_url": "https://moodle.riverside.example/auth.php",
    "auth_token_url": "https://moodle.riverside.example/token.php",
    "key_set_url": "https://moodle.riverside.example/certs.php",
}


@pytest.fixture
def kim(database: Database, vault: Vault, kept_school: School, now: datetime) -> Person:
    """The school's only admin."""
    with database.aside() as session:
        person = add_person(session, vault, kept_school.tenant.id, "Kim Lee", now=now)
        grant(session, kept_school.tenant.id, person.id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    return person


@pytest.fixture
def admin(look: Look, kim: Person) -> Looker:
    """Kim, in the school."""
    return look(kim, Role.TENANT_ADMIN, None)


@pytest.fixture
def neighbours(database: Database, vault: Vault, now: datetime) -> School:
    """Another school, committed."""
    with database.aside() as session:
        return make_school(session, vault, now=now, name="Lakeside High", issuer="https://lms.lakeside.example")


@pytest.fixture
def own_platform(database: Database, kept_school: School, now: datetime) -> Platform:
    """An LMS that the school added itself, with deployment 7 waiting for approval."""
    with database.aside() as session:
        platform = platforms.add_platform(session, tenant_id=kept_school.tenant.id, now=now, **MOODLE)
        platforms.notice_deployment(session, platform.id, "7", now=now)
    return platform


def deployment_of(database: Database, platform: Platform) -> Deployment:
    with database.session(writes=False) as session:
        return session.scalars(select(Deployment).where(col(Deployment.platform_id) == platform.id)).one()


def dead_letter(database: Database, school: School, now: datetime) -> int:
    """A promise of the school that was given up."""
    key = uuid4().hex
    with database.aside() as session:
        outbox.promise(
            session,
            "check_in.made",
            "gradebook",
            tenant_id=school.tenant.id,
            subject_id=school.student.id,
            payload={},
            once_key=key,
            due_at=now,
        )
        entry = session.scalars(select(OutboxEntry).where(col(OutboxEntry.once_key) == key)).one()
        entry.state, entry.last_error = State.DEAD, "HTTP 404"
        assert entry.seq is not None
        return entry.seq


def test_the_page_names_what_it_looks_after(admin: Looker) -> None:
    page = admin.read("/admin")
    for said in ("Riverside High", "No invitation is open.", "Riverside High LMS", "13 to 17", "Kim Lee", "Everything was delivered."):
        assert said in page
    assert "The operator of this server added this LMS" in page
    for address in ("/lti/login", "/lti/launch", "/lti/jwks.json"):
        assert f'value="https://paceline.test{address}"' in admin.get("/admin").text


@pytest.mark.parametrize("kind", ["sqlite"])
def test_nobody_else_sees_it(ada: Looker, ms_rivera: Looker) -> None:
    assert ada.get("/admin").status_code == ms_rivera.get("/admin").status_code == 403


def test_an_invitation_is_shown_once_and_withdrawn(admin: Looker, database: Database) -> None:
    made = admin.post("/admin/invitations")
    assert made.status_code == 200
    link = made.text.partition('value="https://paceline.test/invitation/')[2].partition('"')[0]
    assert len(link) > 60
    assert link not in admin.get("/admin").text
    with database.session(writes=False) as session:
        invitation = session.scalars(select(Invitation)).one()
        assert invitation.made_by == admin.me.person_id
    assert "opens nothing any more" in admin.follow(admin.post(f"/admin/invitations/{invitation.id}/withdraw"))
    assert admin.browser.post(f"/invitation/{link}", data={"name": "Pat"}).status_code == 403


def test_the_page_that_shows_a_link_does_not_lose_it_and_is_the_schools(admin: Looker) -> None:
    languages, lit = "Español", f'href="/v/{admin.me.handle}/admin" aria-current="page"'
    made = admin.post("/admin/invitations").text
    assert "/invitation/" in made
    assert languages not in made
    for page in (made, admin.get("/admin").text, admin.post("/admin/platforms").text):
        assert lit in page
    assert languages in admin.get("/admin").text
    for section in ("invitations", "platforms"):
        again = admin.get(f"/admin/{section}")
        assert (again.status_code, again.location) == (303, f"/v/{admin.me.handle}/admin#{section}")
    assert 'name="page" value="admin.show"' in admin.post("/admin/platforms").text


def test_another_schools_invitation_stays(admin: Looker, database: Database, neighbours: School, now: datetime) -> None:
    with database.aside() as session:
        invite(session, neighbours.tenant.id, by=None, now=now)
        (theirs,) = session.scalars(select(Invitation))
    admin.post(f"/admin/invitations/{theirs.id}/withdraw")
    with database.session(writes=False) as session:
        assert session.scalars(select(Invitation)).one().expires_at > now + timedelta(days=6)


def test_a_platform_of_ones_own_is_added_and_its_deployment_approved_and_removed(
    admin: Looker, database: Database, kept_school: School, now: datetime
) -> None:
    assert "The LMS was added." in admin.follow(admin.post("/admin/platforms", **MOODLE))
    with database.aside() as session:
        platform = platforms.find_platform(session, MOODLE["issuer"])
        assert platform.tenant_id == kept_school.tenant.id
        platforms.notice_deployment(session, platform.id, "7", now=now)
    assert "Waiting for approval" in admin.read("/admin")
    key = deployment_of(database, platform).id
    for unattested in ("unset", "", "13"):
        assert admin.post(f"/admin/deployments/{key}/approve", age_band=unattested).status_code == 422
    assert "The deployment is approved." in admin.follow(admin.post(f"/admin/deployments/{key}/approve", age_band="under_13"))
    approved = deployment_of(database, platform)
    assert (approved.tenant_id, approved.age_band) == (kept_school.tenant.id, AgeBand.UNDER_13)
    assert approved.approved_by == str(admin.me.person_id)
    assert "Its launches are refused now." in admin.follow(admin.post(f"/admin/deployments/{key}/remove"))
    assert deployment_of(database, platform).removed_at is not None


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key_set_url": "javascript:alert(1)"}, "is not an address of the web"),
        ({"issuer": "https://a.example; script-src *"}, "is not an address of the web"),
        ({"auth_login_url": "https://user:pass@a.example/"}, "is not an address of the web"),
        ({"client_id": "  "}, "is missing or cannot be read"),
        ({"issuer": "https://lms.riverside.example", "client_id": "client-1"}, "registered already"),
    ],
)
def test_a_platform_that_does_not_fit_is_refused_with_nothing_lost(
    admin: Looker, database: Database, change: dict[str, str], said: str
) -> None:
    answer = admin.post("/admin/platforms", **(MOODLE | change))
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert answer.text.count('aria-invalid="true"') == 1
    assert 'value="https://moodle.riverside.example/token.php"' in answer.text
    with database.session(writes=False) as session:
        assert len(platforms.list_platforms(session)) == 1


def test_the_operators_platform_is_approved_by_the_operator(admin: Looker, database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        platforms.notice_deployment(session, kept_school.platform.id, "99", now=now)
        waiting = session.scalars(select(Deployment).where(col(Deployment.deployment_id) == "99")).one()
    assert "99" not in admin.read("/admin")
    for deed in ("approve", "remove"):
        assert admin.post(f"/admin/deployments/{waiting.id}/{deed}", age_band="adult").status_code == 404


def test_what_an_admin_removed_from_the_operators_platform_they_bring_back(
    admin: Looker, database: Database, kept_school: School, neighbours: School
) -> None:
    address = f"/admin/deployments/{kept_school.deployment.id}"
    assert f"{address}/approve" not in admin.get("/admin").text
    assert "Its launches are refused now." in admin.follow(admin.post(f"{address}/remove"))
    assert "Approve again" in admin.read("/admin")
    assert f"{address}/approve" in admin.get("/admin").text
    assert '<option value="13_17" selected>' in admin.get("/admin").text
    assert "The deployment is approved." in admin.follow(admin.post(f"{address}/approve", age_band="mixed"))
    back = deployment_of(database, kept_school.platform)
    assert (back.tenant_id, back.age_band, back.removed_at) == (kept_school.tenant.id, AgeBand.MIXED, None)
    assert admin.post(f"/admin/deployments/{neighbours.deployment.id}/approve", age_band="mixed").status_code == 404


def test_another_schools_deployments_are_not_there(admin: Looker, database: Database, neighbours: School, now: datetime) -> None:
    with database.aside() as session:
        theirs = platforms.add_platform(session, now=now, **MOODLE)
        theirs.tenant_id = neighbours.tenant.id  # added by that school while it was alone on this server
        platforms.notice_deployment(session, theirs.id, "7", now=now)
    key = deployment_of(database, theirs).id
    assert "Moodle" not in admin.read("/admin")
    assert "lakeside" not in admin.get("/admin").text
    assert admin.post(f"/admin/deployments/{key}/approve", age_band="adult").status_code == 404
    assert admin.post(f"/admin/deployments/{neighbours.deployment.id}/remove").status_code == 404


def test_on_a_server_with_other_schools_the_operator_adds_platforms(admin: Looker, database: Database, neighbours: School) -> None:
    answer = admin.post("/admin/platforms", **MOODLE)
    assert answer.status_code == 409
    assert "paceline platform add" in answer.text
    with database.session(writes=False) as session:
        assert len(platforms.list_platforms(session)) == 2  # one each, as before


def test_a_grown_up_is_named_and_unnamed(admin: Looker, database: Database, kept_school: School) -> None:
    naming = {"person": kept_school.teacher.id, "role": "safety_contact"}
    assert "The role was given." in admin.follow(admin.post("/admin/roles", **naming))

    def contacts() -> list[object]:
        with database.session(writes=False) as session:
            return list(holders_of(session, kept_school.tenant.id, SchoolRole.SAFETY_CONTACT))

    assert contacts() == [kept_school.teacher.id]
    assert "The role was taken away." in admin.follow(admin.post("/admin/roles/revoke", **naming))
    assert contacts() == []


@pytest.mark.parametrize("role", ["advisor", "tenant_admin"])
def test_a_student_or_a_stranger_is_named_to_nothing(admin: Looker, kept_school: School, neighbours: School, role: str) -> None:
    for person in (kept_school.student.id, neighbours.teacher.id, uuid4()):
        assert admin.post("/admin/roles", person=person, role=role).status_code == 404
    assert admin.post("/admin/roles", person="x", role=role).status_code == 422
    assert admin.post("/admin/roles", person=kept_school.teacher.id, role="student").status_code == 422
    assert "Ada" not in admin.read("/admin")


def test_the_last_admin_stays(admin: Looker, kim: Person) -> None:
    answer = admin.post("/admin/roles/revoke", person=kim.id, role="tenant_admin")
    assert answer.status_code == 409
    assert "A school keeps at least one admin." in answer.text
    assert admin.get("/admin").status_code == 200


def test_who_is_no_longer_an_admin_is_signed_out(admin: Looker, look: Look, database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        grant(session, kept_school.tenant.id, kept_school.teacher.id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    other = look(kept_school.teacher, Role.TENANT_ADMIN, None)
    assert other.get("/admin").status_code == 200
    admin.post("/admin/roles/revoke", person=kept_school.teacher.id, role="tenant_admin")
    assert other.get("/admin").status_code == 404


def test_an_admin_who_leaves_is_signed_out(admin: Looker, database: Database, kim: Person, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        grant(session, kept_school.tenant.id, kept_school.teacher.id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    assert "You are signed out" in admin.post("/admin/roles/revoke", person=kim.id, role="tenant_admin").text
    assert admin.get("/admin").status_code == 404


def test_nobody_of_another_school_is_signed_out_by_a_forged_id(admin: Looker, look: Look, neighbours: School) -> None:
    theirs = look(neighbours.teacher, Role.TEACHER, neighbours.course)
    assert admin.post("/admin/roles/revoke", person=neighbours.teacher.id, role="tenant_admin").status_code == 404
    assert theirs.get("/roster").status_code == 200


def test_a_large_staff_is_looked_through_by_name(
    admin: Looker, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    with database.aside() as session:
        for number in range(55):
            join(session, vault, kept_school.course, f"Teacher {number:02}", Role.TEACHER, now=now)
    page = admin.read("/admin")
    assert "50 of 57 people are listed" in page
    found = admin.read("/admin", who="teacher 54")
    assert "Teacher 54" in found
    assert "Teacher 01" not in found


def test_a_dead_letter_is_tried_again_or_dropped(admin: Looker, database: Database, kept_school: School, now: datetime) -> None:
    first, second = (dead_letter(database, kept_school, now) for _ in range(2))
    assert "HTTP 404" in admin.read("/admin")
    assert "back in the queue" in admin.follow(admin.post(f"/admin/outbox/{first}/retry"))
    assert "It was dropped" in admin.follow(admin.post(f"/admin/outbox/{second}/drop"))
    with database.session(writes=False) as session:
        assert [entry.state for entry in session.scalars(select(OutboxEntry))] == [State.WAITING]
    assert admin.post(f"/admin/outbox/{first}/drop").status_code == 409


def test_all_dead_letters_are_tried_again(
    admin: Looker, database: Database, kept_school: School, neighbours: School, now: datetime
) -> None:
    for _ in range(2):
        assert "Try all again" not in admin.read("/admin")
        dead_letter(database, kept_school, now)
    dead_letter(database, neighbours, now)
    assert "Try all again" in admin.read("/admin")
    page = admin.follow(admin.post("/admin/outbox/retry-all"))
    assert "All of it is back in the queue" in page
    assert "Everything was delivered." in page
    with database.session(writes=False) as session:
        found = {(entry.tenant_id, entry.state) for entry in session.scalars(select(OutboxEntry))}
    assert found == {(kept_school.tenant.id, State.WAITING), (neighbours.tenant.id, State.DEAD)}


def test_another_schools_letters_are_not_there(admin: Looker, database: Database, neighbours: School, now: datetime) -> None:
    theirs = dead_letter(database, neighbours, now)
    assert "HTTP 404" not in admin.read("/admin")
    for deed in ("retry", "drop"):
        assert admin.post(f"/admin/outbox/{theirs}/{deed}").status_code == 404
        assert admin.post(f"/admin/outbox/{2**63 - 1}/{deed}").status_code == 404
        assert admin.post(f"/admin/outbox/{2**70}/{deed}").status_code == 404


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.usefixtures("own_platform")
def test_the_page_in_spanish(admin: Looker) -> None:
    page = admin.follow(admin.post("/language", language="es", page="admin.show"))
    for said in ("Administración de la escuela", "Espera aprobación", "¿Qué edad tienen sus estudiantes?", "Todo se entregó."):
        assert said in page
