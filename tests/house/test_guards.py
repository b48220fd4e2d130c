"""Default deny: every route has a guard, what carries none is refused, and each role gets through where DOMAIN says so."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from sqlmodel import Session
from werkzeug.routing import Rule

from app import wiring
from app.settings import Settings, Stage, new_master_key
from app.wiring import House
from app.wsgi import build_app
from core.care import safety
from core.data.clock import utc_now
from core.data.ids import new_id, new_secret
from core.data.outbox import OutboxEntry, State
from core.i18n import translator
from core.journal.feedback import give_feedback
from core.people import invitations
from core.people.access import EVERYONE, MAY, Action, Role, guard_of, guarded
from core.people.addresses import Address, enter_address
from core.people.people import add_person
from core.people.roles import SchoolRole, grant
from core.people.viewers import Me, find_viewer, open_viewer
from tests.house.adults_made import prepare_for_adult
from tests.people_made import School, join, make_school

DOMAIN = """
                   student  teacher  assistant  advisor  guardian  tenant_admin  visitor
see_home           x        x        x          x        x         x             x
choose_language    x        x        x          x        x         x             x
set_preferences    x        x        x          x        x         x             x
switch_place       x        x        x          x        x         x             x
sign_out           x        x        x          x        x         x             x
export_mine        x        x        x          x        x         x             x
erase_mine         x        -        -          -        -         -             -
talk               x        x        -          x        -         -             -
see_roster         -        x        x          -        -         -             -
set_course         -        x        -          -        -         -             -
answer_students    -        x        -          x        -         -             -
go_away            -        x        -          -        -         -             -
decide_claim       -        x        -          -        -         -             -
read_student       -        x        -          -        -         -             -
suggest_goal       -        x        -          -        -         -             -
accept_invitation  -        x        -          x        -         x             x
administer         -        -        -          -        -         x             -
read_concerns      -        x        x          x        -         x             x
"""
"""Who may do what. A check-in is the student's own; a roster shows what a teacher and an assistant read of goals and
mastery (advisors read their caseload, which has no page yet); platforms and roles are the tenant admin's alone.
Safety concerns are read by whom the school named a safety contact, in whichever of these roles they look."""

OPEN = {
    "public.welcome",
    "public.invitation",
    "public.accept_invitation",
    "lti.login",
    "lti.launch",
    "lti.jwks",
    "health.healthz",
    "health.readyz",
    "health.metrics",
    "static",
}
GUARDED = {
    "home.show": Action.SEE_HOME,
    "home.records": Action.SEE_HOME,
    "home.choose_language": Action.CHOOSE_LANGUAGE,
    "home.switch_place": Action.SWITCH_PLACE,
    "home.sign_out": Action.SIGN_OUT,
    "home.accept_invitation": Action.ACCEPT_INVITATION,
    "talk.show": Action.TALK,
    "talk.take": Action.TALK,
    "talk.newer": Action.TALK,
    "talk.begin": Action.TALK,
    "records.export_html": Action.EXPORT_MINE,
    "records.export_json": Action.EXPORT_MINE,
    "records.ask": Action.ERASE_MINE,
    "records.erase_me": Action.ERASE_MINE,
    "settings.show": Action.SET_PREFERENCES,
    "settings.set_quiet_hours": Action.SET_PREFERENCES,
    "settings.pause": Action.SET_PREFERENCES,
    "settings.stop": Action.SET_PREFERENCES,
    "settings.resume": Action.SET_PREFERENCES,
    "settings.set_topic": Action.SET_PREFERENCES,
    "settings.set_channel": Action.SET_PREFERENCES,
    "settings.enter_email": Action.SET_PREFERENCES,
    "settings.confirm_email": Action.SET_PREFERENCES,
    "settings.remove_email": Action.SET_PREFERENCES,
    "feedback.show": Action.ADMINISTER,
    "feedback.answer": Action.ADMINISTER,
    "dashboard.show": Action.SEE_ROSTER,
    "dashboard.set_gradebook": Action.SET_COURSE,
    "inbox.show": Action.ANSWER_STUDENTS,
    "inbox.open_words": Action.ANSWER_STUDENTS,
    "inbox.mark_seen": Action.ANSWER_STUDENTS,
    "inbox.answer": Action.ANSWER_STUDENTS,
    "inbox.pass_on": Action.ANSWER_STUDENTS,
    "inbox.say_if_it_helped": Action.ANSWER_STUDENTS,
    "inbox.open_reflection": Action.ANSWER_STUDENTS,
    "inbox.reply": Action.ANSWER_STUDENTS,
    "inbox.go_away": Action.GO_AWAY,
    "inbox.come_back": Action.GO_AWAY,
    "inbox.open_claim": Action.DECIDE_CLAIM,
    "inbox.confirm": Action.DECIDE_CLAIM,
    "inbox.decline": Action.DECIDE_CLAIM,
    "pupil.show": Action.READ_STUDENT,
    "pupil.show_words": Action.READ_STUDENT,
    "pupil.suggest": Action.SUGGEST_GOAL,
    "pupil.comment": Action.SUGGEST_GOAL,
    "links.show": Action.SET_COURSE,
    "links.edit": Action.SET_COURSE,
    "links.save": Action.SET_COURSE,
    "links.rename": Action.SET_COURSE,
    "admin.show": Action.ADMINISTER,
    "admin.show_section": Action.ADMINISTER,
    "admin.invite": Action.ADMINISTER,
    "admin.withdraw": Action.ADMINISTER,
    "admin.add_platform": Action.ADMINISTER,
    "admin.approve": Action.ADMINISTER,
    "admin.remove": Action.ADMINISTER,
    "admin.name_to_role": Action.ADMINISTER,
    "admin.revoke": Action.ADMINISTER,
    "admin.set_crisis_lines": Action.ADMINISTER,
    "admin.retry": Action.ADMINISTER,
    "admin.retry_all": Action.ADMINISTER,
    "admin.drop": Action.ADMINISTER,
    "care.show": Action.READ_CONCERNS,
    "care.read": Action.READ_CONCERNS,
    "care.press_seen": Action.READ_CONCERNS,
    "care.close": Action.READ_CONCERNS,
}
"""The action that each guarded route is. Written out, so that a guard that changes is seen."""

READS = {
    "talk.show",
    "talk.newer",
    "records.export_html",
    "records.export_json",
    "records.ask",
    "care.show",
    "care.read",
    "home.show",
    "home.records",
    "dashboard.show",
    "admin.show",
    "admin.show_section",
    "settings.show",
    "feedback.show",
    "inbox.show",
    "inbox.open_words",
    "inbox.open_reflection",
    "inbox.open_claim",
    "pupil.show",
    "pupil.show_words",
    "links.show",
    "links.edit",
}
"""The guarded routes that are asked for by GET; every other takes a form."""

NOT_ALLOWED = translator("en")("error.not_allowed")


@dataclass(frozen=True)
class World:
    """A school with one viewer to be opened for each role, behind the real application."""

    house: House
    app: Flask
    school: School
    people: dict[Role, UUID]

    def look_as(self, session: Session, role: Role) -> Me:
        course_id = None if role is Role.TENANT_ADMIN else self.school.course.id
        opened = open_viewer(
            session,
            tenant_id=self.school.tenant.id,
            person_id=self.people[role],
            course_id=course_id,
            role=role,
            platform_id=self.school.platform.id,
            now=utc_now(),
        )
        return find_viewer(session, opened.handle, None, now=utc_now())


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("guards")
    shutil.copy(sqlite_template, home / "paceline.db")
    house = wiring.build(Settings(stage=Stage.TEST, home=home, master_keys=new_master_key()))
    house.vault.create_tables()
    now = utc_now()
    with house.database.aside() as session:
        school = make_school(session, house.vault, now=now)
        school.platform.tenant_id = school.tenant.id  # the school's own, so that its admin approves
        people = {role: join(session, house.vault, school.course, role.title(), role, now=now).id for role in Role}
        grant(session, school.tenant.id, people[Role.TENANT_ADMIN], SchoolRole.TENANT_ADMIN, by=None, now=now)
    yield World(house, build_app(house), school, people)
    house.close()


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.app.test_client()


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("practice.")]


def prepare(world: World, session: Session, endpoint: str, me: Me) -> tuple[dict[str, str], dict[str, str]]:
    """What a request to a route needs so that nothing but its guard can refuse it: parts of the address, and the form."""
    school, now = world.school, utc_now()
    if endpoint.partition(".")[0] in ("inbox", "pupil", "links"):
        return prepare_for_adult(session, world.house.vault, school, endpoint, me, now=now)
    match endpoint:
        case "talk.take":
            return {}, {"words": "hello", "event": new_secret()}
        case "talk.begin":
            return {}, {"dialogue": "menu", "event": new_secret()}
        case "home.choose_language":
            return {}, {"language": "en"}
        case "settings.set_quiet_hours":
            return {}, {"quiet_from": "21:00", "quiet_until": "06:30"}
        case "settings.pause":
            return {}, {"days": "3"}
        case "settings.set_topic":
            return {}, {"topic": "goals", "mute": "yes"}
        case "settings.set_channel":
            return {}, {"channel": "talk"}
        case "settings.confirm_email":
            key = world.house.vault.key_of(me.person_id)
            session.execute(delete(Address))  # so many codes in one hour are more than one person gets
            return {}, {"code": enter_address(session, key, me.tenant_id, me.person_id, "somebody@example.org", now=now)}
        case "feedback.answer":
            key = world.house.vault.key_of(school.student.id)
            given = give_feedback(session, key, school.tenant.id, school.student.id, "more pictures", now=now)
            return {"feedback_id": str(given.id)}, {"words": "They are coming."}
        case "home.switch_place":
            return {}, {"course": str(school.course.id)}
        case "home.accept_invitation":
            return {}, {"code": invitations.invite(session, school.tenant.id, by=None, now=now)}
        case "dashboard.set_gradebook":
            return {}, {"send": "true"}
        case "admin.show_section":
            return {"section": "invitations"}, {}
        case "admin.withdraw":
            code = invitations.invite(session, school.tenant.id, by=None, now=now)
            return {"invitation_id": str(UUID(hex=code.partition(".")[0]))}, {}
        case "admin.add_platform":
            address = f"https://{new_id().hex}.example"
            names = ("issuer", "auth_login_url", "auth_token_url", "key_set_url")
            return {}, {"name": "Another LMS", "client_id": "client", **dict.fromkeys(names, address)}
        case "admin.approve":
            return {"key": str(school.deployment.id)}, {"age_band": "13_17"}
        case "admin.remove":
            return {"key": str(school.deployment.id)}, {}
        case "admin.name_to_role" | "admin.revoke":
            adviser = add_person(session, world.house.vault, school.tenant.id, "Mr Okoro", now=now)
            if endpoint == "admin.revoke":
                grant(session, school.tenant.id, adviser.id, SchoolRole.ADVISOR, by=me.person_id, now=now)
            return {}, {"person": str(adviser.id), "role": SchoolRole.ADVISOR}
        case "admin.set_crisis_lines":
            return {}, {"language": "es", "name": "Línea", "kind": "phone", "reach": "112"}
        case "care.show" | "care.read" | "care.press_seen" | "care.close":
            grant(session, school.tenant.id, me.person_id, SchoolRole.SAFETY_CONTACT, by=None, now=now)
            concern = safety.ask_for_help_now(session, tenant_id=school.tenant.id, person_id=school.student.id, channel="web", now=now)
            parts = {} if endpoint == "care.show" else {"concern_id": str(concern.id)}
            return parts, {"outcome": "talked"}
        case "admin.retry" | "admin.drop":
            entry = OutboxEntry(
                tenant_id=school.tenant.id,
                kind="check_in.made",
                destination="gradebook",
                once_key=new_secret(),
                payload={},
                due_at=now,
                state=State.DEAD,
            )
            session.add(entry)
            session.flush()
            return {"seq": str(entry.seq)}, {}
    return {}, {}


def address_of(rule: Rule, **values: str) -> str:
    """A route's address with its parts filled in, whatever their converter."""
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda part: values[part[1]], rule.rule)


