"""Launches that succeed: what they find or make, where they lead, and what they leave behind."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlmodel import select
from werkzeug.test import TestResponse

from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.data.clock import utc_now
from core.data.db import Database
from core.data.vault import Vault
from core.people.access import Role
from core.people.accounts import Account
from core.people.people import LONGEST_NAME, Person, names_of
from core.people.platforms import Platform
from core.people.roles import SchoolRole, grant
from core.people.tenants import Tenant
from core.people.viewers import COOKIE, Me, Viewer, find_viewer
from lti.gradebooks import Gradebook
from tests.fakes.house import approve, count, found_school
from tests.fakes.platform import ABSENT, ADMINISTRATOR, INSTRUCTOR, LEARNER, MEMBERSHIP, FakePlatform, handle_of

ASSISTANT = f"{MEMBERSHIP}/Instructor#TeachingAssistant"
MENTOR = f"{MEMBERSHIP}#Mentor"
ON_SQLITE = pytest.mark.parametrize("kind", ["sqlite"])


class Door:
    """Launches, and who they let in."""

    def __init__(self, app: Flask, lms: FakePlatform, database: Database, vault: Vault) -> None:
        self.app, self.lms, self.database, self.vault = app, lms, database, vault

    def launch(self, **changes: Any) -> Me:
        """Launch in a browser of one's own; who one then is."""
        answer = self.lms.launch(self.app.test_client(), **changes)
        with self.database.session(writes=False) as session:
            return find_viewer(session, handle_of(answer), None, now=utc_now())

    def leads_to(self, **changes: Any) -> str:
        """The page that a launch leads to, after the handle."""
        answer = self.lms.launch(self.app.test_client(), **changes)
        return str(answer.location.split(handle_of(answer), 1)[1])

    def name_of(self, me: Me) -> str:
        """The name that is shown."""
        with self.database.session(writes=False) as session:
            return names_of(session, self.vault, me.tenant_id, [me.person_id])[me.person_id]


@pytest.fixture
def door(app: Flask, lms: FakePlatform, database: Database, vault: Vault, tenant: Tenant) -> Door:
    return Door(app, lms, database, vault)


def only(database: Database, table: type[Any]) -> Any:
    with database.session(writes=False) as session:
        return session.scalars(select(table)).one()


def everything(database: Database) -> tuple[int, ...]:
    return count(database, Person, Account, Course, Enrolment)


# What a launch makes, and finds again


def test_the_first_launch_makes_person_account_course_and_enrolment(
    door: Door, lms: FakePlatform, database: Database, tenant: Tenant
) -> None:
    me = door.launch()
    person, account, course, enrolment = (only(database, table) for table in (Person, Account, Course, Enrolment))
    realm = only(database, Platform).id.hex
    assert (me.tenant_id, me.person_id, me.course_id, me.role) == (tenant.id, person.id, course.id, Role.STUDENT)
    assert (account.person_id, account.channel, account.realm, account.subject) == (person.id, "lti", realm, "ada-1")
    assert (course.title, course.context_id, course.tenant_id) == ("Algebra 1", "course-1", tenant.id)
    assert (enrolment.person_id, enrolment.course_id, enrolment.role, enrolment.active) == (person.id, course.id, "student", True)
    assert door.name_of(me) == "Ada Lovelace"


def test_the_second_launch_finds_the_same_ones(door: Door, database: Database) -> None:
    first, second = door.launch(), door.launch()
    assert (first.person_id, first.course_id, first.pseudonym) == (second.person_id, second.course_id, second.pseudonym)
    assert everything(database) == (1, 1, 1, 1)
    assert first.handle != second.handle
    assert count(database, Viewer) == (2,)


def test_another_course_is_another_place_of_the_same_person(door: Door, database: Database) -> None:
    algebra, biology = door.launch(), door.launch(context={"id": "course-2", "title": "Biology"}, roles=[INSTRUCTOR])
    assert algebra.person_id == biology.person_id
    assert (algebra.role, biology.role) == (Role.STUDENT, Role.TEACHER)
    assert everything(database) == (1, 1, 2, 2)


