"""Launches that are refused: each says what was wrong, for whom and how to mend it, and none leaves its state unspent."""

import re
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.data.clock import utc_now
from core.data.db import Database
from core.people.people import Person
from core.people.platforms import Deployment, Platform
from core.people.tenants import Tenant
from core.people.viewers import Viewer
from lti.launch_states import LaunchState
from tests.fakes.house import approve, count, found_school, register, remove
from tests.fakes.platform import ABSENT, INSTRUCTOR, FakePlatform, fake_platform, handle_of

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])

BAD_PAYLOADS: dict[str, dict[str, Any]] = {
    "no kid": {"header": {"kid": ABSENT}},
    "wrong kid": {"header": {"kid": "imstester_66067"}},
    "alg none": {"header": {"alg": "none"}},
    "alg HS256": {"header": {"alg": "HS256"}},
    "alg RS512": {"header": {"alg": "RS512"}},
    "another key": {"key_number": 9},
    "wrong LTI version": {"version": "11.3"},
    "no LTI version": {"version": ABSENT},
    "missing claims": {"aud": ABSENT, "iss": ABSENT, "sub": ABSENT, "deployment_id": ABSENT, "roles": ABSENT},
    "timestamps incorrect": {"iat": 11111, "exp": 22222},
    "no message type": {"message_type": ABSENT},
    "deep linking": {"message_type": "LtiDeepLinkingRequest"},
    "half a character for a message type": {"message_type": "\udc00"},
    "no roles": {"roles": ABSENT},
    "no deployment": {"deployment_id": ABSENT},
    "another deployment": {"deployment_id": "deployment-2"},
    "no resource link": {"resource_link": ABSENT},
    "no resource link id": {"resource_link": {"title": "Paceline"}},
    "no subject": {"sub": ABSENT},
    "subject true": {"sub": True},
    "no issuer": {"iss": ABSENT},
    "another issuer": {"iss": "https://evil.test"},
    "no audience": {"aud": ABSENT},
    "another audience": {"aud": "client-2"},
    "several audiences without azp": {"aud": ["client-1", "client-2"]},
    "another azp": {"azp": "client-2"},
    "no exp": {"exp": ABSENT},
    "no iat": {"iat": ABSENT},
    "no nonce": {"nonce": ABSENT},
    "another nonce": {"nonce": "nonce-of-nobody"},
    "a year old": {"iat": int(time.time()) - 31_536_000},
    "from the future": {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200},
    "no target": {"target_link_uri": ABSENT},
    "another target": {"target_link_uri": "https://evil.test/steal"},
    "context without id": {"context": {"title": "Algebra 1"}},
}