def send(client: FlaskClient, rule: Rule, me: Me, values: dict[str, str], form: dict[str, str]) -> tuple[int, str]:
    address = address_of(rule, handle=me.handle, **values)
    answer = client.post(address, data=form) if "POST" in (rule.methods or ()) else client.get(address)
    return answer.status_code, answer.text


def test_every_route_has_the_guard_that_is_written_here(world: World) -> None:
    found = {rule.endpoint: guard_of(world.app.view_functions[rule.endpoint]) for rule in rules(world.app)}
    assert {endpoint for endpoint, guard in found.items() if guard and guard.action is None} == OPEN
    assert {endpoint: guard.action for endpoint, guard in found.items() if guard and guard.action} == GUARDED
    assert [endpoint for endpoint, guard in found.items() if guard is None] == []


def test_every_open_route_says_why(world: World) -> None:
    for rule in world.app.url_map.iter_rules():
        guard = guard_of(world.app.view_functions[rule.endpoint])
        assert guard is not None, rule
        assert guard.action or len(guard.why_open.split()) >= 3, rule


def test_a_viewer_stands_in_the_path_of_every_guarded_route_and_of_no_other(world: World) -> None:
    for rule in rules(world.app):
        assert rule.rule.startswith("/v/<handle>/") == (rule.endpoint in GUARDED), rule