def test_one_course_through_two_deployments_is_two(door: Door, database: Database, platform: Platform, tenant: Tenant) -> None:
    approve(database, platform, tenant, "deployment-2")
    one, other = door.launch(), door.launch(login={"lti_deployment_id": ABSENT}, deployment_id="deployment-2")
    assert one.person_id == other.person_id
    assert one.course_id != other.course_id


def test_the_same_subject_in_another_school_is_another_person(door: Door, database: Database, platform: Platform) -> None:
    lakeside = found_school(database, "Lakeside High")
    approve(database, platform, lakeside, "deployment-2")
    here, there = door.launch(), door.launch(login={"lti_deployment_id": ABSENT}, deployment_id="deployment-2")
    assert here.tenant_id != there.tenant_id == lakeside.id
    assert here.person_id != there.person_id
    assert everything(database) == (2, 2, 2, 2)


def test_a_role_follows_the_lms(door: Door, database: Database) -> None:
    assert [door.launch(roles=[role]).role for role in (LEARNER, INSTRUCTOR, ASSISTANT, LEARNER)] == [
        Role.STUDENT,
        Role.TEACHER,
        Role.ASSISTANT,
        Role.STUDENT,
    ]
    assert only(database, Enrolment).role == "student"


def test_who_left_a_course_and_launches_again_is_back(door: Door, database: Database) -> None:
    door.launch()
    with database.aside() as session:
        session.scalars(select(Enrolment)).one().active = False
    door.launch()
    assert only(database, Enrolment).active


@pytest.mark.parametrize("subject", [7, "7"])
@ON_SQLITE
def test_a_number_for_a_subject_is_the_text_that_it_would_be(door: Door, database: Database, subject: object) -> None:
    door.launch(sub=subject)
    door.launch(sub="7")
    assert only(database, Account).subject == "7"


@ON_SQLITE
def test_subjects_differ_by_every_letter(door: Door, database: Database) -> None:
    for subject in ("ada", "ADA", "ada ", "Ada", "ädä"):
        door.launch(sub=subject)
    assert count(database, Person) == (5,)


# Names


def test_a_name_follows_the_lms(door: Door) -> None:
    door.launch()
    assert door.name_of(door.launch(name="Ada King")) == "Ada King"
    assert door.name_of(door.launch(name=ABSENT)) == "Ada King"


@ON_SQLITE
def test_a_name_is_kept_once_while_it_stays_the_same(door: Door, database: Database) -> None:
    door.launch(name="x" * 254)
    sealed = only(database, Person).sealed_name
    door.launch(name="x" * 254)
    assert only(database, Person).sealed_name == sealed
    assert door.name_of(door.launch()) == "Ada Lovelace"


@ON_SQLITE
def test_a_long_name_is_cut(door: Door) -> None:
    assert door.name_of(door.launch(name="😀" * 300)) == "😀" * LONGEST_NAME


def test_the_nameless_appear_by_their_pseudonym(door: Door) -> None:
    me = door.launch(name=ABSENT)
    assert door.name_of(me) == me.pseudonym
    assert door.name_of(door.launch()) == "Ada Lovelace"


def test_a_school_that_keeps_no_names_keeps_none_and_drops_those_it_has(door: Door, database: Database) -> None:
    me = door.launch()
    with database.aside() as session:
        session.scalars(select(Tenant)).one().keeps_names = False
    door.launch(sub="ben-1", name="Ben")
    door.launch()
    with database.session(writes=False) as session:
        assert [person.sealed_name for person in session.scalars(select(Person))] == [None, None]
    assert door.name_of(me) == me.pseudonym


def test_a_courses_title_follows_the_lms(door: Door, database: Database) -> None:
    door.launch(context={"id": "course-1"})
    assert only(database, Course).title == "course-1"
    for context, title in (({"label": "ALG1"}, "ALG1"), ({"title": "Algebra"}, "Algebra"), ({}, "Algebra")):
        door.launch(context={"id": "course-1"} | context)
        assert only(database, Course).title == title


# Roles and pages