def told(answer: TestResponse) -> str:
    """The text of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.get_data(as_text=True)).split())


def assert_helps(answer: TestResponse, lms: FakePlatform) -> None:
    """A refusal names both sides and an id to quote, in a sentence, and shows no trace of a fault of ours."""
    said = told(answer)
    assert lms.issuer in said
    assert lms.client_id in said
    assert re.search(r"\b[0-9a-f]{12}\b", said)
    assert "Traceback" not in said
    assert answer.headers["Cache-Control"] == "no-store"
    assert lms.issuer in answer.headers["Content-Security-Policy"].split("frame-ancestors")[1]


@pytest.mark.parametrize("change", BAD_PAYLOADS.values(), ids=BAD_PAYLOADS.keys())
@pytest.mark.usefixtures("tenant")
def test_a_bad_payload_is_refused(browser: FlaskClient, lms: FakePlatform, database: Database, change: dict[str, Any]) -> None:
    answer = lms.launch(browser, **change)
    assert answer.status_code == 403
    assert_helps(answer, lms)
    assert count(database, Person, Course, Enrolment, Viewer) == (0, 0, 0, 0)
    with database.session(writes=False) as session:
        assert session.scalars(select(LaunchState)).one().spent_at is not None


@pytest.mark.parametrize("token", ["", "junk", "a.b.c", "x" * 200_000, ABSENT], ids=lambda token: repr(token)[:10])
@pytest.mark.usefixtures("tenant")
def test_what_is_no_token_is_refused(browser: FlaskClient, lms: FakePlatform, token: object) -> None:
    state = lms.promised(browser)["state"]
    answer = browser.post("/lti/launch", data={"state": state} | ({} if token is ABSENT else {"id_token": token}))
    assert answer.status_code == 400
    assert_helps(answer, lms)
    assert lms.post(browser, state, "junk").status_code == 403


@pytest.mark.usefixtures("tenant")
def test_not_even_a_launch(browser: FlaskClient, lms: FakePlatform) -> None:
    promised = lms.promised(browser)
    claims = {"name": "badltilaunch", "iss": lms.issuer, "aud": lms.client_id}
    assert lms.post(browser, promised["state"], lms.sign(claims)).status_code == 403


@pytest.mark.parametrize("error", ["login_required", "<script>alert(1)</script>", "x" * 5000, "😀"])
@pytest.mark.usefixtures("tenant")
def test_an_error_of_the_platform_is_passed_on(browser: FlaskClient, lms: FakePlatform, error: str) -> None:
    state = lms.promised(browser)["state"]
    answer = browser.post("/lti/launch", data={"state": state, "error": error})
    assert answer.status_code == 403
    assert_helps(answer, lms)
    assert "<script>" not in answer.get_data(as_text=True)
    assert browser.post("/lti/launch", data={"state": state, "error": error}).status_code == 403


# State and nonce


def states(browser: FlaskClient, lms: FakePlatform) -> tuple[dict[str, str], dict[str, str]]:
    return lms.promised(browser), lms.promised(browser)


@pytest.mark.usefixtures("tenant")
def test_a_launch_cannot_be_replayed(browser: FlaskClient, lms: FakePlatform, database: Database) -> None:
    promised = lms.promised(browser)
    token = lms.sign(lms.claims(promised["nonce"]))
    assert lms.post(browser, promised["state"], token).status_code == 303
    assert lms.post(browser, promised["state"], token).status_code == 403
    assert count(database, Viewer) == (1,)


@pytest.mark.usefixtures("tenant")
def test_the_nonce_of_one_login_does_not_go_with_the_state_of_another(browser: FlaskClient, lms: FakePlatform) -> None:
    one, other = states(browser, lms)
    assert lms.post(browser, other["state"], lms.sign(lms.claims(one["nonce"]))).status_code == 403
    assert lms.post(browser, other["state"], lms.sign(lms.claims(other["nonce"]))).status_code == 403, (
        "a refused launch leaves its state spent"
    )
    assert lms.post(browser, one["state"], lms.sign(lms.claims(one["nonce"]))).status_code == 303, "and no other one's"


@pytest.mark.parametrize("state", ["", ABSENT, "made-up", "x" * 100_000, "\0"], ids=lambda state: repr(state)[:10])
@pytest.mark.usefixtures("tenant")
def test_without_the_state_of_a_login_there_is_no_launch(browser: FlaskClient, lms: FakePlatform, state: object) -> None:
    nonce = lms.promised(browser)["nonce"]
    fields = {"id_token": lms.sign(lms.claims(nonce))} | ({} if state is ABSENT else {"state": state})
    assert browser.post("/lti/launch", data=fields).status_code in (403, 422)
    assert lms.asked_for("/jwks") == 0


@pytest.mark.usefixtures("tenant")
def test_an_expired_state_is_refused(browser: FlaskClient, lms: FakePlatform, database: Database) -> None:
    promised = lms.promised(browser)
    with database.aside() as session:
        session.scalars(select(LaunchState)).one().expires_at = utc_now()
    assert lms.post(browser, promised["state"], lms.sign(lms.claims(promised["nonce"]))).status_code == 403


@pytest.mark.usefixtures("tenant")
def test_a_token_of_another_platform_does_not_fit(browser: FlaskClient, lms: FakePlatform, database: Database) -> None:
    with fake_platform(lms.tool) as other:
        approve(database, register(database, other), found_school(database, "Lakeside High"))
        promised = lms.promised(browser)
        assert other.post(browser, promised["state"], other.sign(other.claims(promised["nonce"]))).status_code == 403


@pytest.mark.usefixtures("tenant")
def test_the_deployment_of_the_login_is_the_one_of_the_launch(
    browser: FlaskClient, lms: FakePlatform, database: Database, platform: Platform, tenant: Tenant
) -> None:
    approve(database, platform, tenant, "deployment-2")
    assert lms.launch(browser, login={"lti_deployment_id": "deployment-2"}).status_code == 403
    assert lms.launch(browser, login={"lti_deployment_id": "deployment-2"}, deployment_id="deployment-2").status_code == 303
    assert lms.launch(browser, login={"lti_deployment_id": ABSENT}, deployment_id="deployment-2").status_code == 303
    assert lms.launch(browser, login={"lti_deployment_id": ""}, deployment_id="deployment-2").status_code == 303


@pytest.mark.usefixtures("tenant")
def test_a_launch_is_posted(browser: FlaskClient) -> None:
    assert browser.get("/lti/launch?state=x&id_token=y").status_code == 405


# Deployments


def deployments(database: Database) -> list[tuple[str, bool]]:
    with database.session(writes=False) as session:
        return [(row.deployment_id, row.approved_at is not None) for row in session.scalars(select(Deployment))]


@pytest.mark.usefixtures("platform")
def test_an_unknown_deployment_is_noticed_and_refused_until_somebody_approves_it(
    browser: FlaskClient, lms: FakePlatform, database: Database, platform: Platform
) -> None:
    for _ in range(2):
        answer = lms.launch(browser)
        assert answer.status_code == 403
        assert_helps(answer, lms)
        assert "deployment-1" in told(answer)
        assert deployments(database) == [("deployment-1", False)]
    approve(database, platform, found_school(database))
    assert lms.launch(browser).status_code == 303
    assert count(database, Person) == (1,)


@pytest.mark.usefixtures("tenant")
def test_a_removed_deployment_is_refused_and_an_approved_one_again_lets_the_same_people_in(
    browser: FlaskClient, lms: FakePlatform, database: Database, platform: Platform, tenant: Tenant
) -> None:
    assert lms.launch(browser).status_code == 303
    remove(database, platform)
    answer = lms.launch(browser)
    assert answer.status_code == 403
    assert_helps(answer, lms)
    assert "deployment-1" in told(answer)
    assert deployments(database) == [("deployment-1", True)]
    approve(database, platform, tenant)
    assert lms.launch(browser).status_code == 303
    assert count(database, Person, Course, Enrolment) == (1, 1, 1)


@pytest.mark.usefixtures("tenant")
def test_a_deployment_that_is_only_like_an_approved_one_is_refused(browser: FlaskClient, lms: FakePlatform) -> None:
    for near in ("DEPLOYMENT-1", "deployment-1 ", "deployment-10"):
        assert lms.launch(browser, login={"lti_deployment_id": ABSENT}, deployment_id=near).status_code == 403


# The page


@pytest.mark.usefixtures("tenant")
def test_a_genuine_launch_that_is_refused_leads_back_to_the_lms(browser: FlaskClient, lms: FakePlatform) -> None:
    assert f'href="{lms.issuer}/back' in lms.launch(browser, sub=ABSENT).get_data(as_text=True)


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize("change", [{"key_number": 9}, {"aud": "client-2"}, {"header": {"kid": "k"}}])
def test_a_launch_that_may_not_be_genuine_leads_nowhere(browser: FlaskClient, lms: FakePlatform, change: dict[str, Any]) -> None:
    assert "/back" not in lms.launch(browser, **change).get_data(as_text=True)


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize("address", ["javascript:alert(1)", 'https://x.test/"><script>alert(1)</script>', "data:text/html,x"])
def test_the_way_back_is_an_address_and_nothing_else(browser: FlaskClient, lms: FakePlatform, address: str) -> None:
    page = lms.launch(browser, sub=ABSENT, launch_presentation={"return_url": address}).get_data(as_text=True)
    assert "<script>" not in page
    assert 'href="javascript' not in page
    assert 'href="data' not in page


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize("change", [{"version": "<img src=x>"}, {"message_type": "<img src=x>"}, {"target_link_uri": "<img src=x>"}])
def test_what_a_platform_sends_is_shown_as_text(browser: FlaskClient, lms: FakePlatform, change: dict[str, Any]) -> None:
    assert "<img src=x>" not in lms.launch(browser, **change).get_data(as_text=True)


@pytest.mark.usefixtures("tenant")
def test_a_refusal_speaks_the_language_of_the_browser(browser: FlaskClient, lms: FakePlatform) -> None:
    state = lms.promised(browser)["state"]
    fields = {"state": state, "id_token": lms.sign(lms.claims("wrong"))}
    page = browser.post("/lti/launch", data=fields, headers={"Accept-Language": "es-MX,es;q=0.9"}).get_data(as_text=True)
    assert '<html lang="es">' in page


@pytest.mark.usefixtures("tenant")
def test_a_key_set_that_cannot_be_read_says_so_and_is_asked_again(browser: FlaskClient, lms: FakePlatform) -> None:
    lms.key_set_status, lms.key_set = 503, {"keys": []}
    answer = lms.launch(browser)
    assert answer.status_code == 503
    assert_helps(answer, lms)
    lms.key_set_status, lms.key_set = 200, None
    time.sleep(1.05)
    assert lms.launch(browser).status_code == 303


@pytest.mark.usefixtures("tenant")
def test_a_refused_launch_opens_nothing_for_the_browser(browser: FlaskClient, lms: FakePlatform) -> None:
    answer = lms.launch(browser, roles=[INSTRUCTOR], aud="client-2")
    assert "Set-Cookie" not in answer.headers
    assert "Location" not in answer.headers


@pytest.mark.usefixtures("tenant")
def test_refusals_quote_a_different_id_each_time(browser: FlaskClient, lms: FakePlatform) -> None:
    pages = [told(lms.launch(browser, sub=ABSENT)) for _ in range(2)]
    assert len({re.findall(r"\b[0-9a-f]{12}\b", page)[-1] for page in pages}) == 2


@pytest.mark.usefixtures("tenant")
def test_the_handle_of_a_launch_is_no_secret_of_another(browser: FlaskClient, lms: FakePlatform) -> None:
    handles = {handle_of(lms.launch(browser)) for _ in range(2)}
    assert len(handles) == 2
    assert all(len(handle) >= 32 for handle in handles)
