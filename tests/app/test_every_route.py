"""Whatever a person, a platform or a stranger sends to any route, the answer is clear, and never a fault of ours."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

from app import wiring
from app.settings import Settings, Stage, new_master_key
from app.wiring import House
from app.wsgi import build_app
from core.data.clock import utc_now
from core.data.ids import new_id
from core.people.access import Role
from core.people.viewers import find_viewer, open_viewer
from tests.conftest import lay_schema
from tests.people_made import School, make_school

UNWELCOME = (
    "",
    " ",
    "\0",
    "' OR 1=1; DROP TABLE person; --",
    "<script>alert('here')</script>",
    "<img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "%s %(name)s {name} {0}",
    "مرحبا بالعالم",
    "\u202egnirts desrever",
    "👩🏽‍🚀🦄" * 20,
    "é" * 5000,
    "../../../../etc/passwd",
    "https://evil.test/steal",
    "-1",
    "9" * 400,
    "1e400",
    "None",
    "null",
    "[]",
    '{"a": 1}',
    "\r\nSet-Cookie: stolen=1",
)
FIELDS = (
    *("course", "school", "code", "language", "name", "role", "person", "ages", "page", "find", "said", "on", "confirm"),
    *("issuer", "client_id", "auth_login_url", "auth_token_url", "key_set_url", "frame_origins", "state", "id_token", "error"),
    *("words", "choice", "event", "seen", "dialogue", "day", "use", "before", "after"),
    *("iss", "login_hint", "lti_message_hint", "target_link_uri", "lti_deployment_id", "deployment", "user", "grant_type", "nonce"),
)
words = st.one_of(st.sampled_from(UNWELCOME), st.text(max_size=300), st.uuids().map(str))
forms = st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=20)), words, max_size=8)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Served:
    """The application, and the school that it serves."""

    app: Flask
    house: House
    school: School

    def handle(self, role: Role) -> tuple[str, str]:
        """The handle of a fresh viewer of a role, and what its forms carry."""
        now, student = utc_now(), role is Role.STUDENT
        with self.house.database.aside() as session:
            opened = open_viewer(
                session,
                tenant_id=self.school.tenant.id,
                person_id=(self.school.student if student else self.school.teacher).id,
                course_id=self.school.course.id,
                role=role,
                platform_id=self.school.platform.id,
                now=now,
            )
        with self.house.database.session(writes=False) as session:
            return opened.handle, find_viewer(session, opened.handle, None, now=now).csrf


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    house = _house(home)
    with house.database.aside() as session:
        school = make_school(session, house.vault, now=utc_now())
    yield Served(build_app(house), house, school)
    house.close()


def _house(home: Path) -> House:
    house = wiring.build(Settings(stage=Stage.TEST, home=home, master_keys=new_master_key()))
    lay_schema(house.database)
    house.vault.create_tables()
    return house


def _rules() -> list[Rule]:
    """Every rule of the application; read from one that serves nobody."""
    with tempfile.TemporaryDirectory() as home:
        house = wiring.build(Settings(stage=Stage.TEST, home=Path(home), master_keys=new_master_key()))
        rules = [rule for rule in build_app(house).url_map.iter_rules() if rule.endpoint != "static"]
        house.close()
    return sorted(rules, key=lambda rule: rule.rule)


RULES = _rules()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule)
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_anything_sent_to_any_route_gets_a_clear_answer(served: Served, rule: Rule, data: st.DataObject) -> None:
    role = data.draw(st.sampled_from(list(Role)), label="role")
    handle, csrf = served.handle(role) if data.draw(st.booleans(), label="known") else (data.draw(words), "")
    form = data.draw(forms, label="form") | ({"csrf": csrf} if data.draw(st.booleans(), label="csrf") else {})
    address = _address(rule, handle, data)
    method = data.draw(st.sampled_from([*sorted(rule.methods or ()), *METHODS]), label="method")

    answer = served.app.test_client().open(address, method=method, query_string=data.draw(forms), **_sent(data, form))

    assert_clear(answer)


@pytest.mark.parametrize("rule", [rule for rule in RULES if "POST" in (rule.methods or ())], ids=lambda rule: rule.rule)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", "text/plain"])
def test_a_body_of_a_megabyte_is_answered(served: Served, rule: Rule, kind: str) -> None:
    handle, _ = served.handle(Role.TENANT_ADMIN)
    values = {name: handle if name == "handle" else _fitting(rule, name) for name in rule.arguments}

    answer = served.app.test_client().post(_filled(rule, values), data=b"a=" + b"b" * 1_000_000, content_type=kind)

    assert_clear(answer)
    assert answer.status_code >= 400


def assert_clear(answer: Any) -> None:
    """No fault of ours; what is refused says so on a page or in JSON; nothing that was sent comes back as markup."""
    assert answer.status_code < 500 or (answer.status_code == 503 and answer.is_json), answer.text[:500]
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "stolen" not in answer.headers.get("Set-Cookie", "")
    if answer.status_code >= 400 and answer.request.method not in ("HEAD", "OPTIONS"):
        assert answer.is_json or "<h1" in answer.text, answer.text[:500]


def _sent(data: st.DataObject, form: dict[str, str]) -> dict[str, Any]:
    """The body: usually a form, sometimes something that is not one."""
    kind = data.draw(st.sampled_from(["form", "form", "form", "bytes", "json", "multipart"]), label="kind")
    if kind == "bytes":
        return {"data": data.draw(st.binary(max_size=400)), "content_type": "application/x-www-form-urlencoded"}
    if kind == "json":
        return {"json": form}
    encodable = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
    return {"data": encodable} if kind == "form" else {"data": encodable, "content_type": "multipart/form-data"}


def _address(rule: Rule, handle: str, data: st.DataObject) -> str:
    values = {}
    for name in rule.arguments:
        fits = data.draw(st.booleans(), label=f"{name} fits")
        values[name] = handle if name == "handle" else _fitting(rule, name) if fits else data.draw(words, label=name)
    return _filled(rule, values)


def _fitting(rule: Rule, name: str) -> str:
    return str(new_id()) if f"<uuid:{name}>" in rule.rule else "1"


def _filled(rule: Rule, values: dict[str, str]) -> str:
    address = rule.rule
    for name, value in values.items():
        for converter in ("", "uuid:", "int:", "path:", "string:"):
            address = address.replace(f"<{converter}{name}>", quote(value.encode("utf-8", "replace"), safe=""))
    return address