@pytest.mark.parametrize(
    ("roles", "role", "page"),
    [
        ([LEARNER], Role.STUDENT, "/"),
        ([INSTRUCTOR], Role.TEACHER, "/roster"),
        ([INSTRUCTOR, ASSISTANT], Role.ASSISTANT, "/roster"),
        ([MENTOR], Role.VISITOR, "/"),
        ([ADMINISTRATOR], Role.VISITOR, "/"),
        ([], Role.VISITOR, "/"),
    ],
)
@ON_SQLITE
def test_everybody_lands_on_their_own_page(door: Door, app: Flask, roles: list[str], role: Role, page: str) -> None:
    me = door.launch(roles=roles)
    assert (me.role, me.course_id is None) == (role, role is Role.VISITOR)
    assert door.leads_to(roles=roles) == page
    assert app.test_client().get(f"/v/{me.handle}{page}").status_code == 200


@ON_SQLITE
def test_a_visitor_is_in_no_course(door: Door, database: Database) -> None:
    door.launch(roles=[ADMINISTRATOR])
    assert everything(database) == (1, 1, 0, 0)


def test_an_administrator_of_the_lms_administers_nothing_here_until_a_person_says_so(
    door: Door, database: Database, tenant: Tenant
) -> None:
    me = door.launch(roles=[ADMINISTRATOR])
    with database.aside() as session:
        grant(session, tenant.id, me.person_id, SchoolRole.TENANT_ADMIN, by=None, now=utc_now())
    assert door.launch(roles=[ADMINISTRATOR]).role is Role.TENANT_ADMIN
    assert door.leads_to(roles=[ADMINISTRATOR]) == "/admin"
    assert door.launch(roles=[INSTRUCTOR]).role is Role.TEACHER, "in a course one is what one is there"
    assert door.launch(roles=[INSTRUCTOR], context=ABSENT).role is Role.TENANT_ADMIN
    assert door.launch(sub="somebody-else", roles=[ADMINISTRATOR]).role is Role.VISITOR


def test_a_grant_of_one_school_is_none_in_another(door: Door, database: Database, platform: Platform, tenant: Tenant) -> None:
    me = door.launch(roles=[ADMINISTRATOR])
    with database.aside() as session:
        grant(session, tenant.id, me.person_id, SchoolRole.TENANT_ADMIN, by=None, now=utc_now())
    approve(database, platform, found_school(database, "Lakeside High"), "deployment-2")
    there = door.launch(login={"lti_deployment_id": ABSENT}, deployment_id="deployment-2", roles=[ADMINISTRATOR])
    assert there.role is Role.VISITOR


# Languages


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("es-MX", "es"),
        ("es", "es"),
        ("ES_419", "es"),
        ("en-GB", "en"),
        ("de-DE", "en"),
        (ABSENT, "en"),
        (7, "en"),
        ("", "en"),
        ("x" * 500, "en"),
    ],
    ids=lambda value: repr(value)[:10],
)
@ON_SQLITE
def test_the_first_launch_decides_the_language(door: Door, locale: object, language: str) -> None:
    assert door.launch(locale=locale).language == language
    assert door.launch(locale="en" if language == "es" else "es").language == language, "and a later one changes nothing"


@ON_SQLITE
def test_somebody_who_reads_english_does_so_in_a_spanish_school_too(door: Door, database: Database) -> None:
    with database.aside() as session:
        session.scalars(select(Tenant)).one().language = "es"
    assert door.launch(locale="en-US").language == "en"
    assert door.launch(sub="ben-1", locale="de").language == "es"


# Gradebooks


def test_the_gradebook_of_a_course_is_kept_and_follows_the_lms(
    door: Door, lms: FakePlatform, database: Database, platform: Platform
) -> None:
    me = door.launch()
    kept = only(database, Gradebook)
    assert (kept.course_id, kept.platform_id, kept.scopes) == (me.course_id, platform.id, lms.gradebook.claim["scope"])
    assert (kept.lineitems_url, kept.lineitem_url) == (lms.gradebook.claim["lineitems"], lms.gradebook.claim["lineitem"])
    door.launch(endpoint={"scope": [], "lineitems": "https://moved.example/items"})
    kept = only(database, Gradebook)
    assert (kept.lineitems_url, kept.lineitem_url, kept.scopes) == ("https://moved.example/items", None, [])
    door.launch(endpoint=ABSENT)
    assert only(database, Gradebook).lineitems_url == "https://moved.example/items"