def test_what_changes_something_takes_a_form(world: World) -> None:
    for rule in rules(world.app):
        if rule.endpoint in GUARDED:
            assert (rule.methods or set()) - {"HEAD", "OPTIONS"} == ({"GET"} if rule.endpoint in READS else {"POST"}), rule


def test_the_practice_lms_is_open_and_not_there_in_production(world: World, tmp_path: Path) -> None:
    practice = [rule for rule in world.app.url_map.iter_rules() if rule.endpoint.startswith("practice.")]
    assert practice
    assert all(rule.rule.startswith("/practice/") for rule in practice)
    settings = Settings(stage=Stage.PRODUCTION, home=tmp_path, master_keys=new_master_key(), base_url="https://paceline.example.org")
    house = wiring.build(settings)
    production = build_app(house)
    assert {rule.endpoint for rule in production.url_map.iter_rules()} == OPEN | set(GUARDED)
    assert 'href="/practice/"' in world.app.test_client().get("/").text
    assert "/practice/" not in production.test_client().get("/").text
    house.close()


@pytest.mark.parametrize("path", ["/new", "/v/<handle>/new", "/lti/new"])
def test_a_route_without_a_guard_is_refused(world: World, path: str) -> None:
    app = build_app(world.house)
    app.add_url_rule(path, "new", lambda **_: "open to all by mistake", methods=["GET", "POST"])
    with world.house.database.aside() as session:
        me = world.look_as(session, Role.TENANT_ADMIN)
    answer = app.test_client().get(path.replace("<handle>", me.handle))
    assert answer.status_code == 403
    assert "by mistake" not in answer.text