def test_our_own_column_stays_known_while_the_gradebook_stays_where_it_is(door: Door, database: Database) -> None:
    door.launch()
    with database.aside() as session:
        session.scalars(select(Gradebook)).one().check_ins_url = "https://lms.example/ours"
    door.launch()
    assert only(database, Gradebook).check_ins_url == "https://lms.example/ours"
    door.launch(endpoint={"lineitems": "https://moved.example/items"})
    assert only(database, Gradebook).check_ins_url is None


@ON_SQLITE
@pytest.mark.parametrize("endpoint", ["", 7, [], {"scope": "x", "lineitems": "x\0"}, {"lineitems": ["x"], "lineitem": {}}], ids=repr)
def test_an_odd_gradebook_costs_nobody_the_launch(door: Door, endpoint: object) -> None:
    assert door.launch(endpoint=endpoint).role is Role.STUDENT


# Nothing else is kept

SECRETS = ("lovelace", "Lovelace", "school.example", "picture", "1815-12-10", "+49 30 1234")


@ON_SQLITE
def test_no_personal_claim_lies_in_the_database(door: Door, tmp_path: Path) -> None:
    door.launch(
        email="ada.lovelace@school.example", picture="https://school.example/ada.png", birthdate="1815-12-10", phone_number="+49 30 1234"
    )
    door.launch(email="ada.lovelace@school.example")
    files = {path.name: path.read_bytes() for path in tmp_path.glob("*.db*")}
    assert {"paceline.db", "vault.db"} <= files.keys()
    raw = b"".join(files.values())
    assert b"Algebra 1" in raw, "what is kept in the clear can be found so"
    assert [secret for secret in SECRETS if secret.encode() in raw] == []


# Viewers and cookies


def cookie(answer: TestResponse) -> str:
    (header,) = answer.headers.getlist("Set-Cookie")
    return header


@ON_SQLITE
def test_the_cookie_is_for_one_viewer_inside_one_frame(app: Flask, lms: FakePlatform, tenant: Tenant) -> None:
    answer = lms.launch(app.test_client())
    parts = {part.strip().split("=")[0]: part.strip().partition("=")[2] for part in cookie(answer).split(";")}
    assert parts.keys() == {COOKIE, "Path", "Max-Age", "Expires", "Secure", "HttpOnly", "SameSite", "Partitioned"}
    assert (parts["Path"], parts["SameSite"], parts["Max-Age"]) == (f"/v/{handle_of(answer)}/", "None", "7200")
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert parts[COOKIE] not in answer.location


@ON_SQLITE
def test_a_browser_that_comes_back_with_its_cookie_is_the_only_one_that_may(app: Flask, lms: FakePlatform, tenant: Tenant) -> None:
    browser, other = app.test_client(), app.test_client()
    page = lms.launch(browser).location
    assert browser.get(page).status_code == 200
    assert other.get(page).status_code == 404
    assert browser.get(page).status_code == 200
    other.set_cookie(COOKIE, "guessed", path=page)
    assert other.get(page).status_code == 404


@ON_SQLITE
def test_a_browser_that_keeps_no_cookies_gets_in_all_the_same(app: Flask, lms: FakePlatform, tenant: Tenant) -> None:
    browser = app.test_client(use_cookies=False)
    page = lms.launch(browser).location
    assert [browser.get(page).status_code for _ in range(2)] == [200, 200]


@ON_SQLITE
def test_a_wrong_cookie_binds_nothing(app: Flask, lms: FakePlatform, tenant: Tenant) -> None:
    browser, other = app.test_client(), app.test_client(use_cookies=False)
    page = lms.launch(other).location
    browser.set_cookie(COOKIE, "guessed", path=page)
    assert browser.get(page).status_code == 200
    assert other.get(page).status_code == 200