def test_an_action_that_the_table_does_not_know_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    app = build_app(world.house)
    app.add_url_rule("/v/<handle>/new", "new", guarded(Action.ADMINISTER)(lambda **_: "administered"))
    with world.house.database.aside() as session:
        me = world.look_as(session, Role.TENANT_ADMIN)
    assert app.test_client().get(f"/v/{me.handle}/new").text == "administered"
    monkeypatch.delitem(MAY, Action.ADMINISTER)
    assert app.test_client().get(f"/v/{me.handle}/new").status_code == 403


def test_the_table_is_the_one_of_the_domain() -> None:
    head, *lines = [line.split() for line in DOMAIN.strip().splitlines()]
    said = {
        Action(action): frozenset(Role(role) for role, mark in zip(head, marks, strict=True) if mark == "x") for action, *marks in lines
    }
    assert said == MAY
    assert set(said) == set(Action)
    assert {Role(role) for role in head} == EVERYONE


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("endpoint", sorted(GUARDED))
def test_a_role_gets_through_exactly_where_the_table_says(world: World, client: FlaskClient, endpoint: str, role: Role) -> None:
    (rule,) = world.app.url_map.iter_rules(endpoint)
    with world.house.database.aside() as session:
        me = world.look_as(session, role)
        values, form = prepare(world, session, endpoint, me)
    status, page = send(client, rule, me, values, {**form, "csrf": me.csrf})
    if role in MAY[GUARDED[endpoint]]:
        assert status in (200, 204, 303), page
    else:
        assert status == 403
        assert NOT_ALLOWED in page


@pytest.mark.parametrize("endpoint", sorted(GUARDED))
def test_a_forged_handle_opens_nothing(world: World, client: FlaskClient, endpoint: str) -> None:
    (rule,) = world.app.url_map.iter_rules(endpoint)
    with world.house.database.aside() as session:
        me = world.look_as(session, Role.TENANT_ADMIN)
        values, form = prepare(world, session, endpoint, me)
    address = address_of(rule, handle=new_secret(), **values)
    answer = client.post(address, data=form) if "POST" in (rule.methods or ()) else client.get(address)
    assert answer.status_code == 404


@pytest.mark.parametrize("csrf", [None, "", "0" * 32, "é"])
@pytest.mark.parametrize("endpoint", sorted(set(GUARDED) - READS))
def test_a_form_of_another_page_is_refused(world: World, client: FlaskClient, endpoint: str, csrf: str | None) -> None:
    (rule,) = world.app.url_map.iter_rules(endpoint)
    role = min(MAY[GUARDED[endpoint]])
    with world.house.database.aside() as session:
        me = world.look_as(session, role)
        values, form = prepare(world, session, endpoint, me)
    status, page = send(client, rule, me, values, form if csrf is None else {**form, "csrf": csrf})
    assert status == 403
    assert NOT_ALLOWED not in page
